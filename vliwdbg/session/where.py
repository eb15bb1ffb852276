"""Where in a program what is: the bundles with an engine, an opcode, an operand in some words.

Computed from the program's columns, a pass over flat arrays each, so that a breakpoint on a
program of two hundred thousand bundles is set before a person notices.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from machine.isa import OPCODES, Opcode, Role
from machine.program import MAX_OPERANDS, Bundle, Program, Slot

READS = frozenset({Role.USE, Role.ADDRESS})
WRITES = frozenset({Role.DEF})
MEMORY_OPCODES = frozenset(row for row in OPCODES if row.memory_lanes)
_SHIFTED = frozenset(row for row in OPCODES if any(o.role is Role.OFFSET for o in row.operands))


class Where:
    """Answers by pc, for one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._first_slot = program.columns.first_slot_of_bundles()

    def of_opcodes(self, rows: Iterable[Opcode]) -> Iterator[int]:
        """The bundles that have a slot with one of these opcodes."""
        codes = frozenset(row.code for row in rows)
        opcodes = self.program.columns.opcodes
        return self._pcs(slot for slot, code in enumerate(opcodes) if code in codes)

    def touching(self, start: int, stop: int, roles: frozenset[Role]) -> Iterator[int]:
        """The bundles with an operand of such a role within scratch start:stop."""
        columns = self.program.columns
        for position in range(MAX_OPERANDS):
            low, high = self._bounds(position, start, stop, roles)
            slots = enumerate(zip(columns.opcodes, columns.operands[position], strict=True))
            yield from self._pcs(
                slot for slot, (code, value) in slots if low[code] < value < high[code]
            )
        yield from self._touching_shifted(start, stop, roles)

    @staticmethod
    def _bounds(
        position: int, start: int, stop: int, roles: frozenset[Role]
    ) -> tuple[list[int], list[int]]:
        """For each opcode, between which values this operand overlaps the words; none is 0, 0."""
        low, high = [0] * len(OPCODES), [0] * len(OPCODES)
        for row in OPCODES:
            operand = row.operands[position] if position < row.arity else None
            if operand and operand.role in roles and row not in _SHIFTED:
                low[row.code], high[row.code] = start - operand.width, stop
        return low, high

    def _touching_shifted(self, start: int, stop: int, roles: frozenset[Role]) -> Iterator[int]:
        columns = self.program.columns
        codes = {row.code: row for row in _SHIFTED}
        for slot, code in enumerate(columns.opcodes):
            if code in codes:
                words = codes[code].words(columns.operands_of(slot), *roles)
                if any(at < stop and start < at + width for at, width in words):
                    yield self._pc(slot)

    def _pcs(self, slots: Iterable[int]) -> Iterator[int]:
        return map(self._pc, slots)

    def _pc(self, slot: int) -> int:
        return bisect_right(self._first_slot, slot) - 1

    def flags(self, pcs: Iterable[int], bit: int) -> bytes:
        """A byte for each pc, with the bit set at these."""
        flags = bytearray(len(self.program))
        for pc in pcs:
            flags[pc] = bit
        return bytes(flags)


def reached(bundle: Bundle, read: Callable[[int], int]) -> Iterator[tuple[Slot, range]]:
    """The memory addresses of each load and store; `read` gives scratch words before the bundle."""
    for slot in bundle:
        lanes = slot.opcode.memory_lanes
        if lanes:
            address = next(slot.opcode.words(slot.operands, Role.ADDRESS))[0]
            first = read(address)
            yield slot, range(first, first + lanes)


def union(flags: Iterable[bytes], length: int) -> bytes:
    """The bits of all of them, for `length` bundles."""
    bits = 0
    for some in flags:
        bits |= int.from_bytes(some, "little")
    return bits.to_bytes(length, "little")
