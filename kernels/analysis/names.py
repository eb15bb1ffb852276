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
from hashlib import blake2b
from operator import itemgetter
from typing import NamedTuple

from kernels.ir import Code, Op
from machine.access import MEMORY, SPANS, Kind
from machine.isa import OPCODES, VLEN

SETUP = -1
TIE_BITS = 16
"""Of a tie, those that tell a vector's operations apart."""


class Name(NamedTuple):
    """`tie` orders operations of equal priority; `slot` is the same in other modes, where there.

    `digest` says what the operation is, as far as the name does not.
    """

    vector: int
    tie: int
    slot: Hashable
    digest: bytes


def share_constants(code: Code) -> Code:
    """The same code; what all vectors share belongs to none, whoever asked for it first.

    That is all that is worked out from nothing but constants and memory no vector stores to.
    """
    shared = [register.constant is not None for register in code.registers]
    stored = {op.region for op in code.ops if MEMORY[op.row.code] is Kind.WRITE and _has_vector(op)}
    owner, ops = code.owner, []
    for op in code.ops:
        row, operands, origin, region = op
        defs, uses = SPANS[row.code]
        if origin.vector is not None:
            if not defs or not all(shared[owner[operands[position]]] for position, _ in uses):
                ops.append(op)
                continue
            if MEMORY[row.code] and any(map(region.meets, stored)):
                ops.append(op)
                continue
            op = op._replace(origin=origin._replace(vector=None))
        for position, _ in defs:
            shared[owner[operands[position]]] = True
        ops.append(op)
    return code.with_ops(ops)


def _has_vector(op: Op) -> bool:
    return op.origin.vector is not None


class Names:
    """By operation its name, None for debug ones, and by register written by set-up its own."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.writers: dict[int, list[int]] = {}
        for number, op in enumerate(code.ops):
            if op.origin.vector is None:
                for position, _ in SPANS[op.row.code].defs:
                    self.writers.setdefault(code.owner[op.operands[position]], []).append(number)
        self._by_register: dict[int, bytes] = {}
        self._by_op: dict[int, bytes] = {}
        self.of = self._names()

    def by_tie(self) -> list[tuple[Name, int]]:
        """Names and numbers of all operations but debug ones, in the order of their ties."""
        named = [(name.tie, name, number) for number, name in enumerate(self.of) if name]
        return [(name, number) for _, name, number in sorted(named, key=itemgetter(0))]

    def fingerprint(self) -> str:
        """Of all operations with their names: other operations have another one."""
        whole = blake2b(digest_size=VLEN)
        for name, _ in self.by_tie():
            whole.update(name.tie.to_bytes(VLEN, "little") + name.digest)
        return whole.hexdigest()

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
        defs, uses = (dict(spans) for spans in SPANS[op.row.code])
        if position not in defs | uses:
            return word
        register = self.code.owner[word]
        lane = word - self.code.registers[register].word
        return lane if position in defs else (lane, self.register(register))

    def _names(self) -> list[Name | None]:
        names: list[Name | None] = [None] * len(self.code.ops)
        counts: dict[Hashable, int] = {}
        setup = []
        for number, (row, _, origin, _) in enumerate(self.code.ops):
            if row.engine == "debug":
                continue
            vector = origin.vector
            if vector is None:
                digest = self._setup(number)
                again = counts.get(digest, 0)
                counts[digest] = again + 1
                setup.append((digest, again, number))
                continue
            at = (vector, origin.round, origin.stage)
            place, within = counts.get(vector, 0), counts.get(at, 0)
            counts[vector], counts[at] = place + 1, within + 1
            tie = (vector + 1 << TIE_BITS) + place
            names[number] = Name(vector, tie, (*at, within), _BYTES[row.code])
        for tie, (digest, again, number) in enumerate(sorted(setup)):
            names[number] = Name(SETUP, tie, (digest, again), digest)
        return names


_BYTES = tuple(bytes([row.code]) for row in OPCODES)
"""By opcode number, what it is in a digest."""


def _digest(*parts: Hashable) -> bytes:
    return blake2b(repr(parts).encode(), digest_size=VLEN).digest()
