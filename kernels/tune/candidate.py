"""What a search varies, and its moves: one place where all that may change does."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random

from kernels.plan import LIKELY, VectorChoices
from kernels.schedule.priority import SCALE, Groups

MOST_NOISE = 127
"""Steps; noise is kept in a byte each."""
NOISE = 2.5
"""Cycles, about so much of it."""
SHIFTS = (0.7, 3, 10)
"""Cycles, about so far are offsets moved."""
AT_END = 0.7
"""How often a move at the end is one of those that concern nothing else."""
LAST_ROUNDS, LATE_VECTORS = 3, 12
"""Of each vector, and of all vectors, those whose operations may be among the last."""
STAKES = {"last_child": 40, "final": 30, "first_child": 20, "third_child": 15, "second_child": 10}
"""How often fields of modes are traded, to one time of any other. Addresses hardly ever: a way of
finding one is cheaper or dearer for all vectors alike, and most take constants of their own."""
EXCHANGED = 0.3
"""How often two vectors trade with each other, which leaves the work as it is."""
WINDOWS = (64, 32, 28, 24, 20)
SPARES = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Candidate:
    """By group its offset, by vector its modes, by slot its noise; the first and last in steps.

    `window` and `spare` are those of `schedule.pack`.
    """

    offsets: array[int]
    modes: tuple[VectorChoices, ...]
    noise: array[int]
    window: int
    spare: int


@dataclass(frozen=True)
class Moves:
    """Small changes of candidates.

    `names` are the fields of modes that matter, `blocks` the slots that belong together: a
    vector's in one round, or all of set-up. `last_blocks` are those of the last rounds.
    """

    groups: Groups
    names: Sequence[str]
    blocks: Sequence[Sequence[int]]
    last_blocks: Sequence[Sequence[int]]
    slots: int

    def any(self, candidate: Candidate, random: Random, at_end: bool = False) -> Candidate:
        """A neighbour of the candidate, which stays as it is; `at_end` most often one that differs
        in what may be issued in the last cycles."""
        moves = _AT_END if at_end and random.random() < AT_END else _ANYWHERE
        (move,) = random.choices(*moves)
        return move(self, candidate, random)

    def shift(self, candidate: Candidate, random: Random) -> Candidate:
        """A vector, from some part on."""
        return self._shifted_on(candidate, random.randrange(self.groups.vectors), random)

    def shift_rest(self, candidate: Candidate, random: Random) -> Candidate:
        """A vector and all after it."""
        vectors = range(random.randrange(self.groups.vectors), self.groups.vectors)
        return self._shifted(candidate, vectors, 0, random)

    def shift_part(self, candidate: Candidate, random: Random) -> Candidate:
        """One part of one vector, or set-up."""
        offsets = candidate.offsets[:]
        offsets[random.randrange(len(offsets))] += _steps(random, random.choice(SHIFTS))
        return replace(candidate, offsets=offsets)

    def _shifted_on(self, candidate: Candidate, vector: int, random: Random) -> Candidate:
        first = random.choice((0, random.randrange(self.groups.parts)))
        return self._shifted(candidate, range(vector, vector + 1), first, random)

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

    def shift_end(self, candidate: Candidate, random: Random) -> Candidate:
        """One of the last parts of a vector: whichever is put off may fill the last bundles."""
        vector, parts = random.randrange(self.groups.vectors), self.groups.parts
        part = parts - random.randint(1, min(LAST_ROUNDS + 1, parts))
        offsets = candidate.offsets[:]
        offsets[1 + vector * parts + part] += _steps(random, random.choice(SHIFTS))
        return replace(candidate, offsets=offsets)

    def shift_late(self, candidate: Candidate, random: Random) -> Candidate:
        """One of the last vectors, from some part on."""
        back = random.randint(1, min(LATE_VECTORS, self.groups.vectors))
        return self._shifted_on(candidate, self.groups.vectors - back, random)

    def copy_end(self, candidate: Candidate, random: Random) -> Candidate:
        """The offsets of a vector's last parts, those of another: it is put off as long."""
        return self._with_ends(candidate, random, exchanged=False)

    def exchange_ends(self, candidate: Candidate, random: Random) -> Candidate:
        """The offsets of the last parts of two vectors, one's for the other's: that one is put off
        instead of this one."""
        return self._with_ends(candidate, random, exchanged=True)

    def _with_ends(self, candidate: Candidate, random: Random, *, exchanged: bool) -> Candidate:
        offsets, parts = candidate.offsets[:], self.groups.parts
        stops = [1 + parts * (random.randrange(self.groups.vectors) + 1) for _ in range(2)]
        count = random.randint(1, min(LAST_ROUNDS, parts))
        to, source = (slice(stop - count, stop) for stop in stops)
        offsets[to] = candidate.offsets[source]
        if exchanged:
            offsets[source] = candidate.offsets[to]
        return replace(candidate, offsets=offsets)

    def copy(self, candidate: Candidate, random: Random) -> Candidate:
        """All modes of a vector, those of another: nothing has to be compiled for that."""
        modes = list(candidate.modes)
        modes[random.randrange(len(modes))] = random.choice(modes)
        return replace(candidate, modes=tuple(modes))

    def flip(self, candidate: Candidate, random: Random) -> Candidate:
        """One field of one vector."""
        vector, name = random.randrange(self.groups.vectors), random.choice(self.names)
        return _with_modes(candidate, [vector], name, self._other(candidate, vector, name, random))

    def flip_many(self, candidate: Candidate, random: Random) -> Candidate:
        """One field of several vectors, to the same: that is worth more than it upsets."""
        first, name = random.randrange(self.groups.vectors), random.choice(self.names)
        step = random.choice((1, 1, 2, 3))
        vectors = range(first, self.groups.vectors, step)[: random.randint(2, 16)]
        return _with_modes(candidate, vectors, name, self._other(candidate, first, name, random))

    def exchange(self, candidate: Candidate, random: Random) -> Candidate:
        """One field of two vectors, one for the other."""
        return self._exchanged(candidate, random.choice(self.names), random)

    def _exchanged(self, candidate: Candidate, name: str, random: Random) -> Candidate:
        a, b = random.choices(range(self.groups.vectors), k=2)
        of_a, of_b = (getattr(candidate.modes[vector], name) for vector in (a, b))
        return _with_modes(_with_modes(candidate, [a], name, of_b), [b], name, of_a)

    def trade(self, candidate: Candidate, random: Random) -> Candidate:
        """One to three fields of vectors, of those where other engines do it about as cheaply."""
        stakes = [STAKES.get(name, 1) for name in self.names]
        for _ in range(random.choice((1, 1, 2, 3))):
            (name,) = random.choices(self.names, stakes)
            if random.random() < EXCHANGED:
                candidate = self._exchanged(candidate, name, random)
            else:
                vector = random.randrange(self.groups.vectors)
                value = self._other(candidate, vector, name, random)
                candidate = _with_modes(candidate, [vector], name, value)
        return candidate

    @staticmethod
    def _other(candidate: Candidate, vector: int, name: str, random: Random) -> int:
        """Another value of a vector's field, of those worth a try."""
        now = getattr(candidate.modes[vector], name)
        return random.choice([value for value in LIKELY[name] if value != now])

    def jolt(self, candidate: Candidate, random: Random) -> Candidate:
        """New noise for operations here and there."""
        noise = self._noise(candidate)
        for _ in range(random.choice((1, 3, 10, 40))):
            noise[random.randrange(self.slots)] = _clipped(_steps(random, NOISE))
        return replace(candidate, noise=noise)

    def jolt_block(self, candidate: Candidate, random: Random) -> Candidate:
        """New noise for some of the operations of a block."""
        return self._jolted(candidate, self.blocks, random)

    def jolt_end(self, candidate: Candidate, random: Random) -> Candidate:
        """The same, of one of the last rounds."""
        return self._jolted(candidate, self.last_blocks, random)

    def _jolted(
        self, candidate: Candidate, blocks: Sequence[Sequence[int]], random: Random
    ) -> Candidate:
        noise = self._noise(candidate)
        block, share = random.choice(blocks), random.choice((0.1, 0.3, 1))
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
    Moves.shift: 60,
    Moves.shift_rest: 20,
    Moves.shift_part: 25,
    Moves.copy: 3,
    Moves.flip: 1,
    Moves.flip_many: 1,
    Moves.exchange: 1,
    Moves.jolt: 40,
    Moves.jolt_block: 20,
    Moves.resize: 2,
}
"""How often each is made. Other modes cost ten tries, for operations have to be put together."""
_ANYWHERE = tuple(_WEIGHTED), tuple(_WEIGHTED.values())
_AT_END: tuple[tuple[_Move, ...], tuple[int, ...]] = (
    (Moves.shift_end, Moves.shift_late, Moves.jolt_end, Moves.copy_end, Moves.exchange_ends),
    (40, 25, 35, 50, 50),
)


def _with_modes(candidate: Candidate, vectors: Iterable[int], name: str, value: int) -> Candidate:
    """The same where a field of these vectors has this value, if that changes anything."""
    modes = list(candidate.modes)
    for vector in vectors:
        modes[vector] = replace(modes[vector], **{name: value})
    return replace(candidate, modes=tuple(modes))


def _steps(random: Random, cycles: float) -> int:
    """A random distance of about so many cycles, in steps, never 0."""
    return round(random.gauss(0, cycles * SCALE)) or random.choice((-1, 1))


def _clipped(noise: int) -> int:
    return max(-MOST_NOISE, min(MOST_NOISE, noise))
