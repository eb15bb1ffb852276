"""What a slot reads and writes, of scratch and of memory, lane by lane: the only table of it.

A row for each opcode, by its number, made of what `machine.isa` says about its operands. A
position is an operand's index in the slot; a stride of 1 tells a vector, whose lane i is i words
further on, from a word that all lanes share:

    opcode         dest  lanes  reads (position, stride)  memory   address  offset
    alu +          0     1      (1, 0) (2, 0)
    valu +         0     8      (1, 1) (2, 1)
    vbroadcast     0     8      (1, 0)
    load_offset    0     1      (1, 0)                    read     1        2
    vstore         None  8      (0, 0) (1, 1)             write    0

Lane i of the result depends on lane i of what is read, and on nothing else: of both arms of a
select too, whichever is taken, for this is what stands in the program. A row of the instruction
set that works another way is refused here, at import.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from sys import byteorder
from typing import TYPE_CHECKING, NamedTuple

from machine.isa import OPCODES, SCRATCH_SIZE, VLEN, Opcode, Role

if TYPE_CHECKING:
    from machine.columns import Columns

Words = tuple[int, int]
"""A run of scratch words: first address and width."""


class Kind(StrEnum):
    """What is done to a word."""

    READ = "read"
    WRITE = "write"


class Read(NamedTuple):
    """An operand that is read: lane i reads the word `stride * i` after the operand's value."""

    position: int
    stride: int


class Access(NamedTuple):
    """How slots of one opcode reach words.

    `dest` is the operand whose words are written, one for each of the `lanes`; `reads` are those
    whose words are read, in operand order, the one with an address among them. `memory` is what is
    done to so many words of memory, from the one on whose address the scratch word of operand
    `address` holds. The value of operand `offset` is added to all operands that are in scratch.
    """

    dest: int | None
    lanes: int
    reads: tuple[Read, ...]
    memory: Kind | None
    address: int | None
    offset: int | None

    def shift(self, operands: Sequence[int]) -> int:
        """What is added to the operands in scratch."""
        return 0 if self.offset is None else operands[self.offset]

    def defs(self, operands: Sequence[int]) -> list[Words]:
        """The scratch words that a slot with these operands writes."""
        if self.dest is None:
            return []
        return [(operands[self.dest] + self.shift(operands), self.lanes)]

    def uses(self, operands: Sequence[int]) -> list[Words]:
        """The scratch words that a slot with these operands reads, in operand order."""
        shift = self.shift(operands)
        return [(operands[at] + shift, self.width(stride)) for at, stride in self.reads]

    def width(self, stride: int) -> int:
        """How many scratch words an operand spans whose lanes are so far apart."""
        return self.lanes if stride else 1

    def written_by(self, operands: Sequence[int], lane: int) -> int | None:
        """The scratch word that a lane writes, or None."""
        return None if self.dest is None else operands[self.dest] + self.shift(operands) + lane

    def read_by(self, operands: Sequence[int], lane: int) -> tuple[int, ...]:
        """The scratch words that a lane reads, in operand order."""
        shift = self.shift(operands)
        return tuple(operands[at] + shift + stride * lane for at, stride in self.reads)

    def address_word(self, operands: Sequence[int]) -> int | None:
        """The scratch word that holds an address of memory, or None."""
        return None if self.address is None else operands[self.address] + self.shift(operands)

    def reached(self, operands: Sequence[int], read: Callable[[int], int]) -> range:
        """The addresses of memory that are reached, given how to read a word of scratch."""
        word = self.address_word(operands)
        if word is None:
            return range(0)
        first = read(word)
        return range(first, first + self.lanes)


class Spans(NamedTuple):
    """How slots of one opcode reach scratch: (operand position, width in words) each.

    What `Access` says of slots without an offset, in a form for loops over very many of them.
    """

    defs: tuple[tuple[int, int], ...]
    uses: tuple[tuple[int, int], ...]


_MEMORY_KINDS = {"load": Kind.READ, "store": Kind.WRITE}


def derive_access(row: Opcode) -> Access:
    """What a row of the instruction set says. Raises ValueError where it is not lane by lane."""
    lanes = VLEN if row.vector else 1
    dests, addresses, offsets = (
        _positions(row, role) for role in (Role.DEF, Role.ADDRESS, Role.OFFSET)
    )
    spans = {row.operands[at].width for at in dests}
    spans |= {row.operands[at].lanes for at in addresses}
    if max(map(len, (dests, addresses, offsets))) > 1 or spans - {lanes}:
        raise ValueError(f"{row.engine} {row.name} does not work lane by lane")
    reads = sorted(addresses + _positions(row, Role.USE))
    if any(row.operands[at].width not in (1, lanes) for at in reads):
        raise ValueError(f"{row.engine} {row.name} reads neither one word nor one for each lane")
    return Access(
        next(iter(dests), None),
        lanes,
        tuple(Read(at, int(row.operands[at].width > 1)) for at in reads),
        _MEMORY_KINDS[row.engine] if addresses else None,
        next(iter(addresses), None),
        next(iter(offsets), None),
    )


