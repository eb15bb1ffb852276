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
from machine.disassembly import summarize
from machine.errors import ProgramError
from machine.program import Program
from vliwdbg.commands.table import WORD, Command, Reply, find_unique
from vliwdbg.programs import Choice
from vliwdbg.render import lines_of
from vliwdbg.session.breakpoints import Breakpoint
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Expression
from vliwdbg.session.session import Run, Session, StopEvent

Drive = Callable[[Run], StopEvent]
_GOTO = re.compile(r"[+-][0-9]+|[0-9]+%|end|'\w+")
"""What moves without a command's name; `end` only where no lines are being gathered."""

DEEPEST = 50
"""Files that may be sourced by each other."""


@dataclass
class Display:
    """An expression to be shown after each move."""

    number: int
    form: str
    expression: Expression


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
            return replace(self._answer(line), command=line)
        except (DebuggerError, BuildError, ProgramError) as wrong:
            return self._refused(line, str(wrong))
        except OSError as wrong:
            return self._refused(line, f"{wrong.filename}: {str(wrong.strerror).lower()}")

    def _refused(self, line: str, why: str) -> Reply:
        self.session.printed.clear()
        return Reply(tuple(why.splitlines()), ok=False, command=line)

    def _answer(self, line: str) -> Reply:
        if self._attaching is not None:
            return self._attach(line.strip())
        # Only an empty line repeats; one that is all comment says nothing.
        line = without_comment(line).strip() if line.strip() else self._last
        if not line:
            return Reply()
        self._last = line
        command, argument = self.find(line)
        answer = command.handler(self, argument)
        if isinstance(answer, Reply):
            return answer
        return Reply(tuple(lines_of(answer)), ok=answer.ok, data=answer.to_json())

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

    def _attach(self, line: str) -> Reply:
        assert self._attaching
        if line != "end":
            self._attached.append(line)
            return Reply()
        stop, self._attaching = self._attaching, None
        stop.commands = tuple(self._attached)
        count = len(self._attached)
        commands = "1 command" if count == 1 else f"{count} commands"
        return Reply((f"{stop.noun.capitalize()} {stop.number}: {commands}.",))

    # moves

    def move(self, run: Run, *, strict: bool = False) -> Reply:
        """Drive a move to its end and tell where that is.

        `strict` makes it a failure not to have come where it was to go.
        """
        arrival = self.drive(run)
        self.listed_to = None
        lines = [*run.printed, *self._told(arrival), *self.shown()]
        run.printed.clear()
        self.follow_with([line for hit in arrival.hits for line in hit.breakpoint.commands])
        return Reply(
            tuple(lines), ok=not (strict and arrival.cut_short), arrival=arrival, data=told(arrival)
        )

    def _told(self, arrival: StopEvent) -> Iterator[str]:
        for hit in arrival.hits:
            yield from hit.lines(self.session.names)
        if arrival.fault:
            yield arrival.fault.sentence(self.session.program)
        if arrival.cut_short:
            yield arrival.cut_short
        yield where(self.session, arrival)

    def shown(self) -> Iterator[str]:
        """What is displayed after each move."""
        from vliwdbg.commands.data import displayed

        return (displayed(self, display) for display in self.displays.values())


def where(session: Session, arrival: StopEvent) -> str:
    """Where we are: `cycle 137  pc 140  breakpoint 2  valu (2) | alu (12)`."""
    there = arrival.pc < len(session.program)
    bundle = summarize(session.program.bundle(arrival.pc)) if there else ""
    parts = [f"cycle {arrival.cycle}", f"pc {arrival.pc}", arrival.label, bundle]
    return "  ".join(part for part in parts if part)


def told(arrival: StopEvent) -> dict[str, object]:
    """An arrival as data."""
    return {
        "cycle": arrival.cycle,
        "pc": arrival.pc,
        "step": arrival.position,
        "stop": None if arrival.reason.value == "budget" else arrival.reason.value,
        "breakpoints": [hit.breakpoint.number for hit in arrival.hits if hit.breakpoint.number],
    }


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
