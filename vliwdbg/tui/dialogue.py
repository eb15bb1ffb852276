"""Talking to the debugger: a command line in, its replies out, while the terminal stays alive.

    screen                    thread
      execute(line)  ───────>   Console, Run.advance() slice by slice
      progress       <───────   how far it is
      interrupted    ───────>   heard between two slices

The session belongs to whichever command is being executed; nobody else may look at it meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from vliwdbg.commands import COMMANDS, GROUPS
from vliwdbg.commands.completion import complete
from vliwdbg.commands.console import Console
from vliwdbg.commands.program import with_notes
from vliwdbg.commands.table import Command, Reply
from vliwdbg.programs import Choice, Loaded
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.session import Run, Session, StopEvent

SLICE_SECONDS = 0.02
ASKING = "a command; Tab completes, ↑ recalls, an empty line repeats, Esc leaves"
ATTACHING = "a command to be executed at the breakpoint; `end` or Esc after the last one"


class Progress(NamedTuple):
    """What is being done, and which part of it is over: 0 to 1, None where nobody knows.

    `cycle` is where a move is.
    """

    what: str
    part: float | None
    cycle: int | None = None


class Dialogue:
    """A session, its console, and what is under way in it."""

    def __init__(self, loaded: Loaded, choice: Choice) -> None:
        session = Session(with_notes(loaded), loaded.memory)
        self.console = Console(session, choice, drive=self._drive, progress=self._building)
        self.progress: Progress | None = None
        self.interrupted = False

    @property
    def session(self) -> Session:
        return self.console.session

    def execute(self, line: str, tell: Callable[[Reply], None]) -> None:
        """Execute a line and all that follows from it; `tell` gets each reply."""
        self.interrupted, self.progress = False, None
        for reply in self.console.execute(line):
            tell(reply)
            if self.interrupted:
                break
        self.progress = None

    def _drive(self, run: Run) -> StopEvent:
        while (arrival := run.advance(SLICE_SECONDS)) is None:
            self.progress = Progress("running", run.progress, self.session.core.cycle)
            if self.interrupted:
                return run.interrupt()
        return arrival

    def _building(self, what: str, part: float) -> None:
        self.progress = Progress(f"building: {what}", part)
        if self.interrupted:
            raise DebuggerError("Interrupted; the program is the one that it was.")

    # the table of commands

    def knows(self, word: str) -> bool:
        """Whether there is a command of that name."""
        return word in COMMANDS

    def commands(self) -> Iterator[Command]:
        """All rows of the table."""
        return (command for group in GROUPS for command in group.commands)

    def explain(self, typed: str) -> tuple[str, str]:
        """The usage and the help of the command that a line begins with."""
        try:
            command, _ = self.console.find(typed.strip())
        except (DebuggerError, IndexError):
            return "", ATTACHING if self.console.attaching else ASKING
        return command.usage, command.help

    def complete(self, typed: str) -> Sequence[str]:
        """Whole lines that the beginning of a line may become."""
        return complete(self.console, typed)
