"""Where a search begins, and for how long it goes on: short starts, and more for the best of them.

    a campaign   STARTS times:  sampled modes and offsets, the best of them annealed a little
                 the best FINALISTS of these annealed further
                 the best of all tries other modes, a few at a time
    a search     campaigns, one after another

What a start is worth is seen soon, and annealing a finished one further gains nothing: every slot
is taken, and it is other operations that make it shorter. So the best trades modes for a while, and
then the time goes into new starts. A walk is let go by its energy; the shortest schedule of all is
kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from kernels.plan import LIKELY, VectorChoices
from kernels.schedule.priority import SCALE, Groups
from kernels.tune.anneal import Annealing, Best, limit_at
from kernels.tune.candidate import Candidate
from kernels.tune.measure import NO_LIMIT, Measure

STARTS, FINALISTS = 10, 2
SAMPLES, SHORT, MIDDLE = 400, 1500, 5000
"""Tries of a start's sampling and its walk, and of the finalists' walks."""
PATIENCE = 20_000
"""Tries that may gain nothing before a campaign is over."""
TRIES = 3 * (STARTS * (SAMPLES + SHORT) + FINALISTS * MIDDLE) // 2
"""Of a campaign that gains nothing for long, about."""
MIXTURES = 8
"""VectorChoices of all vectors that a start's samples share."""
CHANGED, CHILD_CHANGED = 0.12, 0.6
"""How likely a field of modes is not the same for all vectors: what ways there are of choosing a
child cost about the same, if different engines; other ways of finding an address cost more."""
SCATTERED, MOST_SCATTERED = 0.7, 0.6
"""How likely the vectors that choose a child in another way lie here and there, and the most of all
vectors that they may be."""
LATE = 0.5
"""How likely it is the last vectors that differ."""
SAMPLED_PART = 0.0
"""Samples are judged as a walk judges at its start, when work weighs most."""
BEFORE_LAST = (0.0, 0.3), (0.3, 1.3)
"""Until when the round before the last is put off, in spreads: hardly, or as the last one is."""
SAMPLED_WINDOWS, SAMPLED_SPARES = (64, 64, 32, 32, 28, 24), (0, 0, 0, 1, 1, 2)
PHASES = 4
"""Stretches of rounds that may begin later or sooner than the first, before the last two rounds."""
USUAL = VectorChoices()


