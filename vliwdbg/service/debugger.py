"""One debugger: a session, its console, a queue of commands and the thread that works it off.

    face                                debugger's thread
      submit(entry)   ───────>  queue ──> Console, moves slice by slice
      interrupt()     ───────>  heard between two slices
                      <───────  events

The session belongs to whatever is being executed. Nobody else looks at it, but for a listener until
it returns: it is called in the thread that executes. A face that waits calls `execute` in a thread
of its own choice instead of `submit`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from machine.stops import Reason
from vliwdbg.commands.completion import complete, described
from vliwdbg.commands.console import INTERRUPTED, Console
from vliwdbg.commands.files import Files
from vliwdbg.commands.program import with_notes
from vliwdbg.commands.table import Command
from vliwdbg.programs import Choice, Loaded
from vliwdbg.scripts import Block, Entry, opens
from vliwdbg.service.events import (
    BreakpointsChanged,
    Event,
    Failed,
    PositionChanged,
    Printed,
    ProgramChanged,
    Progress,
    Progressed,
    Rested,
    Said,
)
from vliwdbg.session.errors import DebuggerError, EndedByUserError
from vliwdbg.session.session import Run, Session, StopEvent
from vliwdbg.views.breakpoints import breakpoint_views
from vliwdbg.views.moves import here_view

WORD_SECONDS = 0.05
"""Between two words of progress of other work."""
MOST_WAITING = 16
"""Entries that may wait for their turn."""
PATIENCE = 2.0
"""Seconds for what runs to end when all ends."""
REPEATED = "…"
"""What an empty line is called while it runs."""


class _Waiting(NamedTuple):
    entry: Entry
    origin: Any


class Debugger:
    """A program being debugged.

    `listener` gets each event. `interrupted` is asked besides whether work is to end, for whoever
    has a way of his own to interrupt. If `streams`, what a dprintf prints is told while the move
    goes on, else it comes with the reply. `files` are those that commands may name.
    """

    def __init__(
        self,
        loaded: Loaded,
        choice: Choice,
        listener: Callable[[Event], None],
        *,
        interrupted: Callable[[], bool] = lambda: False,
        streams: bool = False,
        files: Files | None = None,
    ) -> None:
        self.console = Console(
            Session(with_notes(loaded), loaded.memory),
            choice,
            drive=self._drive,
            progress=self._build,
            working=self._work_on,
            interrupted=self._ask,
            files=files,
        )
        self.running = ""
        """What is being executed; empty when nothing is, and while it is told what came of it."""
        self._telling = False
        self._tell = listener
        self._asked = interrupted
        self._streams = streams
        self._interrupted = False
        self._next_word = 0.0
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def session(self) -> Session:
        return self.console.session

    # in the caller's thread

    def execute(self, entry: Entry) -> None:
        """Execute an entry and all that follows; what each reply changed is told after it."""
        self._next_word = time.monotonic() + WORD_SECONDS
        before = self._facts()
        for reply in self.console.execute(entry):
            self._tell(Said(reply))
            now = self._facts()
            for event in _changes(before, now, self.session):
                self._tell(event)
            if self.is_interrupted():
                break
            before = now

    def _facts(self) -> _Facts:
        session = self.session
        return _Facts(session.program, session.stop_event, breakpoint_views(session))

    # in a thread of its own

    def submit(self, entry: Entry, origin: Any = None) -> bool:
        """Execute an entry after those that wait; False where too many do.

        To quit waits for nothing: it ends what runs, and what waits is forgotten.
        """
        with self._changed:
            if self.leaves(entry):
                self._interrupt()
            elif len(self._waiting) >= MOST_WAITING:
                return False
            self._waiting.append(_Waiting(entry, origin))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="debugger", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return True

    def leaves(self, entry: Entry) -> bool:
        """Whether an entry is the command to quit."""
        if not isinstance(entry, str) or self._gathers() or not entry.strip():
            return False
        try:
            return self.console.find(entry)[0].name == "quit"
        except (DebuggerError, IndexError):
            return False

    def _gathers(self) -> bool:
        """Whether a line will be one of a breakpoint's commands, as far as can be seen now."""
        waiting = [self.running, *(waiting.entry for waiting in self._waiting)]
        opened = (isinstance(entry, str) and opens(entry) for entry in waiting)
        return self.console.gathering or any(opened)

    def _work(self) -> None:
        try:
            while waiting := self._next():
                self.execute(waiting.entry)
                with self._changed:
                    self.running, self._telling = "", True
                self._tell(Rested(*waiting))
                self._telling = False
        except Exception as error:
            self._tell(Failed(error))
        finally:
            self.running, self._telling = "", False

    def _next(self) -> _Waiting | None:
        """What is to be executed next, when there is something; None at the end of it all."""
        with self._changed:
            self.running = ""
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            self._interrupted = False
            waiting = self._waiting.popleft()
            self.running = _name_of(waiting.entry)
            return waiting

    @property
    def busy(self) -> bool:
        """Whether anything is executed, told, or waits."""
        with self._changed:
            return bool(self.running or self._telling or self._waiting)

    @property
    def goes_on(self) -> bool:
        """Whether more is executed or waits than what is being told."""
        with self._changed:
            return bool(self.running or self._waiting)

    # interrupting

    def interrupt(self) -> None:
        """End what runs, and forget what waits."""
        with self._changed:
            self._interrupt()

    def _interrupt(self) -> None:
        self._interrupted = bool(self.running)
        self._waiting.clear()

    def is_interrupted(self) -> bool:
        """Whether what runs is to end."""
        return self._interrupted or self._asked()

    def close(self) -> None:
        """End what runs and the thread; nothing is told any more."""
        with self._changed:
            self._interrupted, self._closed = True, True
            self._waiting.clear()
            self._tell = _tell_nobody
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    # what is under way

    def _drive(self, run: Run) -> StopEvent:
        def reason_to_end() -> Reason | None:
            self._stream(run)
            self._tell(Progressed(Progress("running", run.progress, self.session.core.cycle)))
            return Reason.INTERRUPT if self.is_interrupted() else None

        return run.finish(reason_to_end)

    def _ask(self) -> bool:
        """Whether work other than a move is to end; now and then it is told that it goes on."""
        if time.monotonic() >= self._next_word:
            self._next_word = time.monotonic() + WORD_SECONDS
            self._tell(Progressed(Progress("working", None, self.session.core.cycle)))
        return self.is_interrupted()

    def _work_on(self, what: str, part: float | None) -> None:
        """Told how far a question has come; ends it where it is to end."""
        if time.monotonic() >= self._next_word:
            self._next_word = time.monotonic() + WORD_SECONDS
            self._tell(Progressed(Progress(f"looking at {what}", part, self.session.core.cycle)))
        if self.is_interrupted():
            raise EndedByUserError(INTERRUPTED)

    def _stream(self, run: Run) -> None:
        if self._streams:
            for text in run.printed:
                self._tell(Printed(text))
            run.printed.clear()

    def _build(self, what: str, part: float | None) -> None:
        self._tell(Progressed(Progress(f"building: {what}", part)))
        if self.is_interrupted():
            raise DebuggerError("Interrupted; the program is the one that it was.")

    # the table of commands, and what could be typed

    def find(self, typed: str) -> Command | None:
        """The command that a line begins with."""
        try:
            return self.console.find(typed.strip())[0]
        except (DebuggerError, IndexError):
            return None

    def complete(self, typed: str) -> Sequence[str]:
        """Whole lines that the beginning of a line may become."""
        return complete(self.console, typed)

    def describe(self, line: str) -> str:
        """A line of help for what a line ends in; empty where there is none."""
        return described(self.console, line)


class _Facts(NamedTuple):
    """What events are about."""

    program: object
    stop: StopEvent
    breakpoints: tuple[Any, ...]


def _changes(before: _Facts, now: _Facts, session: Session) -> Iterator[Event]:
    if now.program is not before.program:
        yield ProgramChanged(session.program.name, len(session.program))
    if now.stop is not before.stop:
        yield PositionChanged(here_view(session))
    if now.breakpoints != before.breakpoints:
        yield BreakpointsChanged(now.breakpoints)


def _name_of(entry: Entry) -> str:
    return (entry.header if isinstance(entry, Block) else entry) or REPEATED


def _tell_nobody(_event: Event) -> None:
    pass
