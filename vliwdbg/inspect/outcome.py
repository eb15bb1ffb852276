"""What came of a run, in one line: cycles, how full the engines were, right or wrong.

899 → 897 cycles · valu 99.5 → 99.7 % · load 84.1 → 84.3 % · right
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from machine.errors import ProgramError
from machine.machine import Machine
from machine.problem import Layout
from machine.verdict import check
from vliwdbg.inspect.flow import Flow
from vliwdbg.views.occupancy import Occupancy, occupancy
from vliwdbg.views.ribbon import EXECUTING


@dataclass(frozen=True)
class Outcome:
    """Cycles of a run, the part of each engine's slots that it used, from 0 to 1, and whether the
    result is right: None where nobody knows what is, or the run is not known to its end."""

    cycles: int
    shares: Mapping[str, float]
    right: bool | None

    @property
    def verdict(self) -> str:
        """Empty where it is not known."""
        return "" if self.right is None else "right" if self.right else "wrong"

    @property
    def text(self) -> str:
        """`✓899`: right, in so many cycles."""
        mark = "" if self.right is None else "✓" if self.right else "✗"
        return f"{mark}{self.cycles:,}"

    def against(self, before: Outcome) -> str:
        """What is different from before, in one line."""
        return " · ".join(part for part in self._differences(before) if part)

    def _differences(self, before: Outcome) -> Iterator[str]:
        yield _changed(f"{before.cycles:,}", f"{self.cycles:,}", " cycles")
        for engine in EXECUTING:
            then, now = (f"{100 * run.shares[engine]:.1f}" for run in (before, self))
            if then != now:
                yield f"{engine} {_changed(then, now, ' %')}"
        yield _changed(before.verdict, self.verdict) if before.verdict else self.verdict


def _changed(before: str, now: str, unit: str = "") -> str:
    return f"{now}{unit}" if before == now else f"{before} → {now}{unit}"


def outcome_of(flow: Flow, layout: Layout | None, picture: Occupancy | None = None) -> Outcome:
    """The outcome of a run; `picture` is how full the engines were, where that is known already."""
    if picture is None:
        picture = occupancy(flow.program, flow.pcs)
    shares = {engine: picture.share(engine, 0, picture.cycles) for engine in EXECUTING}
    return Outcome(flow.ending.cycle, shares, _is_right(flow, layout))


def _is_right(flow: Flow, layout: Layout | None) -> bool | None:
    if layout is None or layout.words > len(flow.memory):
        return None
    if not flow.whole or flow.ending.sentence:
        return None
    machine = Machine(flow.program, flow.memory, pauses=False, debug=False)
    machine.run()
    try:
        return check(layout, flow.memory, machine.memory, flow.program.outputs).ok
    except ProgramError:
        return None  # memory that the reference kernel cannot start from
