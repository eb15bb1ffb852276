"""The last step: a schedule becomes a program, words become addresses.

op 7    ["^", 2001, 1500, 17] in bundle 40    ->    slot 893    opcode ^    operands 640 88 17

The columns are made as they lie in a program, without slots as a file has them in between: the
checker has been over the schedule, so there is nothing to be refused.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from typing import Any, overload

from kernels.ir import Code, Op, Origin
from kernels.schedule.base import Schedule
from machine.access import slots_of
from machine.columns import MAX_OPERANDS, PAYLOAD_ROLES, Columns
from machine.isa import ENGINE_CODES, ENGINES, OPCODES, Operand
from machine.program import Tag


class Provenance(Sequence[dict[str, Any]]):
    """Per slot of a program, which operation of the kernel it is and where that comes from."""

    def __init__(self, origins: Sequence[Origin], numbers: array[int]) -> None:
        self._origins, self._numbers = origins, numbers
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
        return {"op": number, **self._facts_of(self._origins[number])}


def lower(schedule: Schedule) -> tuple[Columns, Provenance]:
    """The bundles as a program has them, and the provenance of their slots."""
    ops, places = schedule.code.ops, _places(schedule)
    # In a bundle and engine they are in program order.
    numbers = array("I", sorted(range(len(ops)), key=places.__getitem__))
    columns = Columns()
    _fill_groups(columns, places)
    _fill_slots(columns, [ops[number] for number in numbers], _addresses(schedule))
    return columns, Provenance([op.origin for op in ops], numbers)


_ENGINE = [ENGINE_CODES[row.engine] for row in OPCODES]
"""By opcode number."""


def _places(schedule: Schedule) -> list[int]:
    """By operation, one number for its bundle and, within it, its engine as the ISA lists them."""
    return [
        at * len(ENGINES) + _ENGINE[op.row.code]
        for op, at in zip(schedule.code.ops, schedule.bundle, strict=True)
    ]


def _fill_groups(columns: Columns, places: Sequence[int]) -> None:
    groups = sorted(Counter(places).items())
    in_bundle = Counter(place // len(ENGINES) for place, _ in groups)
    bundles = range(1 + max(in_bundle, default=-1))
    columns.first_group = array("I", accumulate((in_bundle[at] for at in bundles), initial=0))
    columns.group_engine = array("B", [place % len(ENGINES) for place, _ in groups])
    columns.first_slot = array("I", accumulate((count for _, count in groups), initial=0))


def _fill_slots(columns: Columns, ops: Sequence[Op], address: Sequence[int]) -> None:
    columns.opcodes = array("B", [op.row.code for op in ops])
    operands = [op.operands for op in ops]
    for at, column in enumerate(columns.operands):
        in_scratch, is_number = _IN_SCRATCH[at], _IS_NUMBER[at]
        column.extend(
            [
                address[mine[at]] if in_scratch[code] else mine[at] if is_number[code] else 0
                for code, mine in zip(columns.opcodes, operands, strict=True)
            ]
        )
    for slot in slots_of(columns, _WITH_PAYLOAD):
        at = _WITH_PAYLOAD[OPCODES[columns.opcodes[slot]]]
        columns.operands[at][slot] = len(columns.payloads)
        columns.payloads.append(operands[slot][at])


def _addresses(schedule: Schedule) -> list[int]:
    """By virtual word, its scratch address."""
    return [
        start + lane
        for register, start in zip(schedule.code.registers, schedule.address, strict=True)
        for lane in range(register.width)
    ]


def _by_position(holds: Callable[[Operand], bool]) -> list[list[bool]]:
    """By position, and by opcode number, whether that holds of the operand there."""
    return [
        [at < row.arity and holds(row.operands[at]) for row in OPCODES]
        for at in range(MAX_OPERANDS)
    ]


_IN_SCRATCH = _by_position(lambda operand: operand.in_scratch)
_IS_NUMBER = _by_position(lambda operand: operand.role not in PAYLOAD_ROLES)
_WITH_PAYLOAD = {
    row: at
    for row in OPCODES
    for at, operand in enumerate(row.operands)
    if operand.role in PAYLOAD_ROLES
}
"""Where an opcode has an operand that is no number: a key, or text."""


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
