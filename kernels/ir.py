"""Operations on virtual registers: the ISA itself, on scratch without an end.

    register   a     v                       scalars are one virtual word, vectors eight
    word       0     1 2 3 4 5 6 7 8         an operand is a word's number, as in a slot
    operation  ["vbroadcast", 1, 0]          v = a;  lane 2 of v is word 3

Rules:
- An operation is one slot of the ISA whose scratch operands are virtual words, so `row.defs` and
  `row.uses` tell what it writes and reads, a lane is an operand like any other, and the last step
  of a build only exchanges words for addresses.
- The order of `ops` is the meaning of the code: run one by one, they compute the kernel. Passes
  and schedulers may do anything that this order cannot tell apart.
- A memory operation says which words it may touch, so that only those that meet are kept in order.
- Debug operations are operations, and never change where the others go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from machine.isa import VLEN, WORD_MASK, Opcode


class Region(NamedTuple):
    """Memory words `start` up to but not including `end`."""

    start: int
    end: int

    def meets(self, other: Region) -> bool:
        """Whether they share a word."""
        return self.start < other.end and other.start < self.end


ANYWHERE = Region(0, 2**32)


class Origin(NamedTuple):
    """Where in the kernel an operation comes from; what does not apply is None."""

    stage: str
    round: int | None = None
    level: int | None = None
    vector: int | None = None
    element: int | None = None
    made_by: str | None = None
    """The pass that made it, None for the kernel itself."""

    def facts(self) -> dict[str, Any]:
        """What applies, by name, as a program file has it."""
        named = zip(self._fields, self, strict=True)
        return {name: fact for name, fact in named if fact is not None}


class Op(NamedTuple):
    """One operation. `region` is the memory a load or store may touch, ANYWHERE if not known."""

    row: Opcode
    operands: tuple[Any, ...]
    origin: Origin
    region: Region = ANYWHERE

    def __str__(self) -> str:
        names = (operand.name for operand in self.row.operands)
        return self.row.form.format(**dict(zip(names, self.operands, strict=True)))


class Register(NamedTuple):
    """A scalar or a vector. `pinned` ones keep their scratch words from start to end.

    A `constant` is never written by the kernel: its value is put there before the first use.
    """

    name: str
    word: int
    width: int
    pinned: bool = False
    constant: int | None = None


@dataclass
class Code:
    """A kernel on its way: operations in order, and the registers they name."""

    ops: list[Op] = field(default_factory=list)
    registers: list[Register] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    """Virtual word -> index of its register."""
    constants: dict[tuple[int, int], int] = field(default_factory=dict)
    """(value, width) -> first word of the register that holds it."""
    zeros: set[int] = field(default_factory=set)
    """Words of pinned registers that nobody writes: they are 0 because scratch is at the start."""
    known: dict[int, int] = field(default_factory=dict)
    """Constant -> the word that holds it anyway: one of `zeros`, or loaded first of all."""
    placed: dict[int, int] = field(default_factory=dict)
    """Constant -> the word in which it has to be made, because vectors want it there."""
    soon: set[int] = field(default_factory=set)
    """Constants that everything begins with."""
    period: int = 0
    """Vectors so far apart do the same with other words, in the same modes; 0 if none do."""
    busy_loads: bool = False
    """Whether load has so much to do at the start that flow had better make constants."""
    alu_lanes: bool = True
    """Whether schedulers may issue splittable operations as alu slots."""
    alu_reserve: bool = True
    """Whether the last one that is ready is kept for alu (see `schedule.pack`)."""

    def new_register(
        self, name: str, width: int, *, pinned: bool = False, constant: int | None = None
    ) -> int:
        """The first word of a new register of 1 or 8 words."""
        word = len(self.owner)
        self.owner += [len(self.registers)] * width
        self.registers.append(Register(name, word, width, pinned, constant))
        return word

    def constant(self, value: int, width: int = 1, *, pinned: bool = False) -> int:
        """The register that holds this value, in all lanes if it is a vector; one for each."""
        value &= WORD_MASK
        if width == 1 and (word := self.known.get(value, self.placed.get(value))) is not None:
            return word
        word = self.constants.get((value, width))
        if word is None:
            name = f"{'v_' if width > 1 else ''}const_{_shown(value)}"
            word = self.new_register(name, width, pinned=pinned, constant=value)
            self.constants[value, width] = word
        return word

    def with_ops(self, ops: list[Op]) -> Code:
        """Other operations on the same registers."""
        return replace(self, ops=ops)

    def register_of(self, word: int) -> Register:
        return self.registers[self.owner[word]]

    def __str__(self) -> str:
        return "\n".join(map(str, self.ops))


def _shown(value: int) -> str:
    return str(value) if value < 2**16 else f"{value:#x}"


def words_of(places: tuple[tuple[int, int], ...], operands: tuple[Any, ...]) -> Iterator[int]:
    """The virtual words that the operands at these places span."""
    for position, width in places:
        word = operands[position]
        yield from range(word, word + width)


def splittable(row: Opcode) -> bool:
    """Whether a valu operation may be issued as 8 alu slots instead, lane by lane."""
    return row.engine == "valu" and row.arithmetic is not None


def lane_operands(operands: tuple[int, ...]) -> list[tuple[int, ...]]:
    """By lane, the operands of a splittable operation."""
    return list(zip(*(range(word, word + VLEN) for word in operands), strict=True))
