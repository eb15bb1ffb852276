"""A program: bundles in columns, and what is known about them.

Two hundred thousand bundles stay small because nothing here is an object per slot:

    bundle  0      1      2            first_group  [0, 2, 2, 3]        (one more than bundles)
            |\\            |
    group   alu load      debug        group_engine [0, 2, 5]  first_slot [0, 2, 3, 4]
            |\\   |        |
    slot    + *  const    compare      opcodes [0, 2, 29, 45]  operands[0..3] [...]

A group is one engine of one bundle, in the bundle's own order, which is part of the program
(docs/machine.md, Bundles). `Bundle` and `Slot` are views, made when asked for. What is no
64-bit number (a debug slot's keys and comments, an immediate of hundreds of bits) lies in
`payloads`, and the operand column holds its index there.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from machine.access import ACCESS
from machine.isa import COMMENT, ENGINES, OPCODES, SCRATCH_SIZE, Opcode, Role

if TYPE_CHECKING:
    from machine.problem import Problem

MAX_OPERANDS = max(row.arity for row in OPCODES)
PAYLOAD_ROLES = frozenset({Role.KEY, Role.KEYS, Role.ANYTHING})
# A byte for each engine's code: whether a bundle that names it takes a cycle.
WORKS = bytes(engine < len(ENGINES) and ENGINES[engine] != "debug" for engine in range(256))
_HASHED_AT_ONCE = 4096
_ENGINE_JSON = [json.dumps(engine) for engine in ENGINES]
# Each opcode's name in JSON, and how many numbers follow it; None where not all are numbers.
_QUOTED = [
    (json.dumps(row.name), None if payload else row.arity)
    for row in OPCODES
    for payload in [any(operand.role in PAYLOAD_ROLES for operand in row.operands)]
]


class Slot(NamedTuple):
    """One operation of a bundle: `index` is its place in its engine, operands are as written."""

    pc: int
    engine: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody wants of a slot
    opcode: Opcode
    operands: tuple[Any, ...]

    @property
    def written(self) -> list[Any]:
        """The slot as a program file has it: opcode, then operands."""
        return (
            list(self.operands[0]) if self.opcode is COMMENT else [self.opcode.name, *self.operands]
        )

    @property
    def defs(self) -> list[tuple[int, int]]:
        """Scratch words it writes: (address, width) each."""
        return ACCESS[self.opcode.code].defs(self.operands)

    @property
    def uses(self) -> list[tuple[int, int]]:
        """Scratch words it reads: (address, width) each."""
        return ACCESS[self.opcode.code].uses(self.operands)


class Bundle(NamedTuple):
    """All slots of one cycle, by engine in the bundle's own order."""

    pc: int
    groups: tuple[tuple[str, tuple[Slot, ...]], ...]

    def __iter__(self) -> Iterator[Slot]:  # type: ignore[override]
        return (slot for _, slots in self.groups for slot in slots)

    @property
    def written(self) -> dict[str, list[list[Any]]]:
        """The bundle as a program file has it."""
        return {engine: [slot.written for slot in slots] for engine, slots in self.groups}


class Columns:
    """The bundles, in flat arrays. Filled once, by `machine.encode`; then only read."""

    __slots__ = (
        "first_group",
        "first_slot",
        "group_engine",
        "lowered",
        "opcodes",
        "operands",
        "payloads",
        "wide",
    )

    def __init__(self) -> None:
        self.first_group = array("I", [0])
        self.group_engine = array("B")
        self.first_slot = array("I", [0])
        self.opcodes = array("B")
        self.operands = tuple(array("q") for _ in range(MAX_OPERANDS))
        self.payloads: list[Any] = []
        self.wide: dict[tuple[int, int], int] = {}
        """(slot, operand position) -> the immediate as written."""
        self.lowered: Any = None
        """What a core has made of them, to be made once."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__ if name != "lowered"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.lowered = None
        for name, value in state.items():
            setattr(self, name, value)

    def __len__(self) -> int:
        return len(self.first_group) - 1

    @property
    def slot_count(self) -> int:
        return len(self.opcodes)

    @property
    def arrays(self) -> tuple[array[int], ...]:
        """All but payloads and wide immediates."""
        return (self.first_group, self.group_engine, self.first_slot, self.opcodes, *self.operands)

    def truncate(self, bundles: int, groups: int, slots: int) -> None:
        """Forget all bundles, groups and slots but the first ones."""
        del self.first_group[bundles + 1 :]
        del self.group_engine[groups:], self.first_slot[groups + 1 :], self.opcodes[slots:]
        for column in self.operands:
            del column[slots:]
        self.wide = {place: value for place, value in self.wide.items() if place[0] < slots}

    def costs(self) -> bytearray:
        """Cycles of each bundle: 1 if an engine other than debug is named, even with no slots."""
        works = self.group_engine.tobytes().translate(WORKS)
        return bytearray(1 in works[start:end] for start, end in pairwise(self.first_group))

    def groups_of(self, pc: int) -> range:
        return range(self.first_group[pc], self.first_group[pc + 1])

    def slots_of(self, group: int) -> range:
        return range(self.first_slot[group], self.first_slot[group + 1])

    def slots_of_bundle(self, pc: int) -> range:
        """All slots of a bundle, by number, in its own order."""
        first, end = self.first_group[pc], self.first_group[pc + 1]
        return range(self.first_slot[first], self.first_slot[end])

    def first_slot_of_bundles(self) -> array[int]:
        """Where each bundle's slots start, and one more for where the last one's end."""
        return array("I", map(self.first_slot.__getitem__, self.first_group))

    def operands_of(self, slot: int) -> tuple[Any, ...]:
        """A slot's operands as written: numbers, keys and texts, not indices of payloads."""
        row = OPCODES[self.opcodes[slot]]
        return tuple(
            self._operand(slot, position, operand.role)
            for position, operand in enumerate(row.operands)
        )

    def _operand(self, slot: int, position: int, role: Role) -> Any:
        value = self.operands[position][slot]
        if role in PAYLOAD_ROLES:
            return self.payloads[value]
        return self.wide.get((slot, position), value) if self.wide else value


