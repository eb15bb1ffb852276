"""What nobody reads is not computed.

    x = a * b
    y = a + b           ->  y = a + b
    mem[p] = y              mem[p] = y

Debug operations read nothing in this sense; those that look at a value that goes go too.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.ir import Code, Op, words_of
from machine.access import SPANS


@dataclass(frozen=True)
class DeadCode:
    name = "dead-code"
    help = "what nobody reads is not computed"

    def __call__(self, code: Code) -> Code:
        read = bytearray(len(code.owner))
        kept = [op for op in reversed(code.ops) if self.keep(op, read)]
        kept.reverse()
        return code.with_ops(_without_blind_compares(code, kept))

    @staticmethod
    def keep(op: Op, read: bytearray) -> bool:
        """Whether it does anything; if so, what it reads is read: words that are have a 1."""
        row, operands, _, _ = op
        if row.engine == "debug":
            return True
        defs, uses = SPANS[row.code]
        for position, width in defs:
            word = operands[position]
            if 1 not in read[word : word + width]:
                return False
        for position, width in uses:
            word = operands[position]
            read[word : word + width] = b"\1" * width
        return True


def _without_blind_compares(code: Code, ops: list[Op]) -> list[Op]:
    written = {
        code.owner[op.operands[position]] for op in ops for position, _ in SPANS[op.row.code].defs
    }
    return [
        op
        for op in ops
        if op.row.engine != "debug"
        or all(
            code.owner[word] in written for word in words_of(SPANS[op.row.code].uses, op.operands)
        )
    ]
