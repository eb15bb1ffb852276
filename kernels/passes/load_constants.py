"""Constants get their values: loaded at the start, once each.

    v = a ^ v_const_5       const_5 = 5
                        ->  v_const_5 = vbroadcast(const_5)
                            v = a ^ v_const_5

Only those still used when it runs, which is last.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from kernels.ir import ACCESS, Code, Op, Origin, Register
from machine.isa import opcode

CONST, BROADCAST = opcode("load", "const"), opcode("valu", "vbroadcast")
ADD_IMM = opcode("flow", "add_imm")


@dataclass(frozen=True)
class LoadConstants:
    """`by_flow` are the constants, in the order of their use, that flow makes of the first one."""

    by_flow: Container[int] = ()

    name = "load-constants"
    help = "constants loaded at the start, once each"
    origin = Origin("constants", made_by=name)

    def __call__(self, code: Code) -> Code:
        wanted = _used(code)
        scalars: dict[int | None, int] = {r.constant: r.word for r in wanted if r.width == 1}
        for register in wanted:
            if register.constant not in scalars:
                name = f"const_{register.constant:#x}"
                scalars[register.constant] = code.new_register(name, 1)
        values = dict.fromkeys(register.constant for register in wanted)
        loads = list(self.loads({value: scalars[value] for value in values}))
        for register in wanted:
            if register.width > 1:
                operands = (register.word, scalars[register.constant])
                loads.append(Op(BROADCAST, operands, self.origin))
        return code.with_ops(loads + code.ops)

    def loads(self, scalars: Mapping[int | None, int]) -> Iterator[Op]:
        first = next(iter(scalars.items()), None)
        for number, (value, word) in enumerate(scalars.items()):
            if number in self.by_flow and first and value is not None and first[0] is not None:
                yield Op(ADD_IMM, (word, first[1], value - first[0]), self.origin)
            else:
                yield Op(CONST, (word, value), self.origin)


def _used(code: Code) -> list[Register]:
    """The constants that an operation reads, in the order in which they are first read."""
    constant = [code.registers[r].constant is not None for r in code.owner]
    found = {
        code.owner[word]: None
        for op in code.ops
        for position, _ in ACCESS[op.row.code].uses
        if constant[word := op.operands[position]]
    }
    return [code.registers[number] for number in found]
