"""A shift and two additions are one multiplication: x + (x << s) = x * (1 + 2^s).

a = x + c
b = x << s          ->  v = multiply_add(x, 1 + 2^s, c)
v = a + b
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.ir import Code, Op
from kernels.passes.definitions import Definitions
from machine.isa import VLEN, opcode

ADD, MULTIPLY_ADD = opcode("valu", "+"), opcode("valu", "multiply_add")


@dataclass(frozen=True)
class MultiplyAdd:
    name = "multiply-add"
    help = "hash stages 0, 2, 4 as one multiply_add each"

    def __call__(self, code: Code) -> Code:
        definitions = Definitions(code)
        return code.with_ops(
            [self.rewrite(op, definitions) if op.row is ADD else op for op in code.ops]
        )

    def rewrite(self, op: Op, of: Definitions) -> Op:
        dest, a, b = op.operands
        added, shifted = of.match(a, "+"), of.match(b, "<<")
        if not added or not shifted or added[1] != shifted[1]:
            return op
        c, s = of.constant(added[2]), of.constant(shifted[2])
        if c is None or s is None:
            return op
        factor = of.code.constant(1 + (1 << s), VLEN)
        operands = (dest, added[1], factor, added[2])
        return Op(MULTIPLY_ADD, operands, op.origin._replace(made_by=self.name))
