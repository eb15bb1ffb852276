"""The debugger for one client: requests become commands, events the protocol's.

All is done in one thread, which asks between two slices of a move whether more requests have come:

    request ──> handler ──> execute(entry) ──> Debugger
                  ^                               │ events
                  └── what may be done meanwhile ─┘

What becomes of a request that comes while something runs is in its row (`table.Meanwhile`). One
that sets breakpoints interrupts the move, is done, and the move goes on.
"""

from __future__ import annotations

import gc
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kernels.errors import BuildError
from machine.errors import ProgramError
from machine.stops import Reason
from vliwdbg.commands.program import with_notes
from vliwdbg.commands.table import Reply
from vliwdbg.dap.arguments import RequestError, read_arguments
from vliwdbg.dap.breakpoints import ClientBreakpoints
from vliwdbg.dap.configuration import Launch
from vliwdbg.dap.conversation import Body, Conversation
from vliwdbg.dap.listing import ListingSource
from vliwdbg.dap.progress import ProgressReport
from vliwdbg.dap.table import Meanwhile, Row
from vliwdbg.dap.variables import References
from vliwdbg.dap.wire import ClientGoneError, Request
from vliwdbg.files import write_text
from vliwdbg.programs import Loaded, load
from vliwdbg.render import lines_of
from vliwdbg.render.moves import hits_line
from vliwdbg.scripts import Entry
from vliwdbg.service.debugger import Debugger
from vliwdbg.service.events import (
    BreakpointsChanged,
    Event,
    PositionChanged,
    Printed,
    ProgramChanged,
    Progress,
    Progressed,
    Said,
)
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.session import Session
from vliwdbg.views.general import Refused
from vliwdbg.views.moves import Moved

THREAD = 1
"""The one core."""
TRACEBACK_VARIABLE = "VLIWDBG_TRACEBACK"
LOOKED_AROUND_AFTER = 1000
"""Lines of the listing."""
AT_ONCE = 0.25
"""Seconds that commands may take before it is asked what else has come."""
BUSY = "the program is running, or something is being computed; pause it first"


