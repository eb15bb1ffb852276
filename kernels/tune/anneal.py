"""Simulated annealing: small changes, kept if they shorten the schedule, sometimes if they do not.

    energy = cycles  +  a little for what is issued at the very end  +  something for what is spent

The small terms point the way where many candidates have the same number of cycles: towards an end
that is about to come sooner, towards modes that need less of what is scarce, and towards slots that
do not stand idle long before the end. What is spent weighs most at the start of a walk.

Other modes upset a schedule by more cycles than they are worth, before the noise has been found
that suits them: no walk gets there by itself. So modes are also traded, a few at a time, and the
walk that follows decides whether they stay.

Temperatures are low. At a whole cycle nothing is gained for minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf
from random import Random
from typing import Any

from kernels.schedule.priority import Groups
from kernels.tune.candidate import LAST_ROUNDS, Candidate, Moves
from kernels.tune.measure import NO_LIMIT, Length, Limit, Measure

HOT, COLD = 0.3, 0.05
"""Cycles that a change may cost, about, at the start and at the end."""
LATE = 1 / 1000
"""Cycles that an operation issued in the last bundle weighs, divided by 32."""
SPENT, LEAST_SPENT = 1 / 1000, 0.2 / 1000
"""Cycles that a unit of what is spent weighs, at the start and at the end (see `measure.WORTH`)."""
SPELL, SETTLED = 400, 0.6
"""Tries of the walk after a trade, which begins as if so much of a walk were over."""
UPSET, HOPED, SPARED = 4.0, 1.0, 0.02
"""Cycles above those before a trade: at most, to walk on from it; after a quarter of that walk, to
go on; about, to stay there."""
OF_THE_END = 0.4
"""How much of that walk is about the end."""
Block = tuple[int, int | None]
"""A vector and one of its rounds, None for what is in no round."""


@dataclass
class Best:
    """A candidate and what is known of it."""

    candidate: Candidate
    length: Length | None

    def energy(self, part: float = 1.0) -> float:
        """When `part` of the walk is over; infinite where scratch does not suffice."""
        if self.length is None:
            return inf
        return self.length.cycles + LATE * self.length.late + _weight(part) * self.length.spent

    @property
    def cycles(self) -> float:
        return self.length.cycles if self.length else inf

    @property
    def order(self) -> tuple[float, float]:
        """The shorter first, and of equally short ones that with less left to do."""
        return self.cycles, self.energy()


def _weight(part: float) -> float:
    """Of what is spent, when `part` of the walk is over."""
    return SPENT + (LEAST_SPENT - SPENT) * part


def limit_at(part: float, energy: float, best: Best) -> Limit:
    """That of what has at most so much energy, or is as short as the best."""
    return Limit(_weight(part), energy, best.cycles)


class Annealing:
    """One walk, by changes of these fields of modes and others; `best` is the shortest so far."""

    def __init__(
        self, measure: Measure, groups: Groups, names: Sequence[str], start: Best, random: Random
    ) -> None:
        self.measure, self.groups, self.names, self.random = measure, groups, names, random
        self.now = self.lowest = self.best = start
        self._blocks: dict[Block | None, list[int]] = {}
        self._moves = self._moves_of(0)

    def walk(self, tries: int) -> Iterator[Best]:
        """So many tries, hot at first and cold at the end: what each has measured."""
        for number in range(tries):
            yield self.step(number / tries)

    def trade(self, patience: int) -> Iterator[Best]:
        """From the lowest on, until so many tries have gained nothing: other modes for a vector or
        a few, and a short walk that makes up for what they upset. They stay if it gets as low."""
        home, least, since = self.lowest, self.lowest.energy(SETTLED), 0
        while since < patience:
            for found in self._traded(home):
                since += 1
                yield found
            energy = self.lowest.energy(SETTLED)
            if energy <= home.energy(SETTLED) + self.random.expovariate(1 / SPARED):
                home = self.lowest
            if energy < least:
                least, since = energy, 0
        self.now = self.lowest = home

    def _traded(self, home: Best) -> Iterator[Best]:
        """Other modes than home's and their walk, as long as there is hope; `lowest` is the end."""
        candidate = self._moves.trade(home.candidate, self.random)
        bar = home.energy(SETTLED)
        found = self._measured(candidate, limit_at(SETTLED, bar + UPSET, self.best))
        self.now = self.lowest = found
        yield found
        if found.energy(SETTLED) > bar + UPSET:
            return
        for number in range(SPELL):
            at_end = self.random.random() < OF_THE_END
            yield self.step(SETTLED + (1 - SETTLED) * number / SPELL, at_end)
            if number == SPELL // 4 and self.lowest.energy(SETTLED) > bar + HOPED:
                return

    def step(self, part: float, at_end: bool = False) -> Best:
        """One try; `part` of the walk is over."""
        if self._moves.slots < len(self.measure.slots):
            self._moves = self._moves_of(self._moves.slots)
        candidate = self._moves.any(self.now.candidate, self.random, at_end)
        # Drawn first, so that what would not be accepted need not be measured to its end.
        most = self.now.energy(part) + self._patience(part)
        found = self._measured(candidate, limit_at(part, most, self.best))
        if found.energy(part) <= most and found.length:
            self.now = found
        if self.now.energy(part) < self.lowest.energy(part):
            self.lowest = self.now
        return found

    def _patience(self, part: float) -> float:
        """How much worse a change may be: so much with a probability of exp(-so much / heat)."""
        heat: float = HOT * (COLD / HOT) ** part
        return self.random.expovariate(1 / heat)

    def _measured(self, candidate: Candidate, limit: Limit = NO_LIMIT) -> Best:
        found = Best(candidate, self.measure.length(candidate, limit))
        self.best = min(self.best, found, key=lambda best: best.order)
        return found

    def _moves_of(self, known: int) -> Moves:
        """Those of all slots, of which so many were there before."""
        for key, slot in islice(self.measure.slots.items(), known, None):
            if isinstance(key, tuple):
                self._blocks.setdefault(block_of(key), []).append(slot)
        blocks = list(self._blocks.values())
        last = [slots for key, slots in self._blocks.items() if self._is_late(key)]
        return Moves(self.groups, self.names, blocks, last or blocks, len(self.measure.slots))

    def _is_late(self, block: Block | None) -> bool:
        """Whether it belongs to one of a vector's last rounds, or to none."""
        if block is None:
            return False
        _, round = block
        return round is None or round >= self.groups.rounds - LAST_ROUNDS


def block_of(key: tuple[Any, ...]) -> Block | None:
    """What the slots that belong together share: a vector's in one round, or all of set-up."""
    return key[:2] if isinstance(key[0], int) else None
