"""Many inputs: the words, the solutions and the verdicts are those of the plain way."""

import multiprocessing
import pickle
from array import array
from io import StringIO
from random import Random

import pytest

from kernels.catalog import build
from machine import Problem, Program, Reason
from machine import trials as trials_module
from machine.codec import write_program
from machine.core import choose_core
from machine.core.inputs import blank_images, draw_images, memory_of, solution_of
from machine.model import Model
from machine.patterns import PATTERNS, RANDOM, SHAPES, Inputs
from machine.problem import solve
from machine.trials import AT_ONCE, Trials, run_trials
from tests.cores import core_asked_for

CORE = choose_core().make_core
SMALL = Problem(forest_height=3, rounds=4, batch_size=16, seed=5)
INPUTS = Inputs(SMALL)


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


SEEDS = (
    0, 1, -1, 2**31, 2**32 - 1, 2**32, -(2**32), 2**64 - 1, 2**64, 10**40, -(10**40),
    2 ** (32 * 623), 2 ** (32 * 624) - 1, *range(100, 120),
)  # fmt: skip


@pytest.mark.parametrize("more", [(), (2 ** (32 * 624),), (3**20_000, 5)])
def test_many_seeds_are_drawn_at_once(more: tuple[int, ...]) -> None:
    """Of one digit or of many, side by side; each is what Python's own generator makes of it."""
    problem, seeds = Problem(forest_height=7, batch_size=100), (*SEEDS, *more)
    layout = problem.layout
    images = blank_images(layout, len(seeds))
    images[layout.indices_at] = 99  # of the image before, say
    draw_images(problem, seeds, images)
    for number, seed in enumerate(seeds):
        random = Random(seed)
        nodes, values = ([random.randint(0, 2**30 - 1) for _ in range(n)] for n in (255, 100))
        image = images[number * layout.words : (number + 1) * layout.words]
        assert image.tolist() == [*layout.header, *nodes, *[0] * 100, *values]


def test_seeds_of_any_number_of_bits() -> None:
    problem, rng = Problem(forest_height=1, rounds=1, batch_size=1), Random(1)
    for bits in range(1, 700, 3):
        seed = rng.getrandbits(bits) * rng.choice((1, -1))
        problem = Problem(forest_height=1, rounds=1, batch_size=1, seed=seed)
        assert memory_of(problem) == problem.memory()


@pytest.fixture(scope="module")
def baseline() -> Program:
    return build("baseline", problem=SMALL)


