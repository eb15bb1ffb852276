"""Where a search begins, and for how long it goes on: short starts, and more for the best of them.

    a campaign   STARTS times:  sampled modes and offsets, the best of them annealed a little
                 the best FINALISTS of these annealed further
                 the end of the best of all, LAPS times
    a search     campaigns, one after another

What a start is worth is seen soon, and going on with all of a finished one gains nothing: but for
the last cycles every slot is taken. So they are what the best is gone over for, and then the time
goes into new starts. A walk is let go by its energy; the shortest schedule of all is kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from kernels.plan import LIKELY, VectorChoices
from kernels.schedule.priority import SCALE, Groups
from kernels.tune.anneal import Annealing, Best, limit_at
from kernels.tune.candidate import SPARES, WINDOWS, Candidate
from kernels.tune.measure import NO_LIMIT, Measure

STARTS, FINALISTS = 4, 2
SAMPLES, SHORT, MIDDLE, LAP = 400, 3000, 6000, 8000
"""Tries of a start's sampling and its walk, of the finalists' walks and of a lap at the end."""
LAPS = 5
"""Each begins hot, and from the best."""
TRIES = STARTS * (SAMPLES + SHORT) + FINALISTS * MIDDLE + LAPS * LAP
WHOLE = 0.5
"""The part of a campaign's tries with which there are all starts."""
MIXTURES = 8
"""VectorChoices of all vectors that a start's samples share."""
CHANGED, CHILD_CHANGED = 0.12, 0.6
"""How likely a field of modes is not the same for all vectors: what ways there are of choosing a
child cost about the same, if different engines; other ways of finding an address cost more."""
LATE = 0.5
"""How likely it is the last vectors that differ."""
SAMPLED_PART = 0.0
"""Samples are judged as a walk judges at its start, when work weighs most."""
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
        self.scale = 1.0 if tries is None else min(1.0, tries / TRIES)
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
            yield from self._ending(self._annealing(start))
        while True:
            yield from self._campaign()

    def _campaign(self) -> Iterator[Best]:
        walks = []
        # Where a campaign has to be short, one start that gets somewhere is worth more than four.
        for _ in range(STARTS if self.scale >= WHOLE else 1):
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
        yield from self._ending(last)

    def _ending(self, walk: Annealing) -> Iterator[Best]:
        for _ in range(LAPS):
            yield from walk.walk_at_end(self._tries(LAP))

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
        tries, best = self._tries(SAMPLES), self._measured(self._usual())
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
        spread = random.uniform(8, 16.5) * self.groups.vectors
        power, knee, growth = (
            random.uniform(*limits) for limits in ((0.6, 1.2), (0.75, 1.15), (-0.15, 0.3))
        )
        ends = random.uniform(0.3, 1.3), random.uniform(0.6, 1.3)
        offsets = _offsets(self.groups, spread, power, knee, growth, ends)
        return Candidate(offsets, modes, array("i"), random.choice(WINDOWS), random.choice(SPARES))

    def _mixture(self) -> tuple[VectorChoices, ...]:
        """VectorChoices of which some fields have another value for some vectors in a row."""
        random = self.random
        modes = [self.usual] * self.groups.vectors
        for name in self.names:
            if random.random() < (CHILD_CHANGED if name.endswith("_child") else CHANGED):
                value = random.choice([v for v in LIKELY[name] if v != getattr(self.usual, name)])
                for vector in self._stretch():
                    modes[vector] = replace(modes[vector], **{name: value})
        return tuple(modes)

    def _stretch(self) -> range:
        """Some vectors in a row, often the last ones: flow is idle when they come to their end."""
        random, vectors = self.random, self.groups.vectors
        length = random.randint(1, 1 + vectors // 2)
        latest = vectors - length
        start = latest if random.random() < LATE else random.randint(0, latest)
        return range(start, start + length)


def _lowest(walks: Sequence[Annealing], count: int) -> list[Annealing]:
    return sorted(walks, key=lambda walk: walk.lowest.energy())[:count]


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
