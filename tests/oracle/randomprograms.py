"""Random programs over every opcode, made to collide inside a bundle and yet to run for a while.

All slots work in one zone of 72 scratch words, which the prologue loads from the first 72 words
of memory:

    churn      32 words   written freely by everything
    addresses  16 words   only ever hold addresses at which a vector fits
    sound      24 words   never written: eight times the address modulus, twelve divisors that are
                          not zero and four bundle indices

A program has a risk, drawn once, with which each operand strays from what keeps the run going:
a divisor from anywhere, a wild address, a negative target, a compare that may differ. Some
programs stray nowhere, some soon. Every slot passes the loader: limits, arities and scratch
addresses hold. A run may loop for ever; the caller bounds it. Same generator state, same program.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .shapes import Key

SCRATCH = 1536
VLEN = 8
LIMITS = {"alu": 12, "valu": 6, "load": 2, "store": 2, "flow": 1, "debug": 64}

CHURN, ADDRESSES, SOUND, ZONE = 0, 32, 48, 72
DIVISORS, TARGETS = SOUND + VLEN, ZONE - 4
EDGES = (0, 1, 2, 7, 8, 31, 32, 33, 2**16, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 2, 2**32 - 1)
RISKS = (0.0, 0.001, 0.003, 0.007, 0.015)

Bundles = list[dict[str, list[list[Any]]]]


class RandomProgram(NamedTuple):
    """A program in JSON form, the memory it starts with, and what its compares compare with."""

    bundles: Bundles
    memory: list[int]
    reference: dict[Key, int]


@dataclass
class _Writer:
    """Draws operands for the bundle at `index`; the methods are named for what they return."""

    rng: random.Random
    base: int
    memory: list[int]
    length: int
    risk: float
    index: int = 0
    reference: dict[Key, int] = field(default_factory=dict)

    def strays(self, times: float = 1) -> bool:
        return self.rng.random() < self.risk * times

    def between(self, low: int, high: int) -> int:
        return self.base + self.rng.randrange(low, high)

    def word(self) -> int:
        return self.between(0, ZONE)

    def vector(self) -> int:
        return self.between(0, ZONE - VLEN + 1)

    def dest(self) -> int:
        return self.between(CHURN, ADDRESSES)

    def vdest(self) -> int:
        return self.between(CHURN, ADDRESSES - VLEN + 1)

    def kept(self) -> int:
        """A word of the addresses, to be read or to be given another address."""
        return self.between(ADDRESSES, SOUND)

    def vkept(self) -> int:
        return self.between(ADDRESSES, SOUND - VLEN + 1)

    def address(self) -> int:
        return self.word() if self.strays(3) else self.kept()

    def divisor(self) -> int:
        return self.word() if self.strays(6) else self.between(SOUND, ZONE)

    def vdivisor(self) -> int:
        return self.vector() if self.strays(6) else self.between(SOUND, ZONE - VLEN + 1)

    def modulus(self) -> int:
        return self.between(SOUND, DIVISORS)

    def target_word(self) -> int:
        return self.address() if self.rng.random() < 0.3 else self.between(TARGETS, ZONE)

    def target(self, forward: float) -> int:
        if self.strays(20):
            return self.rng.choice((-1, -7, -(2**40), self.length, self.length + 9, 2**33))
        if self.rng.random() < forward:
            return self.index + 1 + self.rng.randrange(4)
        return self.rng.randrange(PROLOGUE + 1, self.index + 2)

    def imm(self) -> int:
        small, edge = self.rng.randrange(-9, 10), self.rng.choice(EDGES)
        return self.rng.choice((small, edge, -edge, edge + 2**32, self.rng.getrandbits(80)))

    def load_offset(self) -> list[Any]:
        """Operands whose sums with imm are a churn word and an address, all inside scratch."""
        dest, addr = self.dest(), self.address()
        low, high = max(dest, addr) - SCRATCH + 1, min(dest, addr)
        imm = self.rng.randint(max(low, -9), min(high, 9))
        return [dest - imm, addr - imm, imm]

    def recorded(self, value: int) -> list[Any]:
        """A fresh key under which the value is recorded."""
        name = self.rng.choice(("idx", "val", "node_val", "hashed_val"))
        key = (len(self.reference), self.index, name)
        self.reference[key] = value
        return list(key)

    def unrecorded(self) -> list[Any]:
        return [len(self.reference), self.index, "hash_stage", self.rng.randrange(6)]

    def compared(self, known: bool) -> tuple[int, bool]:
        """Where a compare looks (in the zone), and whether its first image is still there."""
        place = self.rng.randrange(0 if known else SOUND, ZONE - VLEN + 1)
        return place, not self.strays(0.5)

    def expected(self, place: int, sound: bool) -> list[Any]:
        """A key for one word: with its value, or else with any value or none."""
        if sound:
            return self.recorded(self.memory[place])
        return (
            self.unrecorded() if self.rng.random() < 0.5 else self.recorded(self.rng.choice(EDGES))
        )

    def compare(self) -> list[Any]:
        place, sound = self.compared(self.index == PROLOGUE)
        return [self.base + place, self.expected(place, sound)]

    def vcompare(self) -> list[Any]:
        place, sound = self.compared(self.index == PROLOGUE)
        strays = () if sound else self.rng.sample(range(VLEN), 2)
        keys = [self.expected(place + i, i not in strays) for i in range(VLEN)]
        return [self.base + place, keys]


Draw = Callable[[_Writer], list[Any]]

PLAIN = ("+", "-", "*", "^", "&", "|", "<<", ">>", "<", "==")
DIVIDING = ("//", "%", "cdiv")


def _each(ops: tuple[str, ...], draw: Draw) -> dict[str, Draw]:
    return dict.fromkeys(ops, draw)


OPERANDS: dict[str, dict[str, Draw]] = {
    "alu": {
        **_each(PLAIN, lambda w: [w.dest(), w.word(), w.word()]),
        **_each(DIVIDING, lambda w: [w.dest(), w.word(), w.divisor()]),
    },
    "valu": {
        **_each(PLAIN, lambda w: [w.vdest(), w.vector(), w.vector()]),
        **_each(DIVIDING, lambda w: [w.vdest(), w.vector(), w.vdivisor()]),
        "vbroadcast": lambda w: [w.vdest(), w.word()],
        "multiply_add": lambda w: [w.vdest(), w.vector(), w.vector(), w.vector()],
    },
    "load": {
        "load": lambda w: [w.dest(), w.address()],
        "load_offset": lambda w: w.load_offset(),
        "vload": lambda w: [w.vdest(), w.address()],
        "const": lambda w: [w.dest(), w.imm()],
    },
    "store": {
        "store": lambda w: [w.address(), w.word()],
        "vstore": lambda w: [w.address(), w.vector()],
    },
    "flow": {
        "select": lambda w: [w.dest(), w.word(), w.word(), w.word()],
        "vselect": lambda w: [w.vdest(), w.vector(), w.vector(), w.vector()],
        "add_imm": lambda w: [w.dest(), w.word(), w.imm()],
        "jump": lambda w: [w.target(0.9)],
        "jump_indirect": lambda w: [w.target_word()],
        "cond_jump": lambda w: [w.word(), w.target(0.7)],
        "cond_jump_rel": lambda w: [w.word(), w.target(0.7) - w.index - 1],
        "halt": lambda w: [],
        "pause": lambda w: [],
        "trace_write": lambda w: [w.word()],
        "coreid": lambda w: [w.dest()],
    },
    "debug": {
        "compare": lambda w: w.compare(),
        "vcompare": lambda w: w.vcompare(),
        "comment": lambda w: ["at", w.index],
        "note": lambda w: [w.imm()],
    },
}

# Slots that write an address again, so that addresses move and collide without going astray.
MOVES: dict[str, tuple[tuple[str, Draw], ...]] = {
    "alu": (("%", lambda w: [w.kept(), w.word(), w.modulus()]),),
    "valu": (
        ("%", lambda w: [w.vkept(), w.vector(), w.base + SOUND]),
        ("vbroadcast", lambda w: [w.vkept(), w.kept()]),
    ),
    "load": (("const", lambda w: [w.kept(), w.rng.randrange(len(w.memory) - VLEN + 1)]),),
    "flow": (
        ("select", lambda w: [w.kept(), w.word(), w.kept(), w.kept()]),
        ("vselect", lambda w: [w.vkept(), w.vector(), w.vkept(), w.vkept()]),
        ("coreid", lambda w: [w.kept()]),
    ),
}
RARE = {"halt": 0.15, "jump": 0.4, "jump_indirect": 0.2}  # others weigh 1


def _prologue(base: int) -> Bundles:
    """Load the zone from memory's first words, the vector that holds the pointer last."""
    starts = range(ZONE - VLEN, -1, -VLEN)
    points = [["const", base, start] for start in starts]
    loads = [["vload", base + start, base] for start in starts]
    between = [{"load": list(pair)} for pair in zip(loads, points[1:], strict=False)]
    return [{"load": points[:1]}, *between, {"load": loads[-1:]}]


