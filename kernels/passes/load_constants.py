"""Constants get their values: made at the start, once each.

    v = a ^ v_const_5       const_5 = 5
                        ->  v_const_5 = vbroadcast(const_5)
                            v = a ^ v_const_5

Only those still used when it runs, which is last. How one is made depends on which others there
are, not on who asked for it first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from kernels.ir import Code, Op, Origin, Register
from machine.access import READ, SPANS
from machine.isa import WORD_MASK, opcode

CONST, BROADCAST = opcode("load", "const"), opcode("valu", "vbroadcast")
ADD_IMM = opcode("flow", "add_imm")
WORD_BITS = WORD_MASK.bit_length()
KNOWN = "known"
"""The stage of the operations that load constants which stand in memory."""
DEEPEST = 4
"""Operations one after another that still take less time than waiting for a load slot."""


BY_FLOW = frozenset(range(4, 40, 2))
"""Which of the loaded constants flow makes: it is idle at the start, and takes one a cycle."""
BY_FLOW_IF_BUSY = frozenset(range(40)) - {2}


class Recipe(NamedTuple):
    """How a constant is made: `name` of `a` and `b`, made before; loaded if it has no name.

    `depth` is how many cycles after its first ancestor it is there. What is known has one of 0.
    """

    value: int
    name: str = ""
    a: int = 0
    b: int = 0
    depth: int = 0


@dataclass(frozen=True)
class LoadConstants:
    """`by_alu` is whether what can be worked out from other constants is, instead of loaded.

    Where a 0 is known, flow makes some of what is loaded.
    """

    by_alu: bool = False

    name = "load-constants"
    help = "constants made at the start, once each"
    origin = Origin("constants", made_by=name)

    def __call__(self, code: Code) -> Code:
        wanted, words = _used(code), _placed_words_read(code)
        known = _known(code)
        scalars = {value: word for value, word in code.placed.items() if word in words}
        scalars |= {_value(r): r.word for r in wanted if r.width == 1}
        for value in dict.fromkeys(map(_value, wanted)):
            if value not in scalars and value not in known:
                scalars[value] = code.new_register(f"const_{value:#x}", 1)
        made = list(self.made(scalars, known, code))
        for register in wanted:
            if register.width > 1:
                value = _value(register)
                operands = (register.word, known.get(value, scalars.get(value)))
                made.append(Op(BROADCAST, operands, self.origin))
        first = _first(code)
        return code.with_ops([*first, *made, *code.ops[len(first) :]])

    def made(
        self, scalars: Mapping[int, int], known: Mapping[int, int], code: Code
    ) -> Iterator[Op]:
        """What makes these values, each in its word; known ones are copied."""
        for value in scalars.keys() & known.keys():
            yield Op(opcode("alu", "|"), (scalars[value], known[value], known[value]), self.origin)
        scalars = {value: word for value, word in scalars.items() if value not in known}
        if not self.by_alu:
            recipes: Iterable[Recipe] = map(Recipe, scalars)
        else:
            first = [value for value in sorted(scalars) if value in code.soon]
            others = sorted(scalars.keys() - first)
            recipes = cookbook(tuple(sorted(known)), tuple(first), tuple(others))
        word_of = {**scalars, **known}
        loaded, by_flow = 0, BY_FLOW_IF_BUSY if code.busy_loads else BY_FLOW
        for value, name, a, b, _ in recipes:
            if name:
                row = opcode("alu", name)
                yield Op(row, (scalars[value], word_of[a], word_of[b]), self.origin)
                continue
            if 0 in known and loaded in by_flow:
                yield Op(ADD_IMM, (scalars[value], known[0], value), self.origin)
            else:
                yield Op(CONST, (scalars[value], value), self.origin)
            loaded += 1


@lru_cache(maxsize=256)
def cookbook(
    known: tuple[int, ...], first: tuple[int, ...], values: tuple[int, ...]
) -> tuple[Recipe, ...]:
    """A recipe for each of the first and of the values, in an order in which they can be made.

    What neither known ones nor others soon lead to is loaded; where nothing is known but 0, all
    of the first are.
    """
    left = dict.fromkeys((*first, *values))
    made: dict[int, Recipe] = {}
    found: dict[int, Recipe] = {}
    loads = 0 if any(known) else len(first)

    def add(new: Recipe) -> None:
        made[new.value] = new
        found.pop(new.value, None)
        left.pop(new.value, None)
        for other in made.values():
            depth = 1 + max(new.depth, other.depth)
            for value, name, a, b in _dishes(new.value, other.value):
                if value in left and (value not in found or depth < found[value].depth):
                    found[value] = Recipe(value, name, a, b, depth)

    for value in known:
        add(Recipe(value))
    while left:
        new = min(found.values(), key=lambda recipe: (recipe.depth, recipe.value), default=None)
        if new is None or loads > 0 or new.depth > DEEPEST:
            new, loads = Recipe(next(iter(left))), loads - 1
        add(new)
    return tuple(made.values())[len(known) :]


def _dishes(one: int, other: int) -> Iterator[tuple[int, str, int, int]]:
    """What one operation makes of two values: the result, the operation, its operands."""
    for x, y in ((one, other), (other, one)):
        yield x + y & WORD_MASK, "+", x, y
        yield x - y & WORD_MASK, "-", x, y
        yield x * y & WORD_MASK, "*", x, y
        if y < WORD_BITS:
            yield x << y & WORD_MASK, "<<", x, y
            yield x >> y, ">>", x, y
    if one == other:
        yield 1, "==", one, one


def _first(code: Code) -> list[Op]:
    """The operations that everything else comes after: they load what is known."""
    return list(takewhile(lambda op: op.origin.stage == KNOWN, code.ops))


def _known(code: Code) -> dict[int, int]:
    """The constants that need not be made: those that are 0, and those that are loaded."""
    loaded = {code.owner[op.operands[0]] for op in _first(code)}
    return {
        value: word
        for value, word in code.known.items()
        if word in code.zeros or code.owner[word] in loaded
    }


def _placed_words_read(code: Code) -> set[int]:
    """The words in which constants have to be made, as far as anybody reads them."""
    placed = {code.owner[word] for word in code.placed.values()}
    if not placed:
        return set()
    return {
        word
        for row, operands, _, _ in code.ops
        for position, width in SPANS[row.code].uses
        if code.owner[operands[position]] in placed
        for word in range(operands[position], operands[position] + width)
    }


def _value(register: Register) -> int:
    assert register.constant is not None
    return register.constant


def _used(code: Code) -> list[Register]:
    """The constants that an operation reads, in the order in which they are first read."""
    words = dict.fromkeys(
        [operands[at] for row, operands, _, _ in code.ops for at in READ[row.code]]
    )
    numbers = dict.fromkeys([code.owner[word] for word in words])
    found = (code.registers[number] for number in numbers)
    return [register for register in found if register.constant is not None]
