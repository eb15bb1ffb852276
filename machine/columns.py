"""The bundles of a program, in columns.

Two hundred thousand bundles stay small because nothing here is an object per slot:

    bundle  0      1      2            first_group  [0, 2, 2, 3]        (one more than bundles)
            |\\            |
    group   alu load      debug        group_engine [0, 2, 5]  first_slot [0, 2, 3, 4]
            |\\   |        |
    slot    + *  const    compare      opcodes [0, 2, 29, 45]  operands[0..3] [...]

A group is one engine of one bundle, in the bundle's own order, which is part of the program
(docs/machine.md, Bundles). What is no 64-bit number (a debug slot's keys and comments, an
immediate of hundreds of bits) lies in `payloads`, and the operand column holds its index there.
"""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import Any

from machine.isa import ENGINES, OPCODES, Role

MAX_OPERANDS = max(row.arity for row in OPCODES)
PAYLOAD_ROLES = frozenset({Role.KEY, Role.KEYS, Role.ANYTHING})
_NAMES_PAYLOADS = [
    any(operand.role in PAYLOAD_ROLES for operand in row.operands) for row in OPCODES
]
# A byte for each engine's code: whether a bundle that names it takes a cycle.
WORKS = bytes(engine < len(ENGINES) and ENGINES[engine] != "debug" for engine in range(256))


class Columns:
    """The bundles, in flat arrays. Filled once, by an encoder; then only read."""

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
        if not self.wide and not _NAMES_PAYLOADS[row.code]:
            return tuple([column[slot] for column in self.operands[: row.arity]])
        return tuple(
            self._operand(slot, position, operand.role)
            for position, operand in enumerate(row.operands)
        )

    def _operand(self, slot: int, position: int, role: Role) -> Any:
        value = self.operands[position][slot]
        if role in PAYLOAD_ROLES:
            return self.payloads[value]
        return self.wide.get((slot, position), value) if self.wide else value
