"""Constants that are worked out from others: what their recipes say, and what they save."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from random import Random

import pytest

from kernels.build_request import BuildRequest
from kernels.ir import Op
from kernels.passes.load_constants import CONST, DEEPEST, cookbook
from machine.isa import VLEN, WORD_MASK
from machine.problem import Problem

COMPUTE = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "==": lambda a, b: int(a == b),
}


def some_values(seed: int) -> tuple[int, ...]:
    random = Random(seed)
    small = {random.randrange(100) for _ in range(12)}
    return tuple(sorted(small | {random.randrange(2**32) for _ in range(4)}))


@pytest.mark.parametrize("seed", range(5))
def test_a_recipe_makes_its_value_of_those_before_it(seed: int) -> None:
    values = some_values(seed)
    first = values[2:4]
    recipes = cookbook((), first, tuple(value for value in values if value not in first))
    assert sorted(recipe.value for recipe in recipes) == list(values)
    assert [recipe.value for recipe in islice(recipes, len(first))] == list(first)
    assert not any(recipe.name for recipe in islice(recipes, len(first)))
    depth: dict[int, int] = {}
    for recipe in recipes:
        if recipe.name:
            made = COMPUTE[recipe.name](recipe.a, recipe.b) & WORD_MASK  # type: ignore[no-untyped-call]
            assert made == recipe.value
            assert recipe.depth == 1 + max(depth[recipe.a], depth[recipe.b]) <= DEEPEST
        depth[recipe.value] = recipe.depth


def test_what_is_known_is_not_made_and_others_are_made_of_it() -> None:
    recipes = cookbook((0, 16), (), (1, 8, 17, 2**31 + 12345))
    assert [(recipe.value, recipe.name) for recipe in recipes if not recipe.name] == [
        (2**31 + 12345, "")
    ]
    assert {recipe.value for recipe in recipes} == {1, 8, 17, 2**31 + 12345}


def test_a_shift_by_a_whole_word_makes_nothing() -> None:
    recipes = cookbook((), (32, 1), (0,))
    assert recipes[-1].name in ("", "-", "*", ">>")


def test_most_of_a_kernel_s_constants_take_no_load_slot() -> None:
    def made(op: Op) -> bool:
        return op.origin.stage == "constants" and op.row.engine in ("load", "flow", "alu")

    ops = [op for op in BuildRequest(Problem()).compile().ops if made(op)]
    engines = Counter(op.row.engine for op in ops)
    assert engines["alu"] > engines["load"] + engines["flow"]
    assert engines["load"] <= 4


def test_without_the_header_addresses_are_loaded_first() -> None:
    code = BuildRequest(Problem(), without=("header-constants",)).compile()
    loaded = [op.operands[1] for op in code.ops if op.row is CONST]
    assert set(loaded[:2]) <= {7, VLEN, Problem().layout.values_at}
