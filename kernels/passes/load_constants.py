"""Constants get their values: loaded at the start, once each.

    v = a ^ v_const_5       const_5 = 5
                        ->  v_const_5 = vbroadcast(const_5)
                            v = a ^ v_const_5

Only those still used when it runs, which is last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kernels.ir import ACCESS, Code, Op, Origin, Register
from machine.isa import opcode

CONST, BROADCAST = opcode("load", "const"), opcode("valu", "vbroadcast")


@dataclass(frozen=True)
class LoadConstants:
    name = "load-constants"
    help = "constants loaded at the start, once each"
    origin = Origin("constants", made_by=name)

    def __call__(self, code: Code) -> Code:
        used = _used(code)
        wanted = [register for register in code.registers if register.word in used]
        wanted.sort(key=lambda register: register.width)  # a vector may come from a scalar
        scalars = {r.constant: r.word for r in wanted if r.width == 1}
        loads = [op for register in wanted for op in self.load(code, register, scalars)]
        return code.with_ops(loads + code.ops)

    def load(self, code: Code, register: Register, scalars: dict[int | None, int]) -> Iterator[Op]:
        value = register.constant
        if register.width == 1:
            yield Op(CONST, (register.word, value), self.origin)
            return
        if value not in scalars:
            scalars[value] = code.new_register(f"const_{value:#x}", 1)
            yield Op(CONST, (scalars[value], value), self.origin)
        yield Op(BROADCAST, (register.word, scalars[value]), self.origin)


def _used(code: Code) -> set[int]:
    """First words of the constants that an operation reads."""
    constant = [code.registers[r].constant is not None for r in code.owner]
    first = [code.registers[r].word for r in code.owner]
    return {
        first[word]
        for op in code.ops
        for position, _ in ACCESS[op.row.code].uses
        if constant[word := op.operands[position]]
    }
