"""Operations of any modes, put together from pieces instead of compiled anew for each try.

    piece       what one vector does in some modes: its records, which name registers of its own
                by place and shared ones by what they hold
    set-up      what computes the shared registers that a set of pieces wants
    link        set-up and pieces in program order -> the run of a PackInput, by the extension

Both come from kernels of as few vectors as will do, compiled the ordinary way, once, when first
asked for. That what is linked is what would be compiled is a belief: whoever finds something good
builds it the ordinary way.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kernels.analysis.names import TIE_BITS, Names, share_constants
from kernels.build_request import BuildRequest
from kernels.ir import Code, Op
from kernels.plan import VectorChoices
from kernels.schedule.compiled import core
from kernels.schedule.pack_input import Kind, kind_of
from kernels.schedule.priority import Groups
from kernels.schedule.scratch import pin
from machine import access
from machine.access import MEMORY, SPANS
from machine.isa import SCRATCH_SIZE, VLEN

ABSENT = -(2**31)
FARTHEST = 2**31 - 1
"""Memory words from here on are one to the linker."""
NO_REACH = (ABSENT, 0, 0, 0)
SETUP = -1
"""The vector of what belongs to none."""
MOST_USES = 3
OWN_STAGES = ("load", "store")
RECORD, VECTOR, GROUP, SLOT, TIE, START, ADDRESS = 24, 1, 2, 3, 4, 6, 12
"""Words of a record, and where in it some things are (see `_core/flat.h`)."""
SEGMENTS = 8
"""Stretches of program order in which a vector may have operations."""


class Piece(NamedTuple):
    """A vector's records by segment, the words of its own registers, the shared ones it reads."""

    segments: tuple[bytes, ...]
    words: int
    wants: frozenset[int]


class Model(NamedTuple):
    """A vector's records in some modes, from which those of others that do the same are made.

    `slots` are the names of the records' noise, without the vector; `own` are the records that
    load or store the vector's elements.
    """

    vector: int
    records: array[int]
    ends: tuple[int, ...]
    slots: tuple[tuple[Hashable, ...], ...]
    own: tuple[int, ...]
    words: int
    wants: frozenset[int]

    @property
    def addresses(self) -> list[array[int]]:
        """Where the own records' addresses are, as reaches."""
        return [self.records[at + ADDRESS : at + ADDRESS + len(NO_REACH)] for at in self.own]


class SetUp(NamedTuple):
    """Records by the segment before which they come."""

    segments: tuple[bytes, ...]


