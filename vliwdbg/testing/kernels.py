"""What can be said of the program that a machine was made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from machine.errors import ProgramError
from vliwdbg.api.opening import loaded_of
from vliwdbg.inspect.questions import Questions
from vliwdbg.render import lines_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.testing.machines import Made, names_of


@dataclass(frozen=True)
class Figures:
    """What a program came to: `floor` is the least number of cycles for the same operations, and
    `binds` what that comes from."""

    cycles: int
    floor: int
    binds: str

    @property
    def text(self) -> str:
        cycles = "cycle" if self.cycles == 1 else "cycles"
        return f"{self.cycles} {cycles}, at least {self.floor} ({self.binds})"

    def since(self, before: Mapping[str, Any] | None) -> str:
        """How it differs from those of another time, as `to_json` gave them."""
        if before is None:
            return ""
        fewer = before["cycles"] - self.cycles
        if not fewer:
            return ", as before"
        return f", {abs(fewer)} {'fewer' if fewer > 0 else 'more'} than before"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Built:
    """The bundles with their names, as a builder has them."""

    instrs: Any
    scratch_map: Mapping[int, Any]

    def debug_info(self) -> _Built:
        return self


def questions_about(made: Made) -> Questions:
    """The questions about the program of a machine. Raises ProgramError."""
    loaded, _ = loaded_of(_Built(made.bundles, dict(names_of(made))), made.memory)
    return Questions(loaded.program, loaded.memory)


def figures_of(made: Made) -> Figures | None:
    """What a machine's program came to; None where it was not run, or is no kernel, which has a
    problem in its memory."""
    if not made.machine.cycle:
        return None
    try:
        asked = questions_about(made)
        return _figures(asked) if asked.program.problem else None
    except (ProgramError, DebuggerError):
        return None


def _figures(asked: Questions) -> Figures:
    floor = asked.floor()
    return Figures(floor.cycles, floor.floor, floor.binds)


def what_is_wrong(made: Made) -> Iterator[str]:
    """Of the program of a test that failed: what is wrong with it, or what it came to; nothing of
    one that is no kernel."""
    try:
        asked = questions_about(made)
        if asked.program.problem is None:
            return
        answer = asked.diverge()
        yield from lines_of(answer)
        if answer.ok:
            yield f"It takes {_figures(asked).text}."
    except ProgramError as wrong:
        yield "The program is none that the machine takes:"
        yield from wrong.lines()
    except DebuggerError as wrong:
        yield str(wrong)
