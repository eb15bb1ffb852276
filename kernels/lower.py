"""The last step: a schedule becomes a program, words become addresses.

["^", 2001, 1500, 17]  in bundle 40   ->   bundles[40]["valu"] += [["^", 640, 88, 17]]
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cache
from typing import Any, overload

from kernels.ir import Code, Op, Origin
from kernels.schedule.base import Schedule
from machine.access import SPANS
from machine.isa import ENGINE_CODES, ENGINES, OPCODES
from machine.program import Tag

Written = dict[str, list[list[Any]]]


class Provenance(Sequence[dict[str, Any]]):
    """Per slot of a program, which operation of the kernel it is and where that comes from."""

    def __init__(self, ops: Sequence[Op], numbers: array[int]) -> None:
        self._ops, self._numbers = ops, numbers
        self._facts_of = cache(Origin.facts)  # many operations share one origin

    def __len__(self) -> int:
        return len(self._numbers)

    def __reduce__(self) -> tuple[Any, ...]:
        """Into another process it travels as the list that it is, without the operations."""
        return list, (list(self),)

    @overload
    def __getitem__(self, slot: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, slot: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, slot: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(slot, slice):
            return [self._facts(number) for number in self._numbers[slot]]
        return self._facts(self._numbers[slot])

    def _facts(self, number: int) -> dict[str, Any]:
        return {"op": number, **self._facts_of(self._ops[number].origin)}


def lower(schedule: Schedule) -> tuple[list[Written], Provenance]:
    """The bundles as a program file has them, and the provenance of their slots in that order."""
    ops, bundle, address = schedule.code.ops, schedule.bundle, _addresses(schedule)
    bundles: list[Written] = [{} for _ in range(max(bundle, default=-1) + 1)]
    numbers = _in_slot_order(schedule)
    for number in numbers:
        op, written = ops[number], bundles[bundle[number]]
        engine = op.row.engine
        if engine not in written:
            written[engine] = []
        written[engine].append(_slot(op, address))
    return bundles, Provenance(ops, numbers)


_ENGINE = [ENGINE_CODES[row.engine] for row in OPCODES]
"""By opcode number."""


def _in_slot_order(schedule: Schedule) -> array[int]:
    """The operations by bundle, then by engine as the ISA lists them, then in program order."""
    places = [
        at * len(ENGINES) + _ENGINE[op.row.code]
        for op, at in zip(schedule.code.ops, schedule.bundle, strict=True)
    ]
    return array("I", sorted(range(len(places)), key=places.__getitem__))


def _addresses(schedule: Schedule) -> list[int]:
    """By virtual word, its scratch address."""
    return [
        start + lane
        for register, start in zip(schedule.code.registers, schedule.address, strict=True)
        for lane in range(register.width)
    ]


# By opcode number, the positions of a written slot (0 is the opcode) that are scratch words.
_IN_SCRATCH = tuple(
    tuple(1 + position for places in SPANS[row.code] for position, _ in places) for row in OPCODES
)


def _slot(op: Op, address: list[int]) -> list[Any]:
    row, operands, _, _ = op
    if row.name == "comment":
        return list(operands[0])
    slot = [row.name, *operands]
    for position in _IN_SCRATCH[row.code]:
        slot[position] = address[slot[position]]
    return slot


def scratch_map(schedule: Schedule) -> dict[int, tuple[str, int]]:
    """Scratch address -> (name, width in words): pinned registers by name, the rest as shared."""
    named, shared = {}, {}
    for register, start in zip(schedule.code.registers, schedule.address, strict=True):
        if start >= 0 and register.pinned:
            named[start] = (register.name, register.width)
        elif start >= 0:
            shared[start] = (f"{'r' if register.width == 1 else 'v'}{start}", register.width)
    return dict(sorted({**shared, **named}.items()))


def tags(code: Code, bundle: list[int]) -> tuple[Tag, ...]:
    """A tag for the set-up and for each round, from its first bundle to its last."""
    bundles: dict[str, set[int]] = {}
    for op, at in zip(code.ops, bundle, strict=True):
        if op.row.engine != "debug":
            bundles.setdefault(_stretch(op.origin), set()).add(at)
    return tuple(Tag(min(among), name, max(among) + 1) for name, among in bundles.items())


def _stretch(origin: Origin) -> str:
    if origin.round is not None:
        return f"round {origin.round}"
    return "end" if origin.stage == "end" else "setup"