def test_a_right_program_is_right_for_all(baseline: Program) -> None:
    told: list[tuple[int, int]] = []
    trials = run_trials(baseline, INPUTS, 40, progress=lambda *counts: told.append(counts))
    assert trials.correct
    assert trials.seeds == range(5, 45)
    assert trials.cycles[0] == trials.cycles[1] > 0
    assert told == [(AT_ONCE, 0), (40, 0)]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_jobs_share_the_work(
    method: str, baseline: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However they are started: a program, and what its slots are of, travels to them."""
    context = multiprocessing.get_context(method)
    monkeypatch.setattr(multiprocessing, "get_context", lambda *_: context)
    assert run_trials(baseline, INPUTS, 40, jobs=2) == run_trials(baseline, INPUTS, 40)


def test_a_program_travels(baseline: Program) -> None:
    Model(baseline, SMALL.memory()).run(1)
    CORE(baseline, SMALL.memory()).run(1, 10)
    other = pickle.loads(pickle.dumps(baseline))
    files = [StringIO(), StringIO()]
    for program, file in zip((baseline, other), files, strict=True):
        write_program(program, file)
    assert files[0].getvalue() == files[1].getvalue()
    ends = [CORE(program, SMALL.memory()).run(10**6) for program in (baseline, other)]
    assert ends[0] == ends[1]


@pytest.mark.parametrize("at_once", [1, 7])
def test_large_images_are_tried_a_few_at_once(
    baseline: Program, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    expected = run_trials(baseline, INPUTS, 20)
    monkeypatch.setattr(trials_module, "MOST_WORDS", at_once * SMALL.layout.words)
    assert trials_module.Trial(baseline, INPUTS)._share == at_once
    assert run_trials(baseline, INPUTS, 20) == expected


def test_the_model_comes_to_the_same(baseline: Program) -> None:
    lazy = Program.from_bundles([{"load": [["const", 0, 1]]}])
    trials = [run_trials(program, INPUTS, 5) for program in (baseline, lazy)]
    with core_asked_for("model"):
        assert [run_trials(program, INPUTS, 5) for program in (baseline, lazy)] == trials


def test_no_trials_are_no_failures(baseline: Program) -> None:
    assert run_trials(baseline, INPUTS, 0) == Trials(range(5, 5))


def test_what_fails_is_told_with_its_first_wrong_word() -> None:
    lazy = Program.from_bundles([{"load": [["const", 0, 1]]}])
    trials = run_trials(lazy, INPUTS, 3)
    assert [failure.seed for failure in trials.failures] == [5, 6, 7]
    wrong = trials.failures[1].wrong
    problem = Problem(3, 4, 16, seed=6)
    assert wrong is not None
    assert (wrong.output, wrong.element) == ("values", 0)
    assert wrong.expected == solve(problem.layout, problem.memory()).values[0]


def test_a_changed_forest_is_told_and_a_failure_if_it_is_strict(baseline: Program) -> None:
    spoil = [
        {"load": [["const", 1534, 8], ["const", 1535, 1]]},
        {"store": [["store", 1534, 1535]]},
    ]
    program = Program.from_bundles([*baseline.written(), *spoil])
    trials = run_trials(program, INPUTS, 2)
    assert (trials.correct, trials.forest_changed, trials.indices_wrong) == (True, 2, 0)
    wrong = [failure.wrong for failure in run_trials(program, INPUTS, 2, strict=True).failures]
    assert [(word.output, word.got) for word in wrong if word] == [("forest", 1)] * 2


def test_a_run_that_does_not_end_well_is_a_failure() -> None:
    loop = Program.from_bundles([{"flow": [["jump", 0]]}])
    (failure,) = run_trials(loop, INPUTS, 1, max_cycles=100).failures
    assert failure.stop is not None
    assert failure.stop.reason is Reason.MAX_CYCLES
    faulty = Program.from_bundles([{"alu": [["//", 0, 0, 0]]}])
    (failure,) = run_trials(faulty, INPUTS, 1).failures
    assert failure.stop is not None
    assert failure.stop.fault is not None


def test_words_of_each_pattern() -> None:
    problem = Problem(4, 3, 40, seed=9)
    inputs = Inputs(problem, tuple(PATTERNS), random_starts=True)
    layout = problem.layout
    for seed in range(9, 9 + 3 * len(PATTERNS)):
        image = memory_of(Problem(4, 3, 40, seed=seed))
        drawn = image[:]
        inputs.change(seed, image)
        nodes, values = (image[at.start : at.stop].tolist() for at in (layout.nodes, layout.values))
        assert image[: len(layout.header)].tolist() == list(layout.header)
        indices = image[layout.indices_at : layout.values_at]
        assert 0 < max(indices) < layout.n_nodes
        holds = {
            RANDOM: [*nodes, *values] == [*drawn[7 : layout.indices_at], *drawn[-40:]],
            "equal": len({*nodes}) == len({*values}) == 1,
            "one-bit": {word.bit_count() for word in nodes + values} == {1},
            "descending": nodes == sorted(nodes, reverse=True) and len({*nodes}) == len(nodes),
            "zeros": {*nodes, *values} == {0},
            "full": max(nodes) >= 2**30,
        }
        assert holds[inputs.pattern(seed)], inputs.pattern(seed)
        again = memory_of(Problem(4, 3, 40, seed=seed))
        inputs.change(seed, again)
        assert again == image


@pytest.mark.parametrize("core", [None, "model"])
def test_other_inputs_are_tried_as_the_plain_ones(baseline: Program, core: str | None) -> None:
    """A kernel that is right for all words is right for all; one that counts on zeros is not."""
    inputs = Inputs(SMALL, tuple(PATTERNS), random_starts=True)
    lazy = Program.from_bundles([{"load": [["const", 0, 1]]}])
    with core_asked_for(core):
        assert run_trials(baseline, inputs, 12, strict=True).correct
        trials = run_trials(lazy, inputs, 12)
    assert [failure.pattern for failure in trials.failures] == list(PATTERNS) * 2
    assert trials.indices_wrong == 12


def test_shapes_are_problems() -> None:
    problems = [Problem(**shape) for shape in SHAPES]
    assert problems[0] == Problem()
    assert len({problem.layout for problem in problems}) == len(SHAPES)


def test_memory_behind_the_problem_is_there_for_every_input() -> None:
    """The public simulator leaves some, which a kernel may use as it likes."""
    image = memory_of(SMALL)
    behind = [
        {"load": [["const", 1534, len(image) + 3], ["const", 1535, 7]]},
        {"store": [["store", 1534, 1535]]},
    ]
    kernel = build("baseline", "list", SMALL)
    roomy = image + array("I", bytes(4 * 40))
    program = Program.from_bundles(
        [*behind, *kernel.written()], problem=SMALL, memory=roomy, outputs=kernel.outputs
    )
    assert run_trials(program, INPUTS, 40, jobs=2).correct
    without = Program.from_bundles([*behind, *kernel.written()], problem=SMALL)
    assert not run_trials(without, INPUTS, 2).correct
