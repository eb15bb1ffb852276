"""Where in a program what is: the bundles with an engine, an opcode, an operand in some words.

Computed from the program's columns, a pass over flat arrays each, so that a breakpoint on a
program of two hundred thousand bundles is set before a person notices.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator

from machine.access import ACCESS, Kind, Marks, mark_opcodes, mark_touching
from machine.isa import Opcode
from machine.program import Bundle, Program


class ProgramIndex:
    """Answers by pc, for one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._first_slot = program.columns.first_slot_of_bundles()

    def of_opcodes(self, rows: Collection[Opcode]) -> Iterator[int]:
        """The bundles that have a slot with one of these opcodes."""
        return self._marked(mark_opcodes(self.program.columns, rows))

    def touching(self, start: int, stop: int, kinds: Collection[Kind]) -> Iterator[int]:
        """The bundles with a slot that does such a thing to scratch start:stop."""
        return self._marked(mark_touching(self.program.columns, start, stop, kinds))

    def _marked(self, marks: Marks) -> Iterator[int]:
        """The bundles with a slot that is marked."""
        slot = marks.find(1)
        while slot >= 0:
            pc = bisect_right(self._first_slot, slot) - 1
            yield pc
            slot = marks.find(1, self._first_slot[pc + 1])

    def flags(self, pcs: Iterable[int], bit: int) -> bytes:
        """A byte for each pc, with the bit set at these."""
        flags = bytearray(len(self.program))
        for pc in pcs:
            flags[pc] = bit
        return bytes(flags)


def reached(bundle: Bundle, kinds: Collection[Kind], read: Callable[[int], int]) -> Iterator[range]:
    """The memory addresses of each slot that does such a thing to memory.

    `read` gives scratch words before the bundle.
    """
    for slot in bundle:
        access = ACCESS[slot.opcode.code]
        if access.memory in kinds:
            yield access.reached(slot.operands, read)


def union(flags: Iterable[bytes], length: int) -> bytes:
    """The bits of all of them, for `length` bundles."""
    bits = 0
    for some in flags:
        bits |= int.from_bytes(some, "little")
    return bits.to_bytes(length, "little")
