"""Freedoms that schedulers have, taken away again: so one can see what each is worth.

They are passes, and come after all others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kernels.ir import ANYWHERE, Code, Op, Register
from kernels.passes import Pass
from kernels.schedule.scratch import allocate_in_order, pin
from machine.access import MEMORY, SPANS
from machine.isa import SCRATCH_SIZE, VLEN


@dataclass(frozen=True)
class OneMemory:
    """Nobody knows which words a load or store may touch.

    a = mem[p]    of 7..15              a = mem[p]    of anywhere
    mem[q] = b    of 64..72        ->   mem[q] = b    of anywhere, so after the load
    """

    name = "one-memory"
    help = "all of memory is one region"

    def __call__(self, code: Code) -> Code:
        return code.with_ops(
            [op._replace(region=ANYWHERE) if MEMORY[op.row.code] else op for op in code.ops]
        )


@dataclass(frozen=True)
class FewestPlaces:
    """Registers get their words before there is a schedule, as few as program order needs.

    x = a + b                    r1 = r1 + r2
    y = c + d               ->   r2 = r3 + r4      may not go before r1 has been made
    """

    name = "fewest-places"
    help = "scratch given out before scheduling, as little as program order needs"

    def __call__(self, code: Code) -> Code:
        registers = _places(code)
        start = [0] * len(code.owner)
        for register, at in zip(code.registers, allocate_in_order(code), strict=True):
            start[register.word : register.word + register.width] = range(at, at + register.width)
        return replace(
            code,
            ops=[_moved(op, start) for op in code.ops],
            registers=registers,
            owner=[n for n, register in enumerate(registers) for _ in range(register.width)],
            constants={},
            zeros={start[word] for word in code.zeros},
        )


def _places(code: Code) -> list[Register]:
    """Scratch itself as registers: pinned ones as they are, and places of 8 words behind them."""
    address, end = pin(code)
    pinned = [
        register._replace(word=at, constant=None)
        for register, at in zip(code.registers, address, strict=True)
        if at >= 0
    ]
    places = range(end, SCRATCH_SIZE - VLEN + 1, VLEN)
    return pinned + [Register(f"place{at}", at, VLEN, pinned=True) for at in places]


def _moved(op: Op, start: list[int]) -> Op:
    operands = list(op.operands)
    for places in SPANS[op.row.code]:
        for position, _ in places:
            operands[position] = start[operands[position]]
    return op._replace(operands=tuple(operands))


FREEDOMS: dict[str, tuple[Pass, str]] = {
    "temporaries": (FewestPlaces(), "each vector under way has temporaries of its own"),
    "memory-regions": (OneMemory(), "loads and stores wait for those of the same words only"),
}
"""What may be left out -> (the pass that takes it away, a line of help on having it)."""