class Adapter:
    """What a client debugs, and what it was told of it."""

    def __init__(self, conversation: Conversation, requests: Mapping[str, Row]) -> None:
        self.conversation = conversation
        self.client = conversation.client
        self.references = References()
        self.listing = ListingSource()
        self.breakpoints = ClientBreakpoints(self.listing, self.client)
        self.progress = ProgressReport(conversation)
        self.over = False
        """Whether the conversation is."""
        self.running: int | None = None
        """The number of the request that something runs for; None where nothing does."""
        self.interrupted = False
        """Whether what runs is to end, or what ran last was to."""
        self._requests = requests
        self._debugger: Debugger | None = None
        self._launched: Launch | None = None
        self._answering = 0
        self._began = 0.0
        """When what runs was begun, as `time.monotonic` has it."""
        self._on_the_way: Callable[[], None] | None = None
        """What tells the client that a move is under way."""
        self._first: list[Request] = []
        """What is to be done before a move goes on."""
        self._replies: list[Reply] = []
        self._position_changed = self._program_changed = False

    # what is debugged

    @property
    def debugger(self) -> Debugger:
        """Raises RequestError where there is none."""
        self.verify_launched()
        assert self._debugger
        return self._debugger

    @property
    def session(self) -> Session:
        """Raises RequestError where there is none."""
        return self.debugger.session

    @property
    def launched(self) -> Launch:
        """What was asked for. Raises RequestError where nothing was."""
        self.verify_launched()
        assert self._launched
        return self._launched

    def verify_launched(self) -> None:
        """Raises RequestError where nothing is being debugged."""
        if self._debugger is None:
            raise RequestError("no program is being debugged; launch one")

    def launch(self, wanted: Launch) -> None:
        """Debug a program. Raises ProgramError, BuildError or RequestError."""
        if self._debugger is not None:
            raise RequestError("a program is being debugged; restart takes another one")
        loaded = self._load(wanted)
        self._debugger = Debugger(
            loaded, wanted.choice(), self._hear, interrupted=lambda: self.interrupted, streams=True
        )
        self._launched = wanted
        try:
            self._take_program()
        except Exception:
            self.close()
            raise
        # What is loaded stays: no collector need look at it.
        gc.collect()
        gc.freeze()

    def load_again(self, wanted: Launch) -> None:
        """Debug another program, or the same as it is now, with the same breakpoints.

        Raises as `launch` does; then all is as it was.
        """
        self.verify_launched()
        loaded = self._load(wanted)
        self.session.take_program(with_notes(loaded), loaded.memory)
        self.debugger.console.choice = wanted.choice()
        self._launched = wanted
        self._tell_program()
        self._tell_breakpoints()

    def _load(self, wanted: Launch) -> Loaded:
        choice = wanted.choice()
        with self.work():
            loaded = load(choice, progress=self._building)
        self.conversation.say(loaded.printed, "stdout")
        return loaded

    def _building(self, what: str, part: float | None) -> None:
        self.look_around(Progress(f"building: {what}", part))

    def _take_program(self) -> None:
        self.listing.file = self.launched.listing_file()
        self.listing.take(self.session.program)
        self.references.forget()
        if self.listing.file:
            write_text(self.listing.file, self.listing_text())
        for note in self.session.notes():
            self.conversation.say(f"note: {note}\n")

    def listing_text(self) -> str:
        """The listing. Raises RequestError where that is interrupted."""
        lines: list[str] = []
        with self.work():
            for line in self.listing.lines():
                lines.append(f"{line}\n")
                if len(lines) % LOOKED_AROUND_AFTER == 0:
                    part = len(lines) / len(self.listing.program)
                    self.look_around(Progress("the listing", part))
        return "".join(lines)

    def close(self) -> None:
        """Debug nothing any more."""
        if self._debugger is not None:
            self._debugger.close()
            self._debugger = None
            gc.unfreeze()

    # requests

    def serve(self) -> None:
        """Answer all requests. Raises ClientGoneError."""
        try:
            while not self.over and (request := self.conversation.next()):
                self._answer(request)
        finally:
            self.close()

    def _answer(self, request: Request) -> None:
        self.conversation.answering = request
        self._answering = request.seq
        try:
            row = self._requests.get(request.command)
            if row is None:
                raise RequestError(f"no request is called {request.command[:80]!r} here")
            arguments, named = read_arguments(row.handler, request.arguments)
            self.conversation.accept(row.handler(self, *arguments, **named))
        except RequestError as refusal:
            self.conversation.refuse(refusal)
        except (DebuggerError, ProgramError, BuildError, OSError) as refusal:
            self.conversation.refuse(RequestError(str(refusal)))
        except ClientGoneError:
            raise
        except Exception as error:
            self.conversation.refuse(RequestError(_our_bug(error)))

    # commands

    @contextmanager
    def work(self) -> Iterator[None]:
        """Something runs, which may be interrupted; it may be part of other work."""
        if self.running is not None:
            yield
            return
        self.running, self.interrupted = self._answering, False
        self._began = time.monotonic()
        try:
            yield
        finally:
            self.running = None
            self.progress.end()

    def interrupt(self) -> None:
        """End what runs."""
        self.interrupted = True
        self._on_the_way = None  # it does not go on, whatever is to be done first

    def execute(self, entry: Entry) -> list[Reply]:
        """The replies to an entry. Raises RequestError where nothing is being debugged."""
        debugger = self.debugger
        self._replies = []
        with self.work():
            debugger.execute(entry)
        return self._replies

    def execute_all(self, script: Iterable[Entry]) -> list[Reply]:
        """The replies to entries, up to the first that is refused, or that ends it all."""
        replies: list[Reply] = []
        with self.work():
            for entry in script:
                replies += self.execute(entry)
                ended = bool(replies) and (not replies[-1].ok or replies[-1].quit is not None)
                if ended or self.interrupted:
                    break
        return replies

    def move(self, line: str, reason: str, body: Body | None = None) -> None:
        """Do a command that moves; where it stops is told, with this reason if nothing stopped it.

        Raises RequestError where it cannot be done.
        """
        self.references.forget()
        replies = self._moved(line, lambda: self.conversation.accept(body))
        refused = next((r.view for r in replies if isinstance(r.view, Refused)), None)
        if refused and self.conversation.answering:
            raise RequestError("\n".join(lines_of(refused)))
        self.conversation.accept(body)
        if refused:
            self.conversation.say("".join(f"{line}\n" for line in lines_of(refused)), "stderr")
            self.tell_stopped(reason)
        self.report(replies, reason)

    def _moved(self, line: str, accept: Callable[[], None]) -> list[Reply]:
        """The replies to a move, which goes on after what is to be done first."""
        self._on_the_way = accept
        try:
            while True:
                replies = self.execute(line)
                first, self._first = self._first, []
                for request in first:
                    self._answer(request)
                goes_on = first and self._on_the_way is not None and _was_interrupted(replies)
                if not goes_on:
                    return replies
        finally:
            self._on_the_way = None

    def look_around(self, progress: Progress) -> None:
        """To be called now and then by what runs: tell how far it is, and what else is asked for.

        Raises RequestError where it is to end, and no debugger asks for that.
        """
        self._under_way(progress)
        if self.interrupted:
            raise RequestError("interrupted", "cancelled")

    def _under_way(self, progress: Progress) -> None:
        if self._on_the_way is not None:
            self._on_the_way()
        self.progress.report(progress)
        for request in self.conversation.waiting():
            self._meet(request)
        if self.conversation.ended:
            self.interrupt()

    def _meet(self, request: Request) -> None:
        """Do what can be done of a request while something runs."""
        row = self._requests.get(request.command)
        meanwhile = row.meanwhile if row else Meanwhile.ANSWERED
        if meanwhile is Meanwhile.INTERRUPTS and self._on_the_way is not None:
            self._first.append(request)
            self.interrupted = True
        elif meanwhile is Meanwhile.ENDS:
            self.conversation.put_back(request)
            self.interrupt()
        else:
            runs = self.conversation.answering, self._answering
            if meanwhile is Meanwhile.ANSWERED:
                self._answer(request)
            else:
                self.conversation.answering = request
                self.conversation.refuse(RequestError(BUSY, "notStopped"))
            self.conversation.answering, self._answering = runs

    # events

    def _hear(self, event: Event) -> None:
        match event:
            case Progressed(progress):
                self._under_way(progress)
            case Printed(text):
                self.conversation.say(f"{text}\n", "stdout")
            case Said(reply):
                self._replies.append(reply)
                # A breakpoint's commands may go on and on without a move that takes its time.
                if time.monotonic() - self._began > AT_ONCE:
                    self._under_way(Progress("commands", None))
            case PositionChanged():
                self._position_changed = True
            case ProgramChanged():
                self._program_changed = True
            case BreakpointsChanged():
                self._tell_breakpoints()

    def _tell_breakpoints(self) -> None:
        for change, body in self.breakpoints.changes(self.session):
            self.conversation.tell("breakpoint", {"reason": change, "breakpoint": body})

    def report(self, replies: Sequence[Reply], reason: str = "step") -> None:
        """Tell what was changed by what was executed: another program, the place, or words."""
        position, self._position_changed = self._position_changed, False
        program, self._program_changed = self._program_changed, False
        moves = [reply.view for reply in replies if isinstance(reply.view, Moved)]
        if program:
            self._tell_program()
            self.tell_stopped("entry")
        elif moves:
            self.say_stop(moves[-1])
            self.tell_stopped(reason, moves[-1])
        elif position:
            self.edited()

    def _tell_program(self) -> None:
        number = self.listing.number
        self._take_program()
        if number != self.listing.number:
            body = {"reason": "new", "source": self.listing.source}
            self.conversation.tell("loadedSource", body)

    def edited(self) -> None:
        """Tell that words were set here."""
        if self.client.supports_invalidated_event:
            self.conversation.tell("invalidated", {"areas": ["variables", "stacks"]})

    def say_stop(self, moved: Moved) -> None:
        """What a person should read of a stop, where there is more to say than its place."""
        if moved.hits or moved.fault or moved.cut_short or moved.displays or moved.printed:
            radix = self.debugger.console.radix
            self.conversation.say("".join(f"{line}\n" for line in lines_of(moved, radix)))

    def tell_continued(self) -> None:
        """Tell that it moves without having been asked to by a request for that."""
        self.references.forget()
        self.conversation.tell("continued", {"threadId": THREAD, "allThreadsContinued": True})

    def tell_stopped(self, reason: str, moved: Moved | None = None) -> None:
        """Tell where it stands, and why; nothing where the run was ended for what is done next."""
        self._position_changed = self._program_changed = False
        if self.conversation.ended or self.conversation.has_put_back:
            return
        body: dict[str, Any] = {
            "reason": _reason(moved) or reason,
            "threadId": THREAD,
            "allThreadsStopped": True,
        }
        if moved:
            body |= self.breakpoints.reason_of(moved)
            if text := _why(moved):
                body |= {"description": text, "text": text}
        self.conversation.tell("stopped", body)

    def exit(self, code: int | None) -> None:
        """The program is debugged no more; with an exit code where it has one."""
        self.close()
        if code is not None:
            self.conversation.tell("exited", {"exitCode": code})
        self.conversation.tell("terminated")