class Tag(NamedTuple):
    """A named stretch of a program: bundles `pc` up to but not including `end`."""

    pc: int
    name: str
    end: int


@dataclass(frozen=True)
class Program(Sequence[Bundle]):
    """Bundles and what came with them. As a sequence it is its bundles.

    `scratch_map` gives names to scratch: address -> (name, width in words). `memory` are the
    words it starts with, where it brought them; `problem` what generates them and says what the
    result means. `outputs` are what it claims to leave right. `slots` may say, per slot in
    program order, which operation of a kernel it is. `scratch_size` is more than the machine's
    where somebody asks what more would be worth: only the plain model executes it then.
    """

    columns: Columns
    name: str = ""
    scratch_map: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    memory: array[int] | None = None
    problem: Problem | None = None
    outputs: tuple[str, ...] = ("values",)
    tags: tuple[Tag, ...] = ()
    build: Mapping[str, Any] = field(default_factory=dict)
    slots: Sequence[Any] = ()
    notes: tuple[str, ...] = ()
    scratch_size: int = SCRATCH_SIZE

    @classmethod
    def from_bundles(cls, bundles: Sequence[Any], **facts: Any) -> Program:
        """A program of bundles written as a file has them; `facts` are the other fields.

        Raises ProgramError with every fault and its place.
        """
        from machine.encode import encode_bundles

        columns = encode_bundles(bundles, facts.get("scratch_size", SCRATCH_SIZE))
        return cls(columns, **facts)

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, pc: Any) -> Any:
        if isinstance(pc, slice):
            return [self.bundle(i) for i in range(*pc.indices(len(self)))]
        return self.bundle(range(len(self))[pc])

    def bundle(self, pc: int) -> Bundle:
        """The bundle at pc, as a view."""
        groups = tuple(self._group(pc, group) for group in self.columns.groups_of(pc))
        return Bundle(pc, groups)

    def _group(self, pc: int, group: int) -> tuple[str, tuple[Slot, ...]]:
        columns = self.columns
        engine = ENGINES[columns.group_engine[group]]
        slots = tuple(
            Slot(pc, engine, index, OPCODES[columns.opcodes[slot]], columns.operands_of(slot))
            for index, slot in enumerate(columns.slots_of(group))
        )
        return engine, slots

    def written(self) -> Iterator[dict[str, list[list[Any]]]]:
        """The bundles as a program file has them, one by one."""
        return (self.bundle(pc).written for pc in range(len(self)))

    def sha256(self) -> str:
        """Of the bundles as compact JSON in their own order, in hexadecimal."""
        import hashlib

        digest = hashlib.sha256(b"[")
        texts = map(self._bundle_json, range(len(self)))
        comma = ""
        while chunk := ",".join(islice(texts, _HASHED_AT_ONCE)):
            digest.update((comma + chunk).encode())
            comma = ","
        digest.update(b"]")
        return digest.hexdigest()

    def _bundle_json(self, pc: int) -> str:
        # Without views and without a JSON encoder, both of which this would wait for.
        columns = self.columns
        groups = (
            f"{_ENGINE_JSON[columns.group_engine[group]]}:["
            f"{','.join(map(self._slot_json, columns.slots_of(group)))}]"
            for group in columns.groups_of(pc)
        )
        return "{" + ",".join(groups) + "}"

    def _slot_json(self, slot: int) -> str:
        columns = self.columns
        name, arity = _QUOTED[columns.opcodes[slot]]
        if arity is None or columns.wide:
            row = OPCODES[columns.opcodes[slot]]
            written = Slot(0, row.engine, 0, row, columns.operands_of(slot)).written
            return json.dumps(written, separators=(",", ":"))
        numbers = [str(columns.operands[i][slot]) for i in range(arity)]
        return f"[{','.join([name, *numbers])}]"

    def tag_at(self, pc: int) -> Tag | None:
        """The stretch that pc lies in, the one that starts last where several do."""
        holding = [tag for tag in self.tags if tag.pc <= pc < tag.end]
        return max(holding, key=lambda tag: tag.pc, default=None)
