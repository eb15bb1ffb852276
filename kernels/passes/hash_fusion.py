"""An addition or shift of a multiply_add's result goes into the multiply_add.

    x = multiply_add(a, m, c)       p = multiply_add(a, m, c + k)
    p = x + k                   ->  q = multiply_add(a, m << s, c << s)
    q = x << s

x itself is left for dead-code to take. It is stage 2 that goes into stage 3: one operation fewer
a round, and a shorter path.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.ir import Code, Op
from kernels.passes.definitions import Definitions
from kernels.passes.multiply_add import MULTIPLY_ADD
from machine.isa import VLEN, opcode

FUSED = {opcode("valu", name).code for name in ("+", "<<")}


@dataclass(frozen=True)
class HashFusion:
    name = "hash-fusion"
    help = "hash stages 2 and 3 fused: two multiply_adds and an xor"

    def __call__(self, code: Code) -> Code:
        definitions = Definitions(code)
        return code.with_ops(
            [self.rewrite(op, definitions) if op.row.code in FUSED else op for op in code.ops]
        )

    def rewrite(self, op: Op, of: Definitions) -> Op:
        dest, x, k = op.operands
        inner = of.match(x, "multiply_add")
        fused = self.fused(op.row.name, inner, of.constant(k), of) if inner else None
        if fused is None:
            return op
        a, factor, addend = fused
        operands = (dest, a, of.code.constant(factor, VLEN), of.code.constant(addend, VLEN))
        return Op(MULTIPLY_ADD, operands, op.origin._replace(made_by=self.name))

    @staticmethod
    def fused(
        name: str, inner: tuple[int, ...], k: int | None, of: Definitions
    ) -> tuple[int, int, int] | None:
        """(a, m, c) of the one multiply_add, None where it is no such pattern."""
        _, a, factor, addend = inner
        m, c = of.constant(factor), of.constant(addend)
        if k is None or m is None or c is None:
            return None
        return (a, m, c + k) if name == "+" else (a, m << k, c << k)
