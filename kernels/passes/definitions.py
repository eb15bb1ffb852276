"""Who makes a vector: what peephole passes look at.

Kernels write most vectors once and whole; only those have a definition here.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from kernels.ir import Code
from machine.access import WRITTEN
from machine.isa import OPCODES


class Definitions:
    """By vector, the one operation that writes it."""

    def __init__(self, code: Code) -> None:
        self.code = code
        owner = code.owner
        ops = [op for op in code.ops if op.row.engine == "valu"]
        made = [owner[op.operands[0]] for op in ops]
        self._made = dict(zip(made, ops, strict=True))
        self._shared = {
            owner[operands[at]]
            for row, operands, _, _ in code.ops
            for at in _WRITTEN_OTHERWISE[row.code]
        }
        if len(self._made) < len(made):
            self._shared |= {register for register, times in Counter(made).items() if times > 1}

    def match(self, word: int, name: str) -> tuple[Any, ...] | None:
        """The operands of the valu operation of this name that makes the vector, or None."""
        register = self.code.owner[word]
        op = self._made.get(register)
        found = op and op.row.name == name and register not in self._shared
        return op.operands if op and found else None

    def constant(self, word: int) -> int | None:
        """The value that a register holds in all its lanes, or None."""
        return self.code.register_of(word).constant


_WRITTEN_OTHERWISE = [() if row.engine == "valu" else WRITTEN[row.code] for row in OPCODES]
"""By opcode number, the operands that others than valu write."""
