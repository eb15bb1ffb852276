"""Scratch addresses for registers.

Pinned registers come first, in the order in which they were made, and keep their words. The
others share the rest: a register holds its words from its first write to its last read, and the
bundle of that read may already write the next one there. Vectors lie at multiples of 8 behind the
pinned words; scalars share vectors' places, eight to one.
"""

from __future__ import annotations

from collections import Counter

from kernels.errors import BuildError
from kernels.ir import Code, words_of
from machine.access import SPANS
from machine.isa import SCRATCH_SIZE, VLEN

HOLDERS_NAMED = 8


class Pool:
    """The words behind the pinned ones: free places for scalars and for vectors."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.vectors = list(range(start, SCRATCH_SIZE - VLEN + 1, VLEN))[::-1]
        self.scalars: list[int] = []

    def take(self, width: int) -> int:
        """A free address; raises IndexError if there is none."""
        if width == VLEN:
            return self.vectors.pop()
        if not self.scalars:
            place = self.vectors.pop()
            self.scalars.extend(range(place + VLEN - 1, place - 1, -1))
        return self.scalars.pop()

    def give(self, address: int, width: int) -> None:
        (self.vectors if width == VLEN else self.scalars).append(address)


def pin(code: Code) -> tuple[list[int], int]:
    """By register, the address of a pinned one that is written, else -1; the word past them."""
    address, end = [-1] * len(code.registers), 0
    pinned = [number for number, register in enumerate(code.registers) if register.pinned]
    used = {code.owner[word] for word in code.zeros}
    if not used.issuperset(pinned):
        used |= _written(code)
    for number in pinned:
        if number in used:
            address[number] = end
            end += code.registers[number].width
    if end > SCRATCH_SIZE:
        names = [code.registers[number].name for number in pinned]
        raise out_of_scratch(names, f"{end} words are wanted")
    return address, end


def _written(code: Code) -> set[int]:
    owner = code.owner
    return {
        owner[op.operands[position]] for op in code.ops for position, _ in SPANS[op.row.code].defs
    }


def out_of_scratch(names: list[str], wanted: str) -> BuildError:
    """The error of a kernel that does not fit; `names` are the registers that hold words."""
    kinds = Counter(name.rstrip("0123456789abcdefx") for name in names).most_common(HOLDERS_NAMED)
    holders = ", ".join(f"{count} {name or 'unnamed'}" for name, count in kinds)
    return BuildError(f"out of scratch: {wanted}, there are {SCRATCH_SIZE}; held by {holders}")


def allocate_in_order(code: Code) -> list[int]:
    """The addresses of all registers for slots issued in program order.

    Raises BuildError if they do not fit.
    """
    address, end = pin(code)
    if all(register.pinned for register in code.registers):
        return address
    last = _last_uses(code)
    pool = Pool(end)
    for number, op in enumerate(code.ops):
        defs, uses = SPANS[op.row.code]
        for register in {code.owner[word] for word in words_of(uses, op.operands)}:
            if last[register] == number and not code.registers[register].pinned:
                pool.give(address[register], code.registers[register].width)
        for position, _ in defs:
            register = code.owner[op.operands[position]]
            if address[register] < 0:
                address[register] = _take(pool, code, register, address, last, number)
    return address


def _last_uses(code: Code) -> list[int]:
    """By register, the last operation that names it."""
    last = [-1] * len(code.registers)
    for number, op in enumerate(code.ops):
        for places in SPANS[op.row.code]:
            for position, _ in places:
                last[code.owner[op.operands[position]]] = number
    return last


def _take(
    pool: Pool, code: Code, register: int, address: list[int], last: list[int], now: int
) -> int:
    try:
        return pool.take(code.registers[register].width)
    except IndexError:
        holding = [
            r.name for i, r in enumerate(code.registers) if address[i] >= 0 and last[i] >= now
        ]
        wanted = f"no room for {code.registers[register].name}"
        raise out_of_scratch(holding, wanted) from None
