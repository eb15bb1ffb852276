"""How long the schedule of a candidate would be, the quickest way there is.

With the extension, operations are linked (`kernels.tune.link`), ranked and packed without leaving
C: about a thousandth of a second. Without it they are compiled and packed as a build does, once
more for each try; both give the same numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Mapping, Sequence
from math import inf
from typing import NamedTuple, Protocol

from kernels.analysis.names import Names, share_constants
from kernels.build_request import BuildRequest
from kernels.plan import VectorChoices
from kernels.schedule import compiled
from kernels.schedule.pack import LIMITS, OutOfScratchError, Part, pack
from kernels.schedule.pack_input import Kind, PackInput, flatten
from kernels.schedule.priority import SCALE, Groups, ranks
from kernels.schedule.scratch import pin
from kernels.tune.candidate import Candidate
from kernels.tune.link import Linker
from machine.isa import VLEN

RECENT, TAIL = 32, 64
"""Cycles in which the end is near, and in which slots may stand idle for want of work."""
WORTH: dict[Kind, int] = {
    Kind.FLOW: 12,
    Kind.LOAD: 160,
    Kind.ALU: 11,
    Kind.VALU: 88,
    Kind.SPLITTABLE: 88,
}
"""In thousandths of a cycle: what a slot less of each kind is worth where all are near full."""
KEPT = 24
"""Operations in other modes that are kept linked or compiled: a search goes back and forth."""


class Length(NamedTuple):
    """`late` is how much is issued in the last cycles; `spent` what all slots are worth that are
    used, or stand idle before the tail (see WORTH)."""

    cycles: int
    late: int
    spent: int


class Limit(NamedTuple):
    """Up to how much energy and how many cycles a length is of interest: whichever is more.

    Energy is cycles, and what is spent weighed by `weight`.
    """

    weight: float
    energy: float
    cycles: float


NO_LIMIT = Limit(0.0, inf, inf)


class Measure(Protocol):
    """Measures candidates; `slots` are the places of noise known so far, by operation."""

    @property
    def slots(self) -> Mapping[Hashable, int]: ...
    def learn(self, modes: Sequence[VectorChoices]) -> None:
        """Give a slot to every operation in these modes."""

    def length(self, candidate: Candidate, limit: Limit = NO_LIMIT) -> Length | None:
        """The length, None where scratch does not suffice, and maybe where it is past the limit.

        Noise must have all slots.
        """


def measure_for(request: BuildRequest, groups: Groups) -> Measure:
    """The quickest one there is."""
    return Linked(request, groups) if compiled.AVAILABLE else Compiled(request, groups)


class Linked:
    """By the extension."""

    def __init__(self, request: BuildRequest, groups: Groups) -> None:
        self.linker = Linker(request, groups)
        self._runs: dict[tuple[VectorChoices, ...], object] = {}
        self._modes: tuple[VectorChoices, ...] = ()
        self._last: object = None

    @property
    def slots(self) -> Mapping[Hashable, int]:
        return self.linker.slots

    def learn(self, modes: Sequence[VectorChoices]) -> None:
        self._run(tuple(modes))

    def length(self, candidate: Candidate, limit: Limit = NO_LIMIT) -> Length | None:
        run = self._run(candidate.modes)
        noise = candidate.noise
        if len(noise) < len(self.slots):
            noise = noise + array("i", [0]) * (len(self.slots) - len(noise))
        room = (candidate.window, candidate.spare)
        measured = compiled.core.length(run, SCALE, candidate.offsets, noise, *room, *limit)
        return Length(*measured) if measured else None

    def _run(self, modes: tuple[VectorChoices, ...]) -> object:
        if modes is self._modes:  # as of most candidates; a look-up takes a tenth of a try
            return self._last
        self._modes, self._last = modes, self._runs.pop(modes, None)
        if self._last is None:
            self._last = compiled.core.hold(self.linker.link(modes))
        self._runs[modes] = self._last  # the last one used is the last to be dropped
        if len(self._runs) > KEPT:
            del self._runs[next(iter(self._runs))]
        return self._last


class Compiled:
    """The ordinary way."""

    def __init__(self, request: BuildRequest, groups: Groups) -> None:
        self.request, self.groups = request, groups
        self.slots: dict[Hashable, int] = {None: 0}
        self._flats: dict[tuple[VectorChoices, ...], tuple[Names, PackInput]] = {}

    def learn(self, modes: Sequence[VectorChoices]) -> None:
        self._flat(tuple(modes))

    def length(self, candidate: Candidate, _: Limit = NO_LIMIT) -> Length | None:
        names, flat = self._flat(candidate.modes)
        by_slot = dict(enumerate(candidate.noise))
        noise = (by_slot.get(self.slots[names.slots[n]], 0) for n in names.in_order)
        rank = ranks(flat, names, self.groups, candidate.offsets, noise)
        try:
            parts = pack(flat, rank, candidate.window, candidate.spare)
        except OutOfScratchError:
            return None
        return length_of(flat, parts)

    def _flat(self, modes: tuple[VectorChoices, ...]) -> tuple[Names, PackInput]:
        if modes not in self._flats:
            if len(self._flats) >= KEPT:
                del self._flats[next(iter(self._flats))]
            code = share_constants(self.request.compile(modes))
            names = Names(code)
            for number in names.in_order:
                self.slots.setdefault(names.slots[number], len(self.slots))
            self._flats[modes] = names, flatten(code, pin(code)[1])
        return self._flats[modes]


def length_of(flat: PackInput, parts: Sequence[Part]) -> Length:
    """That of a packing: the extension's numbers, in Python."""
    cycles = 1 + max((part.cycle for part in parts), default=-1)
    late = 0
    for part in parts:
        if part.lane + part.lanes in (0, VLEN):
            late += max(0, RECENT - (cycles - part.cycle))
    used = sum(WORTH.get(Kind(kind), 0) for kind in flat.kind)
    return Length(cycles, late, used + _idle(flat, parts, cycles - TAIL))


def _idle(flat: PackInput, parts: Sequence[Part], end: int) -> int:
    """What the slots before a cycle are worth in which nothing is done."""
    bundle = sum(WORTH.get(kind, 0) * limit for kind, limit in zip(Kind, LIMITS, strict=False))
    used = sum(_worth(flat, part) for part in parts if part.cycle < end)
    return max(0, end) * bundle - used


def _worth(flat: PackInput, part: Part) -> int:
    return WORTH[Kind.ALU] * part.lanes if part.lanes else WORTH.get(Kind(flat.kind[part.node]), 0)
