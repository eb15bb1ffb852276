"""Writes operations down one after another, as a kernel thinks of them.

    with the origin set:  v = build.vector_op("^", v, node)     a fresh vector each time
    or in place:          build.emit(XOR, val, val, node)

A constant is asked for by its value, as often as one likes; each is one register.
"""

from __future__ import annotations

from typing import Any

from kernels.ir import ANYWHERE, Code, Op, Origin, Region
from machine.isa import VLEN, Opcode, opcode


class Builder:
    """Appends to `code`. `origin` is what the next operations are marked with.

    `pinned` is whether registers keep their scratch words for good.
    """

    def __init__(self, *, pinned: bool = False) -> None:
        self.code = Code()
        self.pinned = pinned
        self.origin = Origin("setup")

    def emit(self, row: Opcode, *operands: Any, region: Region = ANYWHERE) -> None:
        self.code.ops.append(Op(row, operands, self.origin, region))

    def scalar(self, name: str) -> int:
        return self.code.new_register(name, 1, pinned=self.pinned)

    def vector(self, name: str) -> int:
        return self.code.new_register(name, VLEN, pinned=self.pinned)

    def constant(self, value: int, width: int = 1) -> int:
        """The register that holds this value, in all lanes if it is a vector."""
        return self.code.constant(value, width, pinned=self.pinned)

    def make(self, row: Opcode, dest: str, *operands: int) -> int:
        """A new vector, called `dest`, that a vector operation makes."""
        word = self.code.new_register(dest, VLEN, pinned=self.pinned)
        self.code.ops.append(Op(row, (word, *operands), self.origin))
        return word

    def valu(self, name: str, dest: str, *operands: int) -> int:
        """A new vector made by a valu operation."""
        return self.make(opcode("valu", name), dest, *operands)

    def select(self, dest: str, cond: int, a: int, b: int) -> int:
        """A new vector: a where cond is not 0, else b."""
        return self.make(SELECT, dest, cond, a, b)

    def vload(self, dest: str, address: int, region: Region) -> int:
        """A new vector from the 8 words of memory at the address in a scalar."""
        word = self.vector(dest)
        self.emit(VLOAD, word, address, region=region)
        return word

    def compare(self, word: int, key: tuple[Any, ...]) -> None:
        self.emit(COMPARE, word, key)

    def comment(self, text: str) -> None:
        self.emit(COMMENT, ("comment", text))


VLOAD = opcode("load", "vload")
SELECT = opcode("flow", "vselect")
COMPARE = opcode("debug", "compare")
COMMENT = opcode("debug", "comment")