def _positions(row: Opcode, role: Role) -> list[int]:
    return [at for at, operand in enumerate(row.operands) if operand.role is role]


ACCESS = tuple(map(derive_access, OPCODES))
"""By opcode number."""
SPANS = tuple(
    Spans(
        () if access.dest is None else ((access.dest, access.lanes),),
        tuple((at, access.width(stride)) for at, stride in access.reads),
    )
    for access in ACCESS
)
"""By opcode number."""
WRITTEN, READ = (
    tuple(tuple(position for position, _ in spans[which]) for spans in SPANS) for which in (0, 1)
)
"""By opcode number, the operands in scratch that are written, and those that are read."""
MEMORY = tuple(access.memory for access in ACCESS)
"""By opcode number."""
MEMORY_OPCODES = frozenset(row for row in OPCODES if MEMORY[row.code])

# --- columns of a program -------------------------------------------------------------------------

Marks = bytes
"""A byte for each slot of a program, 1 or 0."""


def mark_opcodes(columns: Columns, rows: Collection[Opcode]) -> Marks:
    """Mark the slots with one of these opcodes."""
    codes = {row.code for row in rows}
    return columns.opcodes.tobytes().translate(bytes(code in codes for code in range(256)))


def slots_of(columns: Columns, rows: Collection[Opcode]) -> Iterator[int]:
    """The slots with one of these opcodes, by number in the program."""
    marks = mark_opcodes(columns, rows)
    slot = marks.find(1)
    while slot >= 0:
        yield slot
        slot = marks.find(1, slot + 1)


def mark_touching(columns: Columns, start: int, stop: int, kinds: Collection[Kind]) -> Marks:
    """Mark the slots that do such a thing to a word of scratch start:stop."""
    return mark_touching_any(columns, range(start, stop), kinds)


def mark_touching_any(columns: Columns, words: Iterable[int], kinds: Collection[Kind]) -> Marks:
    """Mark the slots that do such a thing to any of these words of scratch."""
    wanted, opcodes = frozenset(words), columns.opcodes.tobytes()
    found = 0
    for position, operands in enumerate(columns.operands):
        for width, codes in _codes_by_width(position, kinds).items():
            reaching = {word - lane for word in wanted for lane in range(width)}
            found |= _bits(opcodes.translate(codes)) & _equal_to_any(operands, reaching)
    marks = bytearray(found.to_bytes(columns.slot_count, "little"))
    for slot in _touching_with_offset(columns, wanted, kinds):
        marks[slot] = 1
    return bytes(marks)


def _equal_to_any(operands: array[int], addresses: Iterable[int]) -> int:
    """Mark operands in scratch that are one of these addresses, all in the bits of one number.

    An address is two bytes. To compare one byte of all operands with a table, and to join what
    comes of both, takes Python a few calls, however many slots there are.
    """
    by_high: dict[int, bytearray] = {}
    for address in addresses:
        if 0 <= address < SCRATCH_SIZE:
            by_high.setdefault(address >> 8, bytearray(256))[address & 0xFF] = 1
    if not by_high:
        return 0
    image = operands.tobytes()
    low, high = (0, 1) if byteorder == "little" else (-1, -2)
    lows, highs = (image[byte % operands.itemsize :: operands.itemsize] for byte in (low, high))
    found = 0
    for byte, table in by_high.items():
        there = _bits(highs.translate(bytes(other == byte for other in range(256))))
        found |= there & _bits(lows.translate(table))
    return found


def _bits(marks: Marks) -> int:
    return int.from_bytes(marks, "little")


def _codes_by_width(position: int, kinds: Collection[Kind]) -> dict[int, bytes]:
    """Of the opcodes without an offset, which reach so many words by this operand; a byte each."""
    found: dict[int, bytearray] = {}
    for code, (access, spans) in enumerate(zip(ACCESS, SPANS, strict=True)):
        width = dict(_spans_of(spans, kinds)).get(position)
        if width and access.offset is None:
            found.setdefault(width, bytearray(256))[code] = 1
    return {width: bytes(codes) for width, codes in found.items()}


def _spans_of(spans: Spans, kinds: Collection[Kind]) -> list[tuple[int, int]]:
    defs = spans.defs if Kind.WRITE in kinds else ()
    uses = spans.uses if Kind.READ in kinds else ()
    return [*defs, *uses]


def _touching_with_offset(
    columns: Columns, words: Collection[int], kinds: Collection[Kind]
) -> Iterator[int]:
    rows = [row for row in OPCODES if ACCESS[row.code].offset is not None]
    for slot in slots_of(columns, rows):
        code, operands = columns.opcodes[slot], columns.operands_of(slot)
        shift = ACCESS[code].shift(operands)
        spans = _spans_of(SPANS[code], kinds)
        reached = (range(operands[at] + shift, operands[at] + shift + width) for at, width in spans)
        if any(word in words for span in reached for word in span):
            yield slot
