"""Someone giving commands to a session: lines in, replies out.

    console = Console(session)
    for reply in console.execute("break engine valu"): ...

A line is a command with its argument, a comment from `#` on, or empty, which repeats the last
one. Lines that follow from a line (of a file that is sourced, attached to a breakpoint) are
executed after it, until one fails. How a move is driven to its end is the front end's business:
`drive` gets the Run and returns where it came to.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from kernels.errors import BuildError
from machine.errors import ProgramError
from machine.program import Program
from vliwdbg.commands.table import WORD, Command, Reply, find_unique
from vliwdbg.programs import Choice
from vliwdbg.session.breakpoints import Breakpoint
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Expression, Scope
from vliwdbg.session.session import Run, Session, StopEvent
from vliwdbg.views.base import View
from vliwdbg.views.breakpoints import BreakpointChanged, breakpoint_view
from vliwdbg.views.data import DisplayRow
from vliwdbg.views.general import Nothing, refused_view
from vliwdbg.views.moves import Moved, moved_view
from vliwdbg.views.radix import Letter

Drive = Callable[[Run], StopEvent]
_GOTO = re.compile(r"[+-][0-9]+|[0-9]+%|end|'\w+")
"""What moves without a command's name; `end` only where no lines are being gathered."""

DEEPEST = 50
"""Files that may be sourced by each other."""


@dataclass
class Display:
    """An expression to be shown after each move."""

    number: int
    radix: Letter
    expression: Expression

    def row(self, scope: Scope) -> DisplayRow:
        """Its value now, or why it has none."""
        text = self.expression.text
        try:
            return DisplayRow(self.number, text, self.radix, self.expression.value(scope))
        except DebuggerError as wrong:
            return DisplayRow(self.number, text, self.radix, None, wrong.message)


class Console:
    """A session and the state of a conversation about it.

    `choice` says what was loaded; `progress` is told what a build is doing, and which part of it
    is done.
    """

    def __init__(
        self,
        session: Session,
        choice: Choice | None = None,
        *,
        drive: Drive = Run.finish,
        progress: Callable[[str, float], None] | None = None,
    ) -> None:
        from vliwdbg.commands import COMMANDS

        self.session = session
        self.choice = choice or Choice()
        self.drive = drive
        self.progress = progress
        self.displays: dict[int, Display] = {}
        self.next_display = 1
        self.listed_to: int | None = None
        """Where `list` goes on."""
        self.before_rebuild: tuple[Choice, Program, Sequence[int]] | None = None
        """The user's program, where `rebuild` has put another one in its place."""
        self._commands = COMMANDS
        self._last = ""
        self._queue: deque[tuple[str, int]] = deque()
        self._depth = 0
        """Of files that source files, down to the line being executed."""
        self._attaching: Breakpoint | None = None
        self._attached: list[str] = []

    @property
    def attaching(self) -> bool:
        """Whether lines are being gathered for a breakpoint, until `end`."""
        return self._attaching is not None

    def execute(self, line: str) -> Iterator[Reply]:
        """The replies to a line and to all that follows from it."""
        self._queue.append((line, 0))
        try:
            while self._queue:
                line, self._depth = self._queue.popleft()
                reply = self._reply(line)
                yield reply
                if not reply.ok or reply.quit is not None:
                    return
        finally:
            self._queue.clear()

    def follow_with(self, lines: list[str], *, deeper: int = 0) -> None:
        """Execute these next; `deeper` is 1 where they are those of a file."""
        if len(lines) + len(self._queue) > 100_000:
            raise DebuggerError("There are too many commands waiting.")
        depth = self._depth + deeper
        if depth > DEEPEST:
            raise DebuggerError(f"Files source each other more than {DEEPEST} deep.")
        self._queue.extendleft((line, depth) for line in reversed(lines))

    def _reply(self, line: str) -> Reply:
        try:
            return Reply(line, self._answer(line))
        except (DebuggerError, BuildError, ProgramError, OSError) as refusal:
            self.session.printed.clear()
            return Reply(line, refused_view(refusal))

    def _answer(self, line: str) -> View:
        if self._attaching is not None:
            return self._attach(line.strip())
        # Only an empty line repeats; one that is all comment says nothing.
        line = without_comment(line).strip() if line.strip() else self._last
        if not line:
            return Nothing()
        self._last = line
        command, argument = self.find(line)
        return command.handler(self, argument)

    def find(self, line: str) -> tuple[Command, str]:
        """The command that a line names, and its argument. Raises DebuggerError."""
        if _GOTO.fullmatch(line):
            line = f"goto {line}"
        match = WORD.fullmatch(line)
        if not match:
            raise DebuggerError(f"{line.split()[0]!r} is no command; `help` lists them.")
        name, form, argument = match.groups()
        command = find_command(name, self._commands)
        return command, f"{form} {argument}".strip() if form else argument.strip()

    # commands N … end

    def attach_to(self, stop: Breakpoint) -> None:
        """Gather the lines up to `end` for a breakpoint."""
        self._attaching, self._attached = stop, []

    def _attach(self, line: str) -> View:
        assert self._attaching
        if line != "end":
            self._attached.append(line)
            return Nothing()
        stop, self._attaching = self._attaching, None
        stop.commands = tuple(self._attached)
        return BreakpointChanged("commands", breakpoint_view(self.session, stop))

    # moves

    def move(self, run: Run, *, strict: bool = False) -> Moved:
        """Drive a move to its end and tell where that is.

        `strict` makes it a failure not to have come where it was to go.
        """
        arrival = self.drive(run)
        self.listed_to = None
        view = replace(
            moved_view(self.session, arrival),
            reached=not (strict and arrival.cut_short),
            printed=tuple(run.printed),
            displays=self.displayed(),
        )
        run.printed.clear()
        self.follow_with([line for hit in arrival.hits for line in hit.breakpoint.commands])
        return view

    def displayed(self) -> tuple[DisplayRow, ...]:
        """What is displayed after each move."""
        return tuple(display.row(self.session.scope) for display in self.displays.values())


def find_command(name: str, commands: dict[str, Command]) -> Command:
    """The command of that name or unique prefix. Raises DebuggerError."""
    if name in commands:
        return commands[name]
    full = {command.name: command for command in commands.values()}
    if not any(known.startswith(name) for known in full):
        raise DebuggerError(f"No command is called {name!r}; `help` lists them.")
    return find_unique("command", name, full)


def without_comment(line: str) -> str:
    """The line up to a `#` that stands outside quotes."""
    match = re.match(r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^#])*""", line)
    return match.group() if match else line
