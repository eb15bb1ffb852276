"""What a search varies, and its moves: one place where all that may change does."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from random import Random

from kernels.plan import Modes
from kernels.schedule.urgency import SCALE, Groups

MOST_NOISE = 127
"""Steps; noise is kept in a byte each."""
NOISE = 2.5
"""Cycles, about so much of it."""
SHIFTS = (0.7, 3, 10)
"""Cycles, about so far are offsets moved."""
WINDOWS = (64, 32, 28, 24, 20)
SPARES = (0, 1, 2, 3, 4)
FIELDS = tuple(field.name for field in fields(Modes))


@dataclass(frozen=True)
class Candidate:
    """By group its offset, by vector its modes, by slot its noise; the first and last in steps.

    `window` and `spare` are those of `schedule.pack`.
    """

    offsets: array[int]
    modes: tuple[Modes, ...]
    noise: array[int]
    window: int
    spare: int


@dataclass(frozen=True)
class Moves:
    """Small changes of candidates.

    `blocks` are the slots that belong together: a vector's in one round, or all of set-up.
    """

    groups: Groups
    blocks: Sequence[Sequence[int]]
    slots: int

    def any(self, candidate: Candidate, random: Random) -> Candidate:
        """A neighbour of the candidate, which stays as it is."""
        (move,) = random.choices(_MOVES, _WEIGHTS)
        return move(self, candidate, random)

    def shift(self, candidate: Candidate, random: Random) -> Candidate:
        """A vector, from some part on."""
        vector = random.randrange(self.groups.vectors)
        first = random.choice((0, random.randrange(self.groups.parts)))
        return self._shifted(candidate, range(vector, vector + 1), first, random)

    def shift_rest(self, candidate: Candidate, random: Random) -> Candidate:
        """A vector and all after it."""
        vectors = range(random.randrange(self.groups.vectors), self.groups.vectors)
        return self._shifted(candidate, vectors, 0, random)

    def shift_part(self, candidate: Candidate, random: Random) -> Candidate:
        """One part of one vector, or set-up."""
        offsets = candidate.offsets[:]
        offsets[random.randrange(len(offsets))] += _steps(random, random.choice(SHIFTS))
        return replace(candidate, offsets=offsets)

    def _shifted(
        self, candidate: Candidate, vectors: range, first: int, random: Random
    ) -> Candidate:
        offsets = candidate.offsets[:]
        by = _steps(random, random.choice(SHIFTS))
        for vector in vectors:
            start = 1 + vector * self.groups.parts
            for group in range(start + first, start + self.groups.parts):
                offsets[group] += by
        return replace(candidate, offsets=offsets)

    def flip(self, candidate: Candidate, random: Random) -> Candidate:
        """One truth of one vector."""
        modes = list(candidate.modes)
        vector, name = random.randrange(len(modes)), random.choice(FIELDS)
        modes[vector] = replace(modes[vector], **{name: not getattr(modes[vector], name)})
        return replace(candidate, modes=tuple(modes))

    def flip_many(self, candidate: Candidate, random: Random) -> Candidate:
        """One truth of several vectors, to the same: that is worth more than it upsets."""
        modes, name = list(candidate.modes), random.choice(FIELDS)
        first, step = random.randrange(len(modes)), random.choice((1, 1, 2, 3))
        truth = not getattr(modes[first], name)
        for vector in range(first, min(len(modes), first + step * random.randint(2, 16)), step):
            modes[vector] = replace(modes[vector], **{name: truth})
        return replace(candidate, modes=tuple(modes))

    def exchange(self, candidate: Candidate, random: Random) -> Candidate:
        """One truth of two vectors that differ in it."""
        modes, name = list(candidate.modes), random.choice(FIELDS)
        having = [v for v, mine in enumerate(modes) if getattr(mine, name)]
        lacking = [v for v, mine in enumerate(modes) if not getattr(mine, name)]
        if having and lacking:
            a, b = random.choice(having), random.choice(lacking)
            modes[a] = replace(modes[a], **{name: False})
            modes[b] = replace(modes[b], **{name: True})
        return replace(candidate, modes=tuple(modes))

    def jolt(self, candidate: Candidate, random: Random) -> Candidate:
        """New noise for operations here and there."""
        noise = self._noise(candidate)
        for _ in range(random.choice((1, 3, 10, 40))):
            noise[random.randrange(self.slots)] = _clipped(_steps(random, NOISE))
        return replace(candidate, noise=noise)

    def jolt_block(self, candidate: Candidate, random: Random) -> Candidate:
        """New noise for some of the operations of a block."""
        noise = self._noise(candidate)
        block, share = random.choice(self.blocks), random.choice((0.1, 0.3, 1))
        for slot in block:
            if random.random() < share:
                noise[slot] = _clipped(_steps(random, NOISE))
        return replace(candidate, noise=noise)

    def _noise(self, candidate: Candidate) -> array[int]:
        """A copy that has all slots."""
        return candidate.noise + array("i", [0]) * (self.slots - len(candidate.noise))

    def resize(self, candidate: Candidate, random: Random) -> Candidate:
        """Another window, or other places to spare."""
        window, spare = random.choice(WINDOWS), random.choice(SPARES)
        return replace(candidate, window=window, spare=spare)


_Move = Callable[[Moves, Candidate, Random], Candidate]
_WEIGHTED: dict[_Move, int] = {
    Moves.shift: 40,
    Moves.shift_rest: 10,
    Moves.shift_part: 30,
    Moves.flip: 10,
    Moves.flip_many: 6,
    Moves.exchange: 6,
    Moves.jolt: 40,
    Moves.jolt_block: 30,
    Moves.resize: 2,
}
_MOVES, _WEIGHTS = tuple(_WEIGHTED), tuple(_WEIGHTED.values())


def _steps(random: Random, cycles: float) -> int:
    """A random distance of about so many cycles, in steps, never 0."""
    return round(random.gauss(0, cycles * SCALE)) or random.choice((-1, 1))


def _clipped(noise: int) -> int:
    return max(-MOST_NOISE, min(MOST_NOISE, noise))
