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
from machine.isa import VLEN


@dataclass(frozen=True)
class DeadCode:
    name = "dead-code"
    help = "what nobody reads is not computed"

    def __call__(self, code: Code) -> Code:
        # By word and by register, a 1 for yes. The loop is all there is to do for an operation, and
        # has no room for calls.
        read, written = bytearray(len(code.owner)), bytearray(len(code.registers))
        kept = []
        for op in reversed(code.ops):
            row, operands, _, _ = op
            if row.engine != "debug":
                defs, uses = SPANS[row.code]
                if defs:
                    ((position, width),) = defs
                    word = operands[position]
                    if read.find(1, word, word + width) < 0:
                        continue
                    written[code.owner[word]] = 1
                for position, width in uses:
                    word = operands[position]
                    read[word : word + width] = _ONES[width]
            kept.append(op)
        kept.reverse()
        return code.with_ops(
            [op for op in kept if op.row.engine != "debug" or _sees(op, code, written)]
        )


_ONES = {width: b"\1" * width for width in (1, VLEN)}


def _sees(op: Op, code: Code, written: bytearray) -> bool:
    """Whether all that a debug operation looks at is there."""
    words = words_of(SPANS[op.row.code].uses, op.operands)
    return all(written[code.owner[word]] for word in words)
