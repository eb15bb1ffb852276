"""The last step: a schedule becomes a program, words become addresses.

op 7    ["^", 2001, 1500, 17] in bundle 40    ->    slot 893    opcode ^    operands 640 88 17

The columns are made as they lie in a program, without slots as a file has them in between: the
checker has been over the schedule, so there is nothing to be refused.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, chain
from typing import Any, overload

from kernels.ir import Code, Op, Origin
from kernels.schedule.base import Schedule
from machine.access import slots_of
from machine.columns import MAX_OPERANDS, PAYLOAD_ROLES, Columns
from machine.isa import ENGINE_CODES, ENGINES, OPCODES
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
    _fill_slots(columns, [ops[number] for number in numbers], schedule)
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


def _fill_slots(columns: Columns, ops: Sequence[Op], schedule: Schedule) -> None:
    columns.opcodes = array("B", [op.row.code for op in ops])
    words = [
        op.operands + nothing if (nothing := _NOTHING_BEHIND[code]) is not None else _NO_WORDS
        for op, code in zip(ops, columns.opcodes, strict=True)
    ]
    address = [*_addresses(schedule), 0]  # the last one is that of NOTHING
    # Without operations there are no columns of words either.
    for column, mine in zip(columns.operands, zip(*words, strict=True), strict=False):
        column.extend(map(address.__getitem__, mine))
    for slot in slots_of(columns, _MIXED):
        _fill_carefully(columns, slot, ops[slot], address)


def _fill_carefully(columns: Columns, slot: int, op: Op, address: Sequence[int]) -> None:
    """A slot with operands that are no words of scratch."""
    for column, operand, value in zip(columns.operands, op.row.operands, op.operands, strict=False):
        if operand.in_scratch:
            column[slot] = address[value]
        elif operand.role in PAYLOAD_ROLES:
            column[slot] = len(columns.payloads)
            columns.payloads.append(value)
        else:
            column[slot] = value


def _addresses(schedule: Schedule) -> Iterator[int]:
    """By virtual word, its scratch address."""
    starts, registers = schedule.address, schedule.code.registers
    ends = [start + r.width for start, r in zip(starts, registers, strict=True)]
    return chain.from_iterable(map(range, starts, ends))


NOTHING = -1
"""The word of an operand that an opcode does not have."""
_NO_WORDS = (NOTHING,) * MAX_OPERANDS
_MIXED = [row for row in OPCODES if not all(operand.in_scratch for operand in row.operands)]
_NOTHING_BEHIND = [None if row in _MIXED else _NO_WORDS[row.arity :] for row in OPCODES]
"""By opcode number, what follows its operands in the columns, if all are words of scratch."""


def scratch_map(schedule: Schedule) -> dict[int, tuple[str, int]]:
    """Scratch address -> (name, width in words): pinned registers by name, the rest as shared."""
    named, widths = {}, {}
    for register, start in zip(schedule.code.registers, schedule.address, strict=True):
        if start >= 0 and register.pinned:
            named[start] = (register.name, register.width)
        elif start >= 0:
            widths[start] = register.width
    shared = {at: (f"{'r' if width == 1 else 'v'}{at}", width) for at, width in widths.items()}
    return dict(sorted({**shared, **named}.items()))


def tags(code: Code, bundle: list[int]) -> tuple[Tag, ...]:
    """A tag for the set-up, each round and the end, from its first bundle to its last."""
    by_stretch: defaultdict[int | str, set[int]] = defaultdict(set)
    for (row, _, origin, _), at in zip(code.ops, bundle, strict=True):
        if row.engine != "debug":
            number = origin.round
            by_stretch[origin.stage if number is None else number].add(at)
    bundles: defaultdict[str, set[int]] = defaultdict(set)
    for stretch, among in by_stretch.items():
        bundles[_name(stretch)] |= among
    return tuple(Tag(min(among), name, max(among) + 1) for name, among in bundles.items())


def _name(stretch: int | str) -> str:
    """That of a round, by number, or of another stage of the kernel."""
    return f"round {stretch}" if isinstance(stretch, int) else _OUTSIDE.get(stretch, "setup")


_OUTSIDE = {
    "load": "round 0",
    "index": "end",
    "store": "end",
    "restore": "end",
    "end": "end",
}
"""Where the stages belong that are in no round; set-up is all else."""
