"""Inputs of the problem and their solutions, as fast as there is a way.

The same words as `Problem.memory` and `machine.problem.solve` give, in arrays; by the compiled core
where it is there, by those two where it is not.
"""

from __future__ import annotations

from array import array
from random import Random
from types import ModuleType

from machine.core import choose_core
from machine.problem import GREATEST_VALUE, HASH_STAGES, Layout, Problem, solve

_STAGES = tuple((stage.op1, stage.c, stage.op2, stage.op3, stage.s) for stage in HASH_STAGES)


def _compiled() -> ModuleType | None:
    if choose_core().name != "compiled":
        return None
    from machine.core import _core

    return _core


def memory_of(problem: Problem) -> array[int]:
    """The memory image of a problem, as `Problem.memory`."""
    core = _compiled()
    if core is None or GREATEST_VALUE != 2**30 - 1:
        return array("I", problem.memory())
    layout = problem.layout
    drawn = _drawn(core, Random(problem.seed), layout.n_nodes + layout.batch_size)
    words = array("I", layout.header)
    words += drawn[: layout.n_nodes]
    words += array("I", bytes(4 * layout.batch_size))
    words += drawn[layout.n_nodes :]
    return words


def _drawn(core: ModuleType, random: Random, count: int) -> array[int]:
    """That many numbers as `randint(0, GREATEST_VALUE)` draws them, one after the other."""
    words = array("I")
    while len(words) < count:
        # Half of a generator's outputs are taken; a few more than twice as many mostly do.
        outputs = 2 * (count - len(words)) + 256
        more = array("I", bytes(4 * (count - len(words))))
        bits = random.getrandbits(32 * outputs).to_bytes(4 * outputs, "little")
        words += more[: core.draw(bits, more)]
    return words


def solution_of(layout: Layout, memory: array[int]) -> tuple[array[int], array[int]]:
    """The final indices and values, as `machine.problem.solve` gives them."""
    core = _compiled()
    if core is None:
        solution = solve(layout, memory)
        return array("I", solution.indices), array("I", solution.values)
    nodes = memory[layout.nodes_at : layout.indices_at]
    indices = memory[layout.indices_at : layout.values_at]
    values = memory[layout.values_at : layout.words]
    core.solve(nodes, indices, values, layout.rounds, _STAGES)
    return indices, values