PROLOGUE = len(_prologue(0))


def _memory(rng: random.Random, length: int) -> list[int]:
    """The zone's image, then a random tail; `length` is the program's, for the indices."""
    size = ZONE + rng.randrange(30)
    addresses = [rng.randrange(size - VLEN + 1) for _ in range(SOUND - ADDRESSES)]
    divisors = [rng.choice((*EDGES[1:], rng.randint(1, 2**32 - 1))) for _ in range(12)]
    targets = [rng.randrange(length // 2, length + 1) for _ in range(ZONE - TARGETS)]
    sound = [*[size - VLEN + 1] * VLEN, *divisors, *targets]
    churn = [_value(rng, size) for _ in range(ADDRESSES - CHURN)]
    return [*churn, *addresses, *sound, *[_value(rng, size) for _ in range(size - ZONE)]]


def _value(rng: random.Random, size: int) -> int:
    return rng.choice((rng.choice(EDGES), rng.randrange(size), rng.getrandbits(32)))


def _slot(writer: _Writer, engine: str) -> list[Any]:
    rng = writer.rng
    if engine in MOVES and rng.random() < 0.15:
        op, draw = rng.choice(MOVES[engine])
        return [op, *draw(writer)]
    ops = OPERANDS[engine]
    (op,) = rng.choices(list(ops), [RARE.get(op, 1) for op in ops])
    return [op, *ops[op](writer)]


def _slots(writer: _Writer, engine: str) -> list[list[Any]]:
    limit = min(LIMITS[engine], 12)
    count = writer.rng.choice((0, *range(1, limit + 1), *range(1, limit + 1), limit))
    return [_slot(writer, engine) for _ in range(count)]


def _bundle(writer: _Writer) -> dict[str, list[list[Any]]]:
    rng = writer.rng
    engines = rng.sample(list(LIMITS), rng.choice((0, 1, 1, 2, 3, 3, 4, 4, 5, 6)))
    return {engine: _slots(writer, engine) for engine in engines}


def random_program(rng: random.Random, *, shortest: int = 20, longest: int = 60) -> RandomProgram:
    """A program of `shortest` to `longest` bundles after its prologue."""
    length = PROLOGUE + rng.randint(shortest, longest)
    base = rng.choice((0, SCRATCH - ZONE, rng.randrange(SCRATCH - ZONE)))
    writer = _Writer(rng, base, _memory(rng, length), length, rng.choice(RISKS))
    body: Bundles = []
    for index in range(PROLOGUE, length):
        writer.index = index
        body.append(_bundle(writer))
    return RandomProgram([*_prologue(base), *body], writer.memory, writer.reference)