@dataclass
class Linker:
    """Runs of a request in any modes. `slots` names the places of noise."""

    request: BuildRequest
    groups: Groups
    slots: dict[Hashable, int] = field(default_factory=lambda: {None: 0})
    _shared: dict[tuple[bytes, int], int] = field(default_factory=dict)
    _shared_words: int = 0
    _places: int = 0
    """For vectors, behind the pinned words: the same in all modes."""
    _pieces: dict[tuple[int, VectorChoices], Piece] = field(default_factory=dict)
    _models: dict[tuple[int, VectorChoices], Model] = field(default_factory=dict)
    _addresses: list[list[array[int]]] = field(default_factory=list)
    """By vector, where the addresses of its own elements are."""
    _period: int = 0
    _set_ups: dict[frozenset[int], SetUp] = field(default_factory=dict)

    def link(self, modes: Sequence[VectorChoices]) -> bytes:
        """The run of the kernel whose vectors have these modes."""
        if not self._addresses:
            self._look_at_all()
        pieces = [self._piece(vector, mine) for vector, mine in enumerate(modes)]
        # Which constant is made how depends on which are wanted.
        wants = frozenset().union(*(piece.wants for piece in pieces))
        if wants not in self._set_ups:
            self._set_ups[wants] = self._compile_set_up(modes, pieces)
        set_up = self._set_ups[wants]
        records = [
            part
            for segment in range(SEGMENTS)
            for part in (
                set_up.segments[segment],
                *[piece.segments[segment] for piece in pieces],
            )
        ]
        bases = array("i", [self._shared_words])
        for piece in pieces:
            bases.append(bases[-1] + piece.words)
        counts = self.groups.count, len(self.slots), self._places
        return core.link(b"".join(records), bases, *counts)

    def _look_at_all(self) -> None:
        """Compile all vectors in the usual modes, for what they have in common."""
        modes = [VectorChoices()] * self.groups.vectors
        code = self.request.compile(modes)
        self._period = code.period
        self._places = (SCRATCH_SIZE - pin(code)[1]) // VLEN
        writer = _Writer(self, code)
        models = [writer.model(vector) for vector in range(len(modes))]
        self._addresses = [model.addresses for model in models]

    def _piece(self, vector: int, modes: VectorChoices) -> Piece:
        if (vector, modes) not in self._pieces:
            key = self._like(vector), modes
            if key not in self._models:
                self._compile_models(key[0], modes)
            self._pieces[vector, modes] = self._moved(self._models[key], vector)
        return self._pieces[vector, modes]

    def _like(self, vector: int) -> int:
        """The first vector that does the same. The last one may do more, or overlap another."""
        last = self.groups.vectors - 1
        usual = 0 < self._period < last and vector < last - 1
        return vector % self._period if usual else vector

    def _compile_models(self, vector: int, modes: VectorChoices) -> None:
        """With another vector, because one's segments end where another's operations come in
        between."""
        last = self.groups.vectors - 1
        other = vector + 1 if vector < last else max(0, vector - 1)
        both = sorted({vector, other})
        writer = _Writer(self, self.request.compile([modes] * (last + 1), both, bare=True))
        self._models |= {(one, modes): writer.model(one) for one in both if self._like(one) == one}

    def _moved(self, model: Model, vector: int) -> Piece:
        """What the vector does, if it does the same as the model's."""
        by, records, wants = vector - model.vector, model.records[:], set(model.wants)
        count = len(records) // RECORD
        records[VECTOR::RECORD] = array("i", [vector]) * count
        parts = by * self.groups.parts
        records[GROUP::RECORD] = array("i", [group + parts for group in records[GROUP::RECORD]])
        slots = self.slots
        records[SLOT::RECORD] = array(
            "i", [slots.setdefault((vector, *key), len(slots)) for key in model.slots]
        )
        tie = by << TIE_BITS
        records[TIE::RECORD] = array("i", [before + tie for before in records[TIE::RECORD]])
        for at, before, reach in zip(
            model.own, model.addresses, self._addresses[vector], strict=True
        ):
            records[at + START] += VLEN * by
            records[at + START + 1] += VLEN * by
            records[at + ADDRESS : at + ADDRESS + len(reach)] = reach
            wants.discard(before[0])
            wants.add(reach[0])
        starts = (0, *model.ends)
        segments = tuple(
            records[start:end].tobytes() for start, end in zip(starts, model.ends, strict=False)
        )
        return Piece(segments, model.words, frozenset(wants))

    def _compile_set_up(self, modes: Sequence[VectorChoices], pieces: Sequence[Piece]) -> SetUp:
        """With as few vectors as together want all that is wanted."""
        wanted: set[int] = set()
        few = []
        for vector, piece in enumerate(pieces):
            if not piece.wants <= wanted:
                wanted |= piece.wants
                few.append(vector)
        return _Writer(self, self.request.compile(modes, few)).set_up()

    def shared_word(self, name: tuple[bytes, int], width: int) -> int:
        """The first word of the shared register of this name."""
        if name not in self._shared:
            self._shared[name] = self._shared_words
            self._shared_words += width
        return self._shared[name]

    def slot(self, name: Hashable) -> int:
        """The place of an operation's noise, the same in all modes in which it is there."""
        return self.slots.setdefault(name, len(self.slots))


