"""Someone giving commands to a session: lines in, replies out.

    console = Console(session)
    for reply in console.execute("break engine valu"): ...

A line is a command with its argument, a comment from `#` on, or empty, which repeats the last
one. Lines that follow from a line (of a file that is sourced, attached to a breakpoint) are
executed after it, until one fails; those of a breakpoint until one of them moves. How a move is
driven to its end is the front end's business:
`drive` gets the Run and returns where it came to.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from kernels.errors import BuildError
from machine.errors import ProgramError
from machine.program import Program
from vliwdbg.commands.files import Files
from vliwdbg.commands.table import WORD, Command, Reply, find_unique
from vliwdbg.programs import Choice, Progress
from vliwdbg.scripts import Block, Entry, entries, is_end, opens, without_comment
from vliwdbg.session.breakpoints import Breakpoint, Hit
from vliwdbg.session.errors import DebuggerError, EndedByUserError
from vliwdbg.session.places import Expression, Scope
from vliwdbg.session.session import Run, Session, StopEvent
from vliwdbg.views.base import View
from vliwdbg.views.breakpoints import BreakpointChanged, breakpoint_view
from vliwdbg.views.data import DisplayRow
from vliwdbg.views.general import Nothing, Refused, refused_view
from vliwdbg.views.moves import Moved, moved_view
from vliwdbg.views.radix import DECIMAL, Letter, Radix

Drive = Callable[[Run], StopEvent]
_GOTO = re.compile(r"[+-][0-9]+|[0-9]+%|end|'\w+")
"""What moves without a command's name; `end` only where no lines are being gathered."""

DEEPEST = 50
"""Files that may be sourced by each other."""
MOST_WAITING = 100_000
"""Commands that may wait to be executed."""
INTERRUPTED = "Interrupted; everything is as it was."
T = TypeVar("T")
SILENT = "silent"
"""The first of a breakpoint's commands, where its stops are not to be told."""


@dataclass
class Display:
    """An expression to be shown after each move; in a radix of its own, if it was given one."""

    number: int
    radix: Letter | None
    expression: Expression

    def row(self, scope: Scope) -> DisplayRow:
        """Its value now, or why it has none."""
        text = self.expression.text
        try:
            return DisplayRow(self.number, text, self.radix, self.expression.value(scope))
        except DebuggerError as wrong:
            return DisplayRow(self.number, text, self.radix, None, wrong.message)


class _Waiting(NamedTuple):
    """What is to be executed: how deep in files that source files, at which stop, 0 for none."""

    entry: Entry
    depth: int = 0
    stop: int = 0


@dataclass
class _Gathering:
    """Lines for a breakpoint; `depth` counts the lists that are open."""

    breakpoint: Breakpoint
    lines: tuple[str, ...] = ()
    depth: int = 1


