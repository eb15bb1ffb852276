"""A program: bundles, and what is known about them.

The bundles lie in columns (`machine.columns`). `Bundle` and `Slot` are views, made when asked for.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from machine.access import ACCESS
from machine.columns import PAYLOAD_ROLES, Columns
from machine.isa import COMMENT, ENGINES, OPCODES, SCRATCH_SIZE, Opcode

if TYPE_CHECKING:
    from machine.problem import Problem

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
        # Imported here: a built kernel comes in columns, and has no need of encoders.
        from machine.encode_fast import encode_bundles

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
