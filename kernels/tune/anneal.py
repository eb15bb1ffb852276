"""Simulated annealing: small changes, kept if they shorten the schedule, sometimes if they do not.

    energy = cycles  +  a little for what is issued at the very end  +  a little for all the work

The small terms point the way where many candidates have the same number of cycles: towards an end
that is about to come sooner, and towards modes that need fewer lane operations. Other modes upset
a schedule by more cycles than they are worth before the noise has been found that suits them: so
work weighs most at the start, and nothing at the end. After RESTART tries without gain it goes
back to the best.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import product
from math import exp
from random import Random

from kernels.plan import Modes
from kernels.schedule.urgency import SCALE, Groups
from kernels.tune.candidate import Candidate, Moves
from kernels.tune.measure import LANES_A_CYCLE, Length, Measure

HOT, COLD = 0.3, 0.05
"""Cycles that a change may cost, about, at the start and at the end."""
LATE = 1 / 1000
"""Cycles that an operation issued in the last bundle weighs, divided by 32."""
WORK = 4.0
"""Cycles that a bundle's worth of lane operations weighs, at the start."""
RESTART = 800
STEPS, SHAPES = (5.0, 6.5, 8.0, 10.0, 13.0), (0.5, 0.7, 0.85, 1.0)
"""Cycles between two vectors on average, and how offsets grow, for generic candidates."""
ROOMS = ((64, 0), (64, 1), (64, 2), (64, 4), (8, 1))
"""Window and spare of generic candidates."""


@dataclass
class Best:
    """A candidate and what is known of it."""

    candidate: Candidate
    length: Length | None

    def energy(self, part: float = 1.0) -> float:
        """When `part` of the search is over; infinite where scratch does not suffice."""
        if self.length is None:
            return float("inf")
        work = WORK * (1 - part) * self.length.lanes / LANES_A_CYCLE
        return self.length.cycles + LATE * self.length.late + work

    @property
    def cycles(self) -> float:
        return self.length.cycles if self.length else float("inf")


class Annealing:
    """One walk. `best` is the shortest candidate so far, `tries` how many were measured."""

    def __init__(self, measure: Measure, groups: Groups, start: Candidate, seed: str) -> None:
        self.measure, self.groups, self.random = measure, groups, Random(seed)
        self.now = self.lowest = self.best = self._measured(start)
        self.tries = self.since = 0
        self._moves = self._moves_of_slots()

    def step(self, part: float) -> None:
        """One try; `part` of the search is over."""
        if self._moves.slots < len(self.measure.slots):
            self._moves = self._moves_of_slots()
        part = min(1.0, part)
        found = self._measured(self._moves.any(self.now.candidate, self.random))
        self.tries += 1
        self.since += 1
        if self._accepts(found, part):
            self.now = found
        if found.cycles < self.best.cycles:
            self.best = found
        if self.now.energy(part) < self.lowest.energy(part):
            self.lowest, self.since = self.now, 0
        if self.since > RESTART:
            self.now, self.since = self.lowest, 0

    def _accepts(self, found: Best, part: float) -> bool:
        if found.length is None:
            return False
        worse = found.energy(part) - self.now.energy(part)
        return worse <= 0 or self.random.random() < exp(-worse / (HOT * (COLD / HOT) ** part))

    def _measured(self, candidate: Candidate) -> Best:
        return Best(candidate, self.measure.length(candidate))

    def _moves_of_slots(self) -> Moves:
        blocks = blocks_of(self.measure.slots)
        return Moves(self.groups, blocks, len(self.measure.slots))


def blocks_of(slots: Mapping[Hashable, int]) -> list[list[int]]:
    """Slots that belong together: a vector's in one round, or all of set-up."""
    blocks: dict[Hashable, list[int]] = {}
    for key, slot in slots.items():
        if isinstance(key, tuple):
            block = key[:2] if isinstance(key[0], int) else None
            blocks.setdefault(block, []).append(slot)
    return list(blocks.values())


def generic_candidate(measure: Measure, groups: Groups) -> Candidate:
    """The best of those by formula, all vectors in their default modes."""
    modes = (Modes(),) * groups.vectors
    measure.learn(modes)
    candidates = (
        Candidate(_offsets(groups, step, shape, in_step), modes, array("i"), *room)
        for room, step, shape, in_step in product(ROOMS, STEPS, SHAPES, (False, True))
    )
    found = (Best(candidate, measure.length(candidate)) for candidate in candidates)
    return min(found, key=Best.energy).candidate


def _offsets(groups: Groups, step: float, shape: float, in_step: bool) -> array[int]:
    """By group; the last parts of all vectors may go in step."""
    offsets, others = array("i", [0]), max(1, groups.vectors - 1)
    span = step * (groups.vectors - 1)
    for vector in range(groups.vectors):
        mine = span * (vector / others) ** shape
        for number in range(groups.parts):
            last = in_step and number == groups.parts - 1
            offsets.append(round(SCALE * (span if last else mine)))
    return offsets