class Console:
    """A session and the state of a conversation about it.

    `choice` says what was loaded, `files` which files commands may name; `progress` is told what a
    build is doing, and which part of it is done. Long work asks whether it is `interrupted`, and
    questions about a run tell `working` how far they have come, which ends them by what it raises.
    """

    def __init__(
        self,
        session: Session,
        choice: Choice | None = None,
        *,
        drive: Drive = Run.finish,
        progress: Progress | None = None,
        working: Progress | None = None,
        interrupted: Callable[[], bool] = lambda: False,
        files: Files | None = None,
    ) -> None:
        from vliwdbg.commands import COMMANDS

        self.session = session
        self.choice = choice or Choice()
        self.drive = drive
        self.progress = progress
        self.working = working
        self.interrupted = interrupted
        self.files = files or Files()
        self.radix: Radix = DECIMAL
        """How words are written where no other way is asked for."""
        self.displays: dict[int, Display] = {}
        self.next_display = 1
        self.listed_to: int | None = None
        """Where `list` goes on."""
        self.before_rebuild: tuple[Choice, Program, Sequence[int]] | None = None
        """The user's program, where `rebuild` has put another one in its place."""
        self.previous: tuple[Program, Sequence[int]] | None = None
        """What was debugged before the program at hand, and the words it started with."""
        self.compared: tuple[Program, Sequence[int]] | None = None
        """What the last `diff` compared it with, likewise; None where that was of two others."""
        self._commands = COMMANDS
        self._last = ""
        self._queue: deque[_Waiting] = deque()
        self._now = _Waiting("")
        self._stops = 0
        """Counts those with commands."""
        self._gathering: _Gathering | None = None
        self._just_closed = False
        """Whether a list of commands was closed by the line before."""

    @property
    def gathering(self) -> bool:
        """Whether lines are being gathered for a breakpoint, until `end`."""
        return self._gathering is not None

    def execute(self, entry: Entry) -> Iterator[Reply]:
        """The replies to a line, or to a block of lines, and to all that follows from it."""
        self._queue.append(_Waiting(entry))
        try:
            while self._queue:
                self._now = self._queue.popleft()
                for reply in self._replies(self._now.entry):
                    yield reply
                    if not reply.ok or reply.quit is not None:
                        return
        finally:
            self._queue.clear()
            self._now = _Waiting("")

    def source(self, lines: Sequence[str]) -> None:
        """Execute the lines of a file next. Raises DebuggerError if files do so too deep."""
        depth = self._now.depth + 1
        if depth > DEEPEST:
            raise DebuggerError(f"Files source each other more than {DEEPEST} deep.")
        self._follow_with(lines, depth, self._now.stop)

    def _follow_with(self, lines: Sequence[str], depth: int, stop: int) -> None:
        if len(lines) + len(self._queue) > MOST_WAITING:
            raise DebuggerError("There are too many commands waiting.")
        waiting = [_Waiting(entry, depth, stop) for entry in entries(lines)]
        self._queue.extendleft(reversed(waiting))

    def _replies(self, entry: Entry) -> Iterator[Reply]:
        if isinstance(entry, Block):
            yield from self._block_replies(entry)
        else:
            yield self._reply(entry, lambda: self._answer(entry))

    def _block_replies(self, block: Block) -> Iterator[Reply]:
        opened = self._reply(block.header, lambda: self._answer(block.header))
        yield opened
        if self._gathering is None:
            return
        if block.closed:
            self._gathering.lines += block.body
            yield self._reply("end", self._close)
            return
        label = _label(self._gathering.breakpoint)
        self._gathering = None
        why = f"The commands of {label} are not closed; `end` closes them."
        yield Reply(block.header, Refused(why), self.radix)

    def _reply(self, line: str, answer: Callable[[], View]) -> Reply:
        try:
            return Reply(line, answer(), self.radix)
        except (DebuggerError, BuildError, ProgramError, OSError) as refusal:
            self.session.printed.clear()
            return Reply(line, refused_view(refusal), self.radix)

    def _answer(self, line: str) -> View:
        if self._gathering is not None:
            return self._gather(line)
        closed, self._just_closed = self._just_closed, False
        # Only an empty line repeats; one that is all comment says nothing.
        line = line.strip() or self._last
        if not without_comment(line).strip():
            self._just_closed = closed
            return Nothing()
        if closed and is_end(line):
            raise DebuggerError("There are no commands to close; `goto end` goes to the end.")
        self._last = line
        command, argument = self.find(line)
        return command.handler(self, argument)

    def find(self, line: str) -> tuple[Command, str]:
        """The command that a line names, and its argument. Raises DebuggerError."""
        command, argument = self._find(without_comment(line).strip())
        if command.completes == "file":  # whose name may hold a #
            _, argument = self._find(without_comment(line, within_words=False).strip())
        return command, argument

    def _find(self, line: str) -> tuple[Command, str]:
        if _GOTO.fullmatch(line):
            line = f"goto {line}"
        match = WORD.fullmatch(line)
        if not match:
            raise DebuggerError(f"{line.split()[0]!r} is no command; `help` lists them.")
        name, form, argument = match.groups()
        command = find_command(name, self._commands)
        return command, f"{form} {argument}".strip() if form else argument.strip()

    def take_program(self, program: Program, memory: Sequence[int] | None = None) -> None:
        """Debug another program; the one before can still be compared with it."""
        self.previous = (self.session.program, self.session.starting_memory)
        self.compared = None
        self.session.take_program(program, memory)

    # commands N … end

    def gather_for(self, breakpoint_: Breakpoint) -> None:
        """Gather the lines up to `end` for a breakpoint."""
        self._gathering = _Gathering(breakpoint_)

    def _gather(self, line: str) -> View:
        gathering = self._gathering
        assert gathering is not None
        gathering.depth += opens(line) - is_end(line)
        if gathering.depth == 0:
            return self._close()
        if without_comment(line).strip():
            gathering.lines += (line.strip(),)
        return Nothing()

    def _close(self) -> View:
        gathering, self._gathering = self._gathering, None
        assert gathering is not None
        self._just_closed = True
        gathering.breakpoint.commands = gathering.lines
        view = breakpoint_view(self.session, gathering.breakpoint)
        return BreakpointChanged("commands", view)

    # moves

    def move(self, run: Run, *, strict: bool = False) -> Moved:
        """Drive a move to its end and tell where that is.

        `strict` makes it a failure not to have come where it was to go.
        """
        event = self.drive(run)
        self.listed_to = None
        view = replace(
            moved_view(self.session, event),
            reached=not (strict and event.cut_short),
            silent=bool(event.hits) and all(map(_is_silent, event.hits)),
            printed=tuple(run.printed),
            displays=self.displayed(),
        )
        run.printed.clear()
        self._follow_stop(event)
        return view

    def _follow_stop(self, event: StopEvent) -> None:
        """Do what is to be done at a stop; what was still to be done at the one before is not."""
        if self._now.stop:
            here = self._now.stop
            self._queue = deque(waiting for waiting in self._queue if waiting.stop != here)
        commands = [line for hit in event.hits for line in hit.breakpoint.commands]
        loud = [line for line in commands if line != SILENT]
        if loud:
            self._stops += 1
            self._follow_with(loud, self._now.depth, self._stops)

    def asking(self, work: Iterable[T]) -> Iterator[T]:
        """Each part of long work until it is interrupted. Raises EndedByUserError then."""
        for part in work:
            if self.interrupted():
                raise EndedByUserError(INTERRUPTED)
            yield part

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


def _label(breakpoint_: Breakpoint) -> str:
    return f"{breakpoint_.noun} {breakpoint_.number}"


def _is_silent(hit: Hit) -> bool:
    return hit.breakpoint.commands[:1] == (SILENT,)
