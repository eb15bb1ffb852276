"""Simulated annealing: small changes, kept if they shorten the schedule, sometimes if they do not.

    energy = cycles  +  a little for what is issued at the very end  +  something for all the work

The small terms point the way where many candidates have the same number of cycles: towards an end
that is about to come sooner, and towards modes that need less of what is scarce. Other modes upset
a schedule by more cycles than they are worth before the noise has been found that suits them: so
work weighs most at the start, and nothing at the end. After RESTART tries without gain it goes
back to the best, exchanges some modes there, and sees whether other noise can make up for them.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from math import exp
from random import Random
from typing import NamedTuple

from kernels.plan import Modes
from kernels.schedule.urgency import SCALE, Groups
from kernels.tune.candidate import Candidate, Moves
from kernels.tune.measure import WORK_A_CYCLE, Length, Measure

HOT, COLD = 0.3, 0.05
"""Cycles that a change may cost, about, at the start and at the end."""
LATE = 1 / 1000
"""Cycles that an operation issued in the last bundle weighs, divided by 32."""
WORK = 2.0
"""Cycles that a full bundle's work weighs, at the start."""
RESTART = 1500
STEPS, SHAPES = (5.0, 6.5, 8.0, 10.0, 13.0), (0.5, 0.7, 0.85, 1.0)
"""Cycles between two vectors on average, and how offsets grow, for generic candidates."""
ROOMS = ((64, 0), (64, 1), (64, 2), (64, 4), (8, 1))
"""Window and spare of generic candidates."""


class Mixture(NamedTuple):
    """Modes of a generic candidate, as shares of the vectors, from the first on.

    Loads are idle while the first vectors begin and flow is when the last ones end; and at the
    very end there is no time for stores.
    """

    level3_by_load: float
    children4_by_store: float
    children5_by_store: float
    few_bits: float
    """Bits are chosen by flow only where that is cheap."""

    def modes(self, vectors: int) -> tuple[Modes, ...]:
        def mode(vector: int) -> Modes:
            level3, child4, child5, few = (int(vector < share * vectors) for share in self)
            bits = Modes(passing3=2, address3=3 - few, index=2 - few)
            choices = replace(bits, children4_by_store=child4, children5_by_store=child5)
            return replace(choices, level3_by_load=level3).settled

        return tuple(map(mode, range(vectors)))


MIXTURES = (
    Mixture(0.25, 0.375, 1, 0.3),
    Mixture(0.25, 0.625, 1, 0.3),
    Mixture(0.3, 0, 0, 0),
)
"""With many stores, which changes one by one seldom come to, and with none, for where scratch is
short."""


@dataclass
class Best:
    """A candidate and what is known of it."""

    candidate: Candidate
    length: Length | None

    def energy(self, part: float = 1.0) -> float:
        """When `part` of the search is over; infinite where scratch does not suffice."""
        if self.length is None:
            return float("inf")
        work = WORK * (1 - part) * self.length.work / WORK_A_CYCLE
        return self.length.cycles + LATE * self.length.late + work

    @property
    def cycles(self) -> float:
        return self.length.cycles if self.length else float("inf")


class Annealing:
    """One walk, by changes of these fields of modes and others.

    `best` is the shortest candidate so far, `tries` how many were measured.
    """

    def __init__(
        self, measure: Measure, groups: Groups, names: Sequence[str], start: Candidate, seed: str
    ) -> None:
        self.measure, self.groups, self.names, self.random = measure, groups, names, Random(seed)
        self.now = self.lowest = self.best = self._measured(start)
        self.tries = self.since = 0
        self._blocks: dict[Hashable, list[int]] = {}
        self._moves = self._moves_of(0)

    def step(self, part: float) -> None:
        """One try; `part` of the search is over."""
        if self._moves.slots < len(self.measure.slots):
            self._moves = self._moves_of(self._moves.slots)
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
            self._restart()

    def _restart(self) -> None:
        """Go back to the best, with a kick that the next tries have time to make up for."""
        kicked = self._measured(self._moves.kick(self.lowest.candidate, self.random))
        self.now = kicked if kicked.length else self.lowest
        self.since = 0

    def _accepts(self, found: Best, part: float) -> bool:
        if found.length is None:
            return False
        worse = found.energy(part) - self.now.energy(part)
        return worse <= 0 or self.random.random() < exp(-worse / (HOT * (COLD / HOT) ** part))

    def _measured(self, candidate: Candidate) -> Best:
        return Best(candidate, self.measure.length(candidate))

    def _moves_of(self, known: int) -> Moves:
        """Those of all slots, of which so many were there before."""
        for key, slot in islice(self.measure.slots.items(), known, None):
            if isinstance(key, tuple):
                self._blocks.setdefault(block_of(key), []).append(slot)
        blocks = list(self._blocks.values())
        return Moves(self.groups, self.names, blocks, len(self.measure.slots))


def block_of(key: tuple[Hashable, ...]) -> Hashable:
    """What the slots that belong together share: a vector's in one round, or all of set-up."""
    return key[:2] if isinstance(key[0], int) else None


def generic_candidate(measure: Measure, groups: Groups) -> Candidate:
    """The best of those by formula, as a search judges at its start."""
    found = []
    for mixture in MIXTURES:
        modes = mixture.modes(groups.vectors)
        measure.learn(modes)
        for room, step, shape, in_step in product(ROOMS, STEPS, SHAPES, (False, True)):
            offsets = _offsets(groups, step, shape, in_step)
            candidate = Candidate(offsets, modes, array("i"), *room)
            found.append(Best(candidate, measure.length(candidate)))
    return min(found, key=lambda best: best.energy(part=0)).candidate


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
