"""The treehash kernel: right on every size and input, and within its bars."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from kernels.catalog import BuildError, build
from kernels.lower import lower
from kernels.plan import CHOICE_SIZES, CHOICES, VectorChoices, plan_for
from kernels.schedule.base import Schedule
from kernels.schedule.list import list_schedule
from kernels.schedule.verify import verify_schedule
from kernels.treehash import OPTIONAL, compile_plan
from machine.machine import Machine
from machine.problem import Problem
from machine.program import Program
from tests.kernels.running import full_words, run

BOTH = ("values", "indices")
SIZES = [
    (1, 0, 4),
    (1, 1, 1),
    (1, 7, 8),
    (2, 9, 3),
    (3, 5, 16),
    (4, 6, 10),
    (5, 3, 17),
    (6, 12, 3),
    (8, 9, 64),
    (8, 16, 222),
    (9, 9, 200),
    (12, 14, 9),
]


def correct(program: Program, seed: int) -> bool:
    assert program.problem is not None
    return all(
        run(program, words).check.correct for words in (None, full_words(program.problem, seed))
    )


@pytest.mark.parametrize("outputs", [("values",), BOTH], ids=["values", "both"])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_any_size(sizes: tuple[int, int, int], outputs: tuple[str, ...]) -> None:
    seed = Random().getrandbits(20)
    program = build("treehash", "list", Problem(*sizes, seed=seed), outputs=outputs)
    assert correct(program, seed), seed


@pytest.mark.parametrize("scheduler", ["serial", "greedy"])
@pytest.mark.parametrize("sizes", [(3, 5, 16), (10, 16, 40)], ids=str)
def test_other_schedulers(scheduler: str, sizes: tuple[int, int, int]) -> None:
    assert correct(build("treehash", scheduler, Problem(*sizes), outputs=BOTH), 7)


def test_random_sizes() -> None:
    random = Random(20_26)
    for _ in range(6):
        sizes = random.randint(1, 10), random.randint(1, 20), random.randint(1, 70)
        assert correct(build("treehash", "list", Problem(*sizes), outputs=BOTH), 1), sizes


def test_more_vectors_than_scratch_holds() -> None:
    assert correct(build("treehash", "list", Problem(4, 3, 1700)), 1)


@pytest.mark.parametrize(
    ("outputs", "without", "bar"),
    [
        (("values",), (), 895),
        (BOTH, (), 912),
        (("values",), ("block-tables",), 1_130),
    ],
    ids=["values", "both", "first list"],
)
def test_standard_size(outputs: tuple[str, ...], without: tuple[str, ...], bar: int) -> None:
    program = build("treehash", "list", Problem(), outputs=outputs, without=without)
    assert run(program).cycles <= bar
    assert correct(program, 99)


@pytest.mark.parametrize("name", [*OPTIONAL, *CHOICES])
def test_every_pass_and_choice_can_be_left_out(name: str) -> None:
    for problem in (Problem(6, 9, 20), Problem(8, 9, 224)):
        assert correct(build("treehash", "list", problem, outputs=BOTH, without=(name,)), 3)


def test_everything_left_out() -> None:
    everything = (*OPTIONAL, *CHOICES)
    assert correct(build("treehash", "list", Problem(6, 9, 20), without=everything), 3)


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_tree_cache_can_be_capped(levels: int) -> None:
    program = build("treehash", "list", Problem(6, 9, 20), settings={"tree-cache": levels})
    assert correct(program, 3)
    assert program.build["settings"] == {"tree-cache": levels}


@pytest.mark.parametrize("seed", range(3))
def test_any_modes_give_the_same_result(seed: int) -> None:
    problem, random = Problem(10, 16, 256), Random(seed)
    plan = plan_for(problem)
    assert plan.blocks == (3, 5, 7)
    columns = {
        mode: random.sample([vector % ways for vector in range(32)], 32)
        for mode, ways in CHOICE_SIZES.items()
    }
    modes = tuple(
        VectorChoices(**{mode: column[vector] for mode, column in columns.items()})
        for vector in range(32)
    )
    code = compile_plan(problem, replace(plan, modes=modes), BOTH)
    schedule = list_schedule(code)
    assert not verify_schedule(schedule)
    assert correct(program_of(schedule, problem), 5)


def program_of(schedule: Schedule, problem: Problem) -> Program:
    columns, slots = lower(schedule)
    return Program(columns, problem=problem, outputs=BOTH, slots=slots)


def test_without_its_constants_the_header_is_not_read() -> None:
    for problem in (Problem(6, 9, 20), Problem(8, 14, 224)):
        program = build("treehash", "list", problem, without=("header-constants",))
        words = list(problem.memory())
        words[:7] = [0xDEAD] * 7
        machine = Machine(program, list(words), debug=False, pauses=False)
        assert machine.run().fault is None
        values = machine.memory[problem.layout.values_at : problem.layout.words]
        assert list(values) == run(program).values


def test_set_up_is_over_long_before_the_end() -> None:
    """Values are loaded and stored all the time: that is neither."""
    program = build("treehash", "list", Problem(6, 12, 120))
    tags = {tag.name: tag for tag in program.tags}
    assert tags["setup"].pc == 0
    assert tags["setup"].end < tags["end"].pc < tags["round 11"].end
    assert tags["end"].end == len(program)


def test_provenance_says_where_each_slot_comes_from() -> None:
    program = build("treehash", "list", Problem(6, 9, 20))
    assert len(program.slots) == program.columns.slot_count
    hashed = [slot for slot in program.slots if slot["stage"] == "hash stage 4"]
    assert {slot["round"] for slot in hashed} == set(range(9))
    assert {slot["vector"] for slot in hashed} == {0, 1, 2}
    assert {slot.get("made_by") for slot in program.slots} >= {"multiply-add", "load-constants"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel": "nope"}, r"no kernel is called 'nope'; there are baseline, treehash"),
        ({"scheduler": "nope"}, r"no scheduler is called 'nope'; there are serial, greedy, list"),
        ({"without": ("nope",)}, r"no pass or choice is called 'nope'; there are multiply-add"),
        ({"settings": {"nope": 1}}, r"no setting is called 'nope'; there are tree-cache"),
        ({"settings": {"tree-cache": 9}}, r"tree-cache is 1 to 4, not 9"),
        ({"outputs": ("nope",)}, r"no output of treehash is called 'nope'"),
        ({"problem": Problem(13, 1, 1)}, r"height 1 to 12, not 13"),
        ({"problem": Problem(3, 1, 0)}, r"at least 1 element"),
        ({"kernel": "baseline", "problem": Problem(3, 1, 1600)}, r"out of scratch: .* const_"),
    ],
)
def test_what_cannot_be_had_is_refused_with_the_reason(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(BuildError, match=message):
        build(**{"kernel": "treehash", "scheduler": "list", **options})
