"""What an operation is called, whatever else is in the kernel.

    a vector's      its vector, and its place among the vector's own
    set-up's        what it computes: opcode, immediates and, by the same rule, what it reads

Numbers of operations and registers change when one vector does something another way, or asks
for a constant that nobody asked for before; these names do not. So a searched priority stays
with its operation, and equal priorities are told apart in the same order in every build.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from functools import cached_property
from hashlib import blake2b

from kernels.ir import Code, Op
from machine.access import MEMORY, READ, WRITTEN, Kind
from machine.isa import OPCODES, VLEN

TIE_BITS = 16
"""Of a tie, those that tell a vector's operations apart."""


def share_constants(code: Code) -> Code:
    """The same code; what all vectors share belongs to none, whoever asked for it first.

    That is all that is worked out from nothing but constants and memory no vector stores to.
    """
    shared = [register.constant is not None for register in code.registers]
    stored = {op.region for op in code.ops if MEMORY[op.row.code] is Kind.WRITE and _has_vector(op)}
    owner, ops = code.owner, []
    for op in code.ops:
        row, operands, origin, region = op
        written, read = WRITTEN[row.code], READ[row.code]
        if origin.vector is not None and written:
            for position in read:
                if not shared[owner[operands[position]]]:
                    break
            else:
                if not (MEMORY[row.code] and any(map(region.meets, stored))):
                    origin = origin._replace(vector=None)
                    op = op._replace(origin=origin)
        if origin.vector is None:
            for position in written:
                shared[owner[operands[position]]] = True
        ops.append(op)
    return code.with_ops(ops)


def _has_vector(op: Op) -> bool:
    return op.origin.vector is not None


class Names:
    """By operation its name, and by register written by set-up its own.

    `ties` order operations of equal priority; `digests` say what an operation is, as far as its tie
    does not. Both are by operation, and say nothing of debug ones.
    """

    def __init__(self, code: Code) -> None:
        self.code = code
        self.writers: dict[int, list[int]] = {}
        for number, op in enumerate(code.ops):
            if op.origin.vector is None:
                for position in WRITTEN[op.row.code]:
                    self.writers.setdefault(code.owner[op.operands[position]], []).append(number)
        self._by_register: dict[int, bytes] = {}
        self._by_op: dict[int, bytes] = {}
        self.ties = [0] * len(code.ops)
        self.digests = [b""] * len(code.ops)
        self.in_order = self._name_all()
        """The numbers of all operations but debug ones, in the order of their ties."""

    def _name_all(self) -> list[int]:
        setup: list[int] = []
        of_vector: dict[int, list[int]] = {}
        for number, (row, _, origin, _) in enumerate(self.code.ops):
            if row.engine == "debug":
                continue
            if (vector := origin.vector) is None:
                self.digests[number] = self._setup(number)
                setup.append(number)
                continue
            mine = of_vector.setdefault(vector, [])
            self.ties[number] = (vector + 1 << TIE_BITS) + len(mine)
            self.digests[number] = _BYTES[row.code]
            mine.append(number)
        # Of those that compute the same, the first comes first.
        setup.sort(key=self.digests.__getitem__)
        for tie, number in enumerate(setup):
            self.ties[number] = tie
        return setup + [number for vector in sorted(of_vector) for number in of_vector[vector]]

    @cached_property
    def slots(self) -> list[Hashable]:
        """By operation what is the same in other modes, where it is there; None for debug ones."""
        slots: list[Hashable] = [None] * len(self.code.ops)
        counts = Counter[Hashable]()
        for number in self.in_order:
            origin = self.code.ops[number].origin
            at: tuple[Hashable, ...] = (self.digests[number],)
            if origin.vector is not None:
                at = (origin.vector, origin.round, origin.stage)
            slots[number] = (*at, counts[at])
            counts[at] += 1
        return slots

    def fingerprint(self) -> str:
        """Of all operations with their names: other operations have another one."""
        ties, digests = self.ties, self.digests
        named = [ties[n].to_bytes(VLEN, "little") + digests[n] for n in self.in_order]
        return blake2b(b"".join(named), digest_size=VLEN).hexdigest()

    def shared(self) -> dict[int, tuple[bytes, int]]:
        """By register that set-up writes, or that is known from the start: what it holds, and how
        many hold the same before it."""
        counts: Counter[bytes] = Counter()
        shared = {}
        known = [self.code.owner[word] for word in sorted(self.code.zeros)]
        for register in dict.fromkeys([*self.writers, *known]):
            name = self.register(register)
            shared[register] = name, counts[name]
            counts[name] += 1
        return shared

    def register(self, register: int) -> bytes:
        """What a register that set-up writes holds: its constant, or what is worked out there."""
        if register not in self._by_register:
            known = self.code.registers[register]
            if known.constant is not None:
                name = _digest("constant", known.constant, known.width)
            elif self.code.zeros & set(range(known.word, known.word + known.width)):
                # Its lanes are constants that are made of each other.
                name = _digest("constants", known.name)
            else:
                # Two may hold the same for different ends; which are there depends on the modes.
                writers = self.writers[register]
                name = _digest(known.name, *[self._setup(number) for number in writers])
            self._by_register[register] = name
        return self._by_register[register]

    def _setup(self, number: int) -> bytes:
        if number not in self._by_op:
            op = self.code.ops[number]
            parts = [self._operand(op, position) for position in range(op.row.arity)]
            self._by_op[number] = _digest(op.row.code, *op.region, *parts)
        return self._by_op[number]

    def _operand(self, op: Op, position: int) -> Hashable:
        word: int = op.operands[position]
        is_read = position in READ[op.row.code]
        if not is_read and position not in WRITTEN[op.row.code]:
            return word
        register = self.code.owner[word]
        lane = word - self.code.registers[register].word
        return (lane, self.register(register)) if is_read else lane


_BYTES = tuple(bytes([row.code]) for row in OPCODES)
"""By opcode number, what it is in a digest."""


def _digest(*parts: Hashable) -> bytes:
    return blake2b(repr(parts).encode(), digest_size=VLEN).digest()
