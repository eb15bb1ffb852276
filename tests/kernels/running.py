"""Runs of built programs, on fresh inputs, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from machine.machine import Machine
from machine.problem import Problem
from machine.program import Program
from machine.verdict import Verdict, check


class Run(NamedTuple):
    """What came of it: cycles, and memory held against the reference."""

    cycles: int
    check: Verdict
    bundles: int
    values: list[int]
    """What memory holds at the end where the values are."""


def run(program: Program, words: Sequence[int] | None = None, *, debug: bool = True) -> Run:
    """To the end, with compares on; memory is the problem's own unless words are given."""
    assert program.problem is not None
    before = list(program.problem.memory() if words is None else words)
    machine = Machine(program, list(before), debug=debug, pauses=False)
    stop = machine.run()
    assert stop.fault is None, stop
    after = check(program.problem.layout, before, machine.memory, program.outputs)
    assert after.forest_unchanged
    layout = program.problem.layout
    values = list(machine.memory[layout.values_at : layout.words])
    return Run(machine.cycle, after, machine.position, values)


def full_words(problem: Problem, seed: int) -> list[int]:
    """The problem's memory with nodes and values from the whole range of words."""
    random, words, layout = Random(seed), list(problem.memory()), problem.layout
    for address in (*layout.nodes, *layout.values):
        words[address] = random.getrandbits(32)
    return words