class Search:
    """An endless search; `best` is the shortest candidate so far, once there is one.

    `tries` is how many it will be given, if that is known: a campaign is no longer. `begin` is
    where it tries its luck first, and `usual` what a vector does unless something else is tried.
    """

    def __init__(
        self,
        measure: Measure,
        groups: Groups,
        names: Sequence[str],
        seed: str,
        tries: int | None = None,
        begin: Candidate | None = None,
        usual: VectorChoices = USUAL,
    ) -> None:
        self.measure, self.groups, self.names, self.random = measure, groups, names, Random(seed)
        self.usual = usual
        self.starts, self.samples, self.scale = _extent(tries)
        self.best: Best | None = None
        self._steps = self._all(begin)

    def step(self) -> None:
        """One try."""
        found = next(self._steps)
        if self.best is None or found.order < self.best.order:
            self.best = found

    def _all(self, begin: Candidate | None) -> Iterator[Best]:
        if begin is not None:
            start = self._measured(begin)
            yield start
            yield from self._annealing(start).trade(self._tries(PATIENCE))
        while True:
            yield from self._campaign()

    def _campaign(self) -> Iterator[Best]:
        walks = []
        for _ in range(self.starts):
            sampled = Best(self._usual(), None)
            for found in self._samples():
                yield found
                sampled = min(sampled, found, key=_energy)
            walks.append(self._annealing(sampled))
            yield from walks[-1].walk(self._tries(SHORT))
        finalists = _lowest(walks, FINALISTS)
        for walk in finalists:
            yield from walk.walk(self._tries(MIDDLE))
        (last,) = _lowest(finalists, 1)
        yield from last.trade(self._tries(PATIENCE))

    def _tries(self, tries: int) -> int:
        return max(1, round(tries * self.scale))

    def _annealing(self, start: Best) -> Annealing:
        return Annealing(self.measure, self.groups, self.names, start, self.random)

    def _measured(self, candidate: Candidate, before: Best | None = None) -> Best:
        """As far as it may be better than what was sampled before."""
        self.measure.learn(candidate.modes)
        limit = limit_at(SAMPLED_PART, _energy(before), before) if before else NO_LIMIT
        return Best(candidate, self.measure.length(candidate, limit))

    def _samples(self) -> Iterator[Best]:
        """Some of each mixture, then as many of the best of these."""
        tries, best = self.samples, self._measured(self._usual())
        yield best
        mixtures = min(MIXTURES, max(1, tries // 2))
        for _ in range(mixtures):
            modes = self._mixture()
            for _ in range(max(1, tries // (2 * mixtures))):
                found = self._measured(self._sample(modes), best)
                yield found
                best = min(best, found, key=_energy)
        for _ in range(tries // 2):
            found = self._measured(self._sample(best.candidate.modes), best)
            yield found
            best = min(best, found, key=_energy)

    def _usual(self) -> Candidate:
        """Offsets and modes that are no bad ones at any size."""
        offsets = _offsets(self.groups, 8.0 * self.groups.vectors, 0.95, 1.0, 0.0, (0.0, 1.0))
        return Candidate(offsets, (self.usual,) * self.groups.vectors, array("i"), 64, 2)

    def _sample(self, modes: tuple[VectorChoices, ...]) -> Candidate:
        random = self.random
        spread = random.uniform(8, 14) * self.groups.vectors
        power, knee, growth = (
            random.uniform(*limits) for limits in ((0.6, 1.2), (0.9, 1.15), (-0.15, 0.2))
        )
        ends = random.uniform(*random.choice(BEFORE_LAST)), random.uniform(0.6, 1.3)
        offsets = _offsets(self.groups, spread, power, knee, growth, ends)
        room = random.choice(SAMPLED_WINDOWS), random.choice(SAMPLED_SPARES)
        return Candidate(offsets, modes, array("i"), *room)

    def _mixture(self) -> tuple[VectorChoices, ...]:
        """VectorChoices of which some fields have another value for some vectors."""
        random = self.random
        modes = [self.usual] * self.groups.vectors
        for name in self.names:
            others = [value for value in LIKELY[name] if value != getattr(self.usual, name)]
            is_child = name.endswith("_child")
            if random.random() >= (CHILD_CHANGED if is_child else CHANGED):
                continue
            if is_child and random.random() < SCATTERED:
                changed = {vector: random.choice(others) for vector in self._scattered()}
            else:
                changed = dict.fromkeys(self._stretch(), random.choice(others))
            for vector, value in changed.items():
                modes[vector] = replace(modes[vector], **{name: value})
        return tuple(modes)

    def _scattered(self) -> list[int]:
        """Some vectors here and there."""
        share = self.random.uniform(0, MOST_SCATTERED)
        return [vector for vector in range(self.groups.vectors) if self.random.random() < share]

    def _stretch(self) -> range:
        """Some vectors in a row, often the last ones: flow is idle when they come to their end."""
        random, vectors = self.random, self.groups.vectors
        length = random.randint(1, 1 + vectors // 2)
        latest = vectors - length
        start = latest if random.random() < LATE else random.randint(0, latest)
        return range(start, start + length)


def _extent(tries: int | None) -> tuple[int, int, float]:
    """How many starts a campaign of so many tries has, how many samples each of them, and which
    part of a whole campaign's tries all else.

    Where it has to be short, a few starts that get somewhere are worth more than many, and samples
    more than walks.
    """
    if tries is None or tries >= TRIES:
        return STARTS, SAMPLES, 1.0
    starts = max(1, STARTS * tries // TRIES)
    samples = min(SAMPLES, 1 + tries // (3 * starts))
    walked = starts * SHORT + min(starts, FINALISTS) * MIDDLE
    return starts, samples, min(1.0, (tries - starts * samples) / (1.5 * walked))


def _lowest(walks: Sequence[Annealing], count: int) -> list[Annealing]:
    return sorted(walks, key=lambda walk: _energy(walk.lowest))[:count]


def _energy(best: Best) -> float:
    return best.energy(SAMPLED_PART)


def _offsets(
    groups: Groups,
    spread: float,
    power: float,
    knee: float,
    growth: float,
    ends: tuple[float, float],
) -> array[int]:
    """By group. The last round but one and what comes after that may be put off for all vectors
    until later ones have begun: then they fill bundles that would be half empty at the end."""
    offsets, vectors = array("i", [0]), max(1, groups.vectors - 1)
    before_last, last = (end * spread for end in ends)
    early = max(0, groups.rounds - 2)
    parts = [min(PHASES - 1, PHASES * part // max(1, early)) for part in range(early)]
    for vector in range(groups.vectors):
        start = spread * min(1.0, vector / (knee * vectors)) ** power
        phases = [start * (1 + growth * phase / (PHASES - 1)) for phase in range(PHASES)]
        steps = [round(SCALE * phase) for phase in phases]
        put_off = max(phases[-1], before_last)
        offsets.extend([steps[phase] for phase in parts])
        offsets.extend([round(SCALE * put_off)] * (groups.rounds - early))
        offsets.append(round(SCALE * max(put_off, last)))
    return offsets
