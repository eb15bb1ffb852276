"""Who makes a vector: what peephole passes look at.

Kernels write most vectors once and whole; only those have a definition here.
"""

from __future__ import annotations

from typing import Any

from kernels.ir import Code, Op
from machine.access import SPANS


class Definitions:
    """By vector, the one operation that writes it."""

    def __init__(self, code: Code) -> None:
        self.code = code
        made: dict[int, Op | None] = {}
        for op in code.ops:
            for position, _ in SPANS[op.row.code].defs:
                register = code.owner[op.operands[position]]
                whole = op.row.engine == "valu" and register not in made
                made[register] = op if whole else None
        self._made = made

    def match(self, word: int, name: str) -> tuple[Any, ...] | None:
        """The operands of the valu operation of this name that makes the vector, or None."""
        op = self._made.get(self.code.owner[word])
        return op.operands if op and op.row.name == name else None

    def constant(self, word: int) -> int | None:
        """The value that a register holds in all its lanes, or None."""
        return self.code.register_of(word).constant