_REASONS: Mapping[Reason, str] = {
    Reason.BREAKPOINT: "breakpoint",
    Reason.WATCHPOINT: "data breakpoint",
    Reason.FAULT: "exception",
    Reason.PAUSE: "pause",
    Reason.INTERRUPT: "pause",
    Reason.END: "end",
    Reason.HALT: "end",
}


def _reason(moved: Moved | None) -> str:
    """What the protocol calls the stop of a move; empty where nothing stopped it."""
    if moved is None or moved.stop is None:
        return ""
    if moved.stop is Reason.BREAKPOINT and not moved.breakpoints:  # the one that it went to
        return ""
    return _REASONS[moved.stop]


def _why(moved: Moved) -> str:
    """What stopped a move, in a line; empty where nothing did."""
    if moved.fault:
        return moved.fault.sentence
    if moved.hits:
        return hits_line(moved.hits)
    return moved.cut_short or (f"{moved.stop} at cycle {moved.cycle}" if _reason(moved) else "")


def _was_interrupted(replies: Sequence[Reply]) -> bool:
    """Whether the last of them is a move that was interrupted."""
    view = replies[-1].view if replies else None
    return isinstance(view, Moved) and view.stop is Reason.INTERRUPT


def _our_bug(error: Exception) -> str:
    if os.environ.get(TRACEBACK_VARIABLE):
        print("".join(traceback.format_exception(error)), file=sys.stderr)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(frame.filename)}:{frame.lineno} in {frame.name}"
    return f"this is our bug: {type(error).__name__}: {error} ({where})"
