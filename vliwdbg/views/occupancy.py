"""How full each engine was over a run: the picture of a kernel.

    alu   ▆██████████████████████▇███
    load  ████▆▇███▂▅███████████████▂

`Occupancy` holds, for each engine, how many slots were used up to each cycle, so that any stretch
of cycles is a subtraction, whatever the zoom.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import NamedTuple

from machine.isa import ENGINES, OPCODES, SLOT_LIMITS, VLEN
from machine.program import Program
from vliwdbg.views.ribbon import EXECUTING

LANES = "lanes"
"""alu and valu together, by lanes: a valu operation is eight of alu's."""
LIMITS = {**SLOT_LIMITS, LANES: SLOT_LIMITS["alu"] + VLEN * SLOT_LIMITS["valu"]}
_LEAVES = bytes(
    code < len(OPCODES) and (OPCODES[code].jumps or OPCODES[code].name == "halt")
    for code in range(256)
)


def is_straight(program: Program) -> bool:
    """Whether its bundles are executed once each, in order, so that no run is needed to know it.

    A halt, or a jump, in the last bundle alone changes nothing.
    """
    opcodes = program.columns.opcodes.tobytes().translate(_LEAVES)
    last = program.columns.first_slot_of_bundles()[-2] if len(program) else 0
    ends_by_jump = any(OPCODES[code].jumps for code in program.columns.opcodes[last:])
    return 1 not in opcodes[:last] and not ends_by_jump


class Window(NamedTuple):
    """Cycles first:stop of a run, drawn in some number of columns."""

    first: int
    stop: int

    @property
    def cycles(self) -> int:
        return self.stop - self.first

    def column_of(self, cycle: int, columns: int) -> int | None:
        """The column that a cycle is drawn in; None where it lies outside."""
        if not self.first <= cycle <= self.stop or self.cycles <= 0:
            return None
        return min((cycle - self.first) * columns // self.cycles, columns - 1)

    def cycle_at(self, column: int, columns: int) -> int:
        """The first cycle that is drawn in a column."""
        return self.first + -(-column * self.cycles // columns)

    def zoomed(self, factor: float, around: int, end: int) -> Window:
        """So many times as many cycles, with a cycle where it was, within 0:end."""
        cycles = max(min(round(self.cycles * factor), end), min(FEWEST_CYCLES, end))
        inside = min(max(around, self.first), self.stop)
        before = (inside - self.first) * cycles // max(self.cycles, 1)
        first = min(max(inside - before, 0), end - cycles)
        return Window(first, first + cycles)

    def showing(self, cycle: int, end: int) -> Window:
        """This one, moved as far as it takes to show a cycle."""
        if self.first <= cycle <= self.stop:
            return self
        first = min(max(cycle - self.cycles // 2, 0), max(end - self.cycles, 0))
        return Window(first, first + self.cycles)


FEWEST_CYCLES = 16
"""Of a window."""


@dataclass(frozen=True, eq=False)
class Occupancy:
    """Slots used of each engine by cycle: `used[engine][n]` counts those before cycle n.

    `executed` are the pcs of the run in order, and `started[position]` the cycle each came at.
    """

    cycles: int
    used: Mapping[str, Sequence[int]]
    executed: Sequence[int]
    started: Sequence[int]

    def cycles_where(self, flags: bytes) -> list[int]:
        """The cycles at which a bundle was executed whose pc has a flag that is not 0."""
        if not any(flags):
            return []
        started = self.started
        return [started[at] for at, pc in enumerate(self.executed) if flags[pc]]

    def share(self, engine: str, first: int, stop: int) -> float:
        """The part of an engine's slots that were used in cycles first:stop, 0 to 1."""
        first, stop = max(first, 0), min(stop, self.cycles)
        if stop <= first:
            return 0.0
        used = self.used[engine]
        return (used[stop] - used[first]) / ((stop - first) * LIMITS[engine])

    def shares(self, engine: str, window: Window, columns: int) -> list[float]:
        """The same for each column that a window is drawn in; a column is at least a cycle."""
        edges = [window.cycle_at(column, columns) for column in range(columns + 1)]
        return [
            self.share(engine, *_at_least_one(edges[column], edges[column + 1], window))
            for column in range(columns)
        ]


def _at_least_one(first: int, stop: int, window: Window) -> tuple[int, int]:
    # Where a cycle takes several columns, each of them shows that cycle.
    return (first, stop) if stop > first else (max(first - 1, window.first), max(first, 1))


def occupancy(program: Program, executed: Sequence[int] | None = None) -> Occupancy:
    """Over the bundles executed, given by their pcs in order; None where it is all, in order."""
    costs = program.columns.costs()
    pcs = range(len(program)) if executed is None else executed
    started = array("I", accumulate((costs[pc] for pc in pcs), initial=0))
    costly = array("I", (pc for pc in pcs if costs[pc]))
    used = {
        engine: _sums(map(slots.__getitem__, costly))
        for engine, slots in _slots_by_pc(program).items()
    }
    lanes = (VLEN * valu + alu for alu, valu in zip(used["alu"], used["valu"], strict=True))
    used[LANES] = array("I", lanes)
    return Occupancy(len(costly), used, pcs, started)


def _sums(counts: Iterable[int]) -> array[int]:
    return array("I", accumulate(chain((0,), counts)))


def _slots_by_pc(program: Program) -> dict[str, bytearray]:
    columns = program.columns
    found = {engine: bytearray(len(program)) for engine in EXECUTING}
    for pc in range(len(program)):
        for group in columns.groups_of(pc):
            engine = ENGINES[columns.group_engine[group]]
            if engine in found:
                found[engine][pc] = len(columns.slots_of(group))
    return found
