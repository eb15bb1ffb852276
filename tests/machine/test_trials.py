"""Many inputs: the words, the solutions and the verdicts are those of the plain way."""

from array import array
from random import Random

import pytest

from kernels.catalog import build
from machine import Problem, Program, Reason
from machine.core.inputs import memory_of, solution_of
from machine.problem import solve
from machine.trials import Trials, run_trials

SMALL = Problem(forest_height=3, rounds=4, batch_size=16, seed=5)


@pytest.mark.parametrize("seed", [0, 1, 123, -7, 2**70])
@pytest.mark.parametrize("height", [0, 1, 5, 10])
def test_memory_and_solution_are_the_plain_ones(seed: int, height: int) -> None:
    problem = Problem(height, rounds=height + 2, batch_size=height * 13 + 1, seed=seed)
    memory = memory_of(problem)
    assert memory.tolist() == list(problem.memory())
    rng = Random(seed)
    for index in problem.layout.indices:
        memory[index] = rng.randrange(problem.layout.n_nodes)
    plain = solve(problem.layout, memory)
    indices, values = solution_of(problem.layout, memory)
    assert (indices.tolist(), values.tolist()) == (plain.indices, plain.values)
    assert isinstance(values, array)


@pytest.fixture(scope="module")
def baseline() -> Program:
    return build("baseline", problem=SMALL)


def test_a_right_program_is_right_for_all(baseline: Program) -> None:
    told: list[tuple[int, int]] = []
    trials = run_trials(baseline, SMALL, 40, progress=lambda *counts: told.append(counts))
    assert trials.correct
    assert trials.seeds == range(5, 45)
    assert trials.cycles[0] == trials.cycles[1] > 0
    assert told == [(16, 0), (32, 0), (40, 0)]


def test_jobs_share_the_work(baseline: Program) -> None:
    assert run_trials(baseline, SMALL, 40, jobs=2) == run_trials(baseline, SMALL, 40)


def test_no_trials_are_no_failures(baseline: Program) -> None:
    assert run_trials(baseline, SMALL, 0) == Trials(range(5, 5))


def test_what_fails_is_told_with_its_first_wrong_word() -> None:
    lazy = Program.from_bundles([{"load": [["const", 0, 1]]}])
    trials = run_trials(lazy, SMALL, 3)
    assert [failure.seed for failure in trials.failures] == [5, 6, 7]
    wrong = trials.failures[1].wrong
    problem = Problem(3, 4, 16, seed=6)
    assert wrong is not None
    assert (wrong.output, wrong.element) == ("values", 0)
    assert wrong.expected == solve(problem.layout, problem.memory()).values[0]


def test_a_changed_forest_is_a_failure(baseline: Program) -> None:
    spoil = [
        {"load": [["const", 1534, 8], ["const", 1535, 1]]},
        {"store": [["store", 1534, 1535]]},
    ]
    program = Program.from_bundles([*baseline.written(), *spoil])
    wrong = [failure.wrong for failure in run_trials(program, SMALL, 2).failures]
    assert [(word.output, word.got) for word in wrong if word] == [("forest", 1)] * 2


def test_a_run_that_does_not_end_well_is_a_failure() -> None:
    loop = Program.from_bundles([{"flow": [["jump", 0]]}])
    (failure,) = run_trials(loop, SMALL, 1, max_cycles=100).failures
    assert failure.stop is not None
    assert failure.stop.reason is Reason.MAX_CYCLES
    faulty = Program.from_bundles([{"alu": [["//", 0, 0, 0]]}])
    (failure,) = run_trials(faulty, SMALL, 1).failures
    assert failure.stop is not None
    assert failure.stop.fault is not None