class _Writer:
    """Records of one compiled kernel."""

    def __init__(self, linker: Linker, code: Code) -> None:
        self.linker, self.code = linker, share_constants(code)
        self.names = Names(self.code)
        self.shared = self.names.shared()
        self.own: dict[int, int] = {}
        self.words = [0] * linker.groups.vectors
        self.wants: list[set[int]] = [set() for _ in self.words]
        self.stretches: dict[int | None, list[tuple[int, int]]] = {}
        for segment, number in self._stretches():
            vector = self.code.ops[number].origin.vector
            self.stretches.setdefault(vector, []).append((segment, number))

    def model(self, vector: int) -> Model:
        records, ends, slots, own = array("i"), [0] * SEGMENTS, [], []
        for segment, number in self.stretches.get(vector, ()):
            slot, op = self.names.slots[number], self.code.ops[number]
            assert isinstance(slot, tuple)
            if MEMORY[op.row.code] and op.origin.stage in OWN_STAGES:
                own.append(len(records))
            slots.append(slot[1:])
            records.extend(self._record(number))
            ends[segment:] = [len(records)] * (SEGMENTS - segment)
        shared = self.words[vector], frozenset(self.wants[vector])
        return Model(vector, records, tuple(ends), tuple(slots), tuple(own), *shared)

    def set_up(self) -> SetUp:
        """By segment, the records of set-up."""
        records = [array("i") for _ in range(SEGMENTS)]
        for segment, number in self.stretches.get(None, ()):
            records[segment].extend(self._record(number))
        return SetUp(tuple(segment.tobytes() for segment in records))

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """(segment, operation) of all: a vector's next segment begins where others came between.

        What set-up only computes may come before everything; where it stores matters.
        """
        reached: dict[int, int] = {}
        before: int | None = None
        for number, op in enumerate(self.code.ops):
            vector = op.origin.vector
            if op.row.engine == "debug":
                continue
            if vector is None:
                stores = MEMORY[op.row.code] is access.Kind.WRITE
                before = None if stores else before
                yield (1 + max(reached.values(), default=-1)) if stores else 0, number
                continue
            if vector != before:
                reached[vector] = reached.get(vector, -1) + 1
                before = vector
            yield reached[vector], number

    def _record(self, number: int) -> list[int]:
        op, names = self.code.ops[number], self.names
        kind = kind_of(op.row, self.code.alu_lanes)
        group, slot = self.linker.groups.of(op.origin), self.linker.slot(names.slots[number])
        vector = SETUP if op.origin.vector is None else op.origin.vector
        record = [kind, vector, group, slot, names.ties[number]]
        record += (kind, *_clipped(op)) if MEMORY[op.row.code] else (ABSENT, 0, 0)
        defs, uses = SPANS[op.row.code]
        record += self._reach(op, *defs[0]) if defs else NO_REACH
        for position, width in uses:
            record += self._reach(op, position, width)
        return record + [*NO_REACH] * (MOST_USES - len(uses))

    def _reach(self, op: Op, position: int, width: int) -> tuple[int, int, int, int]:
        word, vector = op.operands[position], op.origin.vector
        number = self.code.owner[word]
        register = self.code.registers[number]
        if number in self.shared:
            first = self.linker.shared_word(self.shared[number], register.width)
            if vector is not None:
                self.wants[vector].add(first)
        else:
            assert vector is not None
            first = ~self._own_word(vector, number, register.width)
        whole = 0 if register.pinned else register.width
        return first, word - register.word, width, whole

    def _own_word(self, vector: int, register: int, width: int) -> int:
        if register not in self.own:
            self.own[register] = self.words[vector]
            self.words[vector] += width
        return self.own[register]


def _clipped(op: Op) -> tuple[int, int]:
    return min(op.region.start, FARTHEST - 1), min(op.region.end, FARTHEST)


assert [Kind.LOAD, Kind.STORE] == [1, 2]  # a record's access is the kind of who accesses
