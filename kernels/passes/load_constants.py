"""Constants get their values: made at the start, once each.

    v = a ^ v_const_5       const_5 = 5
                        ->  v_const_5 = vbroadcast(const_5)
                            v = a ^ v_const_5

Only those still used when it runs, which is last. How one is made depends on which others there
are, not on who asked for it first.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from kernels.ir import Code, Op, Origin, Register
from machine.access import SPANS
from machine.isa import WORD_MASK, opcode

CONST, BROADCAST = opcode("load", "const"), opcode("valu", "vbroadcast")
ADD_IMM = opcode("flow", "add_imm")
WORD_BITS = WORD_MASK.bit_length()
DEEPEST = 4
"""Operations one after another that still take less time than waiting for a load slot."""


class Recipe(NamedTuple):
    """How a constant is made: `name` of `a` and `b`, made before; loaded if it has no name.

    `depth` is how many cycles after its first ancestor it is there.
    """

    value: int
    name: str = ""
    a: int = 0
    b: int = 0
    depth: int = 0


@dataclass(frozen=True)
class LoadConstants:
    """`by_alu` is whether what can be worked out from other constants is, instead of loaded.

    Of what is loaded, `by_flow` are those, in their order, that flow makes of the first one.
    """

    by_flow: Container[int] = ()
    by_alu: bool = False

    name = "load-constants"
    help = "constants made at the start, once each"
    origin = Origin("constants", made_by=name)

    def __call__(self, code: Code) -> Code:
        wanted = _used(code)
        scalars = {_value(r): r.word for r in wanted if r.width == 1}
        for value in dict.fromkeys(map(_value, wanted)):
            if value not in scalars:
                scalars[value] = code.new_register(f"const_{value:#x}", 1)
        made = list(self.made(scalars, code.soon))
        for register in wanted:
            if register.width > 1:
                operands = (register.word, scalars[_value(register)])
                made.append(Op(BROADCAST, operands, self.origin))
        return code.with_ops(made + code.ops)

    def made(self, scalars: dict[int, int], soon: Container[int]) -> Iterator[Op]:
        """What makes these values, each in its word."""
        if not self.by_alu:
            recipes: Iterable[Recipe] = map(Recipe, scalars)
        else:
            first = [value for value in sorted(scalars) if value in soon]
            recipes = cookbook(tuple(first), tuple(sorted(scalars.keys() - first)))
        loaded: list[int] = []
        for value, name, a, b, _ in recipes:
            if name:
                yield Op(opcode("alu", name), (scalars[value], scalars[a], scalars[b]), self.origin)
                continue
            if len(loaded) in self.by_flow:
                operands = (scalars[value], scalars[loaded[0]], value - loaded[0])
                yield Op(ADD_IMM, operands, self.origin)
            else:
                yield Op(CONST, (scalars[value], value), self.origin)
            loaded.append(value)


@lru_cache(maxsize=256)
def cookbook(first: tuple[int, ...], values: tuple[int, ...]) -> tuple[Recipe, ...]:
    """A recipe for each, in an order in which they can be made: the first ones are loaded, and
    after that the next one where none is left that others soon lead to."""
    left = dict.fromkeys((*first, *values))
    made: dict[int, Recipe] = {}
    found: dict[int, Recipe] = {}
    while left:
        new = min(found.values(), key=lambda recipe: (recipe.depth, recipe.value), default=None)
        if new is None or len(made) < len(first) or new.depth > DEEPEST:
            new = Recipe(next(iter(left)))
        made[new.value] = new
        found.pop(new.value, None)
        del left[new.value]
        for other in made.values():
            for recipe in _dishes(new, other):
                known = found.get(recipe.value)
                if recipe.value in left and (known is None or recipe.depth < known.depth):
                    found[recipe.value] = recipe
    return tuple(made.values())


def _dishes(one: Recipe, other: Recipe) -> Iterator[Recipe]:
    """What one operation makes of two values."""
    depth = 1 + max(one.depth, other.depth)
    for x, y in ((one.value, other.value), (other.value, one.value)):
        yield Recipe(x + y & WORD_MASK, "+", x, y, depth)
        yield Recipe(x - y & WORD_MASK, "-", x, y, depth)
        yield Recipe(x * y & WORD_MASK, "*", x, y, depth)
        if y < WORD_BITS:
            yield Recipe(x << y & WORD_MASK, "<<", x, y, depth)


def _value(register: Register) -> int:
    assert register.constant is not None
    return register.constant


def _used(code: Code) -> list[Register]:
    """The constants that an operation reads, in the order in which they are first read."""
    constant = [code.registers[r].constant is not None for r in code.owner]
    found = {
        code.owner[word]: None
        for op in code.ops
        for position, _ in SPANS[op.row.code].uses
        if constant[word := op.operands[position]]
    }
    return [code.registers[number] for number in found]
