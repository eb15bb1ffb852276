"""Whatever the sizes, the words, the scheduler and what is left out: the reference's result.

Memory is compared word by word, so the header and the forest must be as they were; and every slot
must say where it comes from.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kernels.catalog import BuildError, build
from kernels.plan import CHOICES, SETTINGS
from kernels.schedule.restrict import FREEDOMS
from kernels.treehash import OPTIONAL, PASSES
from kernels.vectors import STEPS
from machine.encode_fast import encode_bundles
from machine.machine import Machine
from machine.problem import Problem
from machine.program import Program
from machine.stops import Reason
from tests.kernels.running import full_words, run

BOTH = ("values", "indices")
NAMES = (*OPTIONAL, *CHOICES, *FREEDOMS)
SCHEDULERS = ("serial", "greedy", "list", "tuned")
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

heights, seeds = st.integers(1, 12), st.integers(0, 2**31)
outputs = st.sampled_from([("values",), BOTH])
without = st.sets(st.sampled_from(NAMES)).map(lambda names: tuple(sorted(names)))


def _setting(name: str, value: int) -> dict[str, int]:
    return {name: value}


caps = st.one_of(
    st.just({}),
    *(st.integers(v[0], v[-1]).map(partial(_setting, name)) for name, (_, v) in SETTINGS.items()),
)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Of any height and batch, and as many rounds as a test has time for."""
    batch = draw(st.one_of(st.integers(1, 40), st.integers(1, 5).map(lambda n: 8 * n)))
    return Problem(draw(heights), draw(st.integers(0, 20)), batch, draw(seeds))


def verify_result(program: Program, words: list[int]) -> None:
    """Compares and check are passed; forest and header are untouched."""
    result = run(program, words)
    assert result.check.correct
    assert result.check.forest_unchanged


def verify_provenance(program: Program) -> None:
    """Each slot says of which operation, stage, vector, round and pass it is."""
    assert len(program.slots) == program.columns.slot_count
    assert program.problem
    rounds, vectors = program.problem.rounds, -(-program.problem.batch_size // 8)
    for slot in program.slots:
        assert slot["op"] >= 0
        assert slot["stage"]
        assert 0 <= slot.get("vector", 0) < vectors
        if "round" in slot:
            assert 0 <= slot["round"] < rounds
            assert slot["level"] == slot["round"] % (program.problem.forest_height + 1)
        if slot["stage"].startswith("hash"):
            assert {"round", "level", "vector"} <= slot.keys()
        assert slot.get("made_by") in {None, *(step.name for step in PASSES)}
    assert all(0 <= tag.pc < tag.end <= len(program) for tag in program.tags)
    known = {"setup", "end", *(f"round {r}" for r in range(rounds or 1))}
    assert {tag.name for tag in program.tags} <= known


def verify_columns(program: Program) -> None:
    """They are as those of the same program from a file."""
    made, read = program.columns, encode_bundles(list(program.written()))
    assert made.arrays == read.arrays
    assert (made.payloads, made.wide) == (read.payloads, read.wide)


@given(problems(), outputs, st.sampled_from(SCHEDULERS), without, caps, seeds)
@example(Problem(12, 14, 9), BOTH, "list", (), {}, 1)
@example(Problem(10, 16, 256), BOTH, "tuned", (), {}, 2)
@example(Problem(4, 6, 12), BOTH, "serial", (), {}, 0)
@example(Problem(8, 9, 200), BOTH, "list", ("memory-regions", "temporaries"), {}, 3)
@few
def test_any_build_does_what_the_reference_does(
    problem: Problem,
    outputs: tuple[str, ...],
    scheduler: str,
    without: tuple[str, ...],
    caps: dict[str, Any],
    seed: int,
) -> None:
    program = build("treehash", scheduler, problem, outputs=outputs, without=without, settings=caps)
    verify_result(program, full_words(problem, seed))
    verify_provenance(program)
    verify_columns(program)


@given(problems(), st.sampled_from(["serial", "greedy"]), seeds)
@settings(few, max_examples=10)
def test_the_baseline_does_too(problem: Problem, scheduler: str, seed: int) -> None:
    program = build("baseline", scheduler, problem, outputs=BOTH)
    verify_result(program, full_words(problem, seed))
    assert len(program.slots) == program.columns.slot_count
    verify_columns(program)


@given(
    heights,
    st.integers(0, 14),
    st.integers(1, 5),
    st.sets(st.sampled_from([*STEPS, *FREEDOMS])),
    st.sampled_from(SCHEDULERS),
    seeds,
)
@few
def test_so_do_the_first_steps(
    height: int, rounds: int, vectors: int, without: set[str], scheduler: str, seed: int
) -> None:
    problem = Problem(height, rounds, 8 * vectors, seed)
    program = build("vectors", scheduler, problem, outputs=BOTH, without=sorted(without))
    verify_result(program, full_words(problem, seed))
    verify_provenance(program)
    verify_columns(program)


@pytest.mark.parametrize("height", range(1, 13))
def test_every_height_past_its_leaves(height: int) -> None:
    problem = Problem(height, 2 * height + 3, 11)
    verify_result(build("treehash", "list", problem, outputs=BOTH), full_words(problem, height))


def test_only_working_memory_changes() -> None:
    problem = Problem(9, 12, 256)
    words = full_words(problem, 4)
    layout, values = problem.layout, build("treehash", "list", problem)
    area, rows = range(layout.indices_at, layout.words), range(8, 64)
    stores = _regions(problem)
    assert any(start in rows for start, _ in stores)
    for start, end in stores:
        assert {start, end - 1} <= set(area) or {start, end - 1} <= set(rows)
    verify_result(values, words)
    without = build("treehash", "list", problem, settings={"forest-buffers": 0})
    machine = Machine(without, list(words), pauses=False)
    while machine.step().reason is Reason.BUDGET:
        assert machine.memory[: area.start] == words[: area.start]


def _regions(problem: Problem) -> list[tuple[int, ...]]:
    from kernels.build_request import BuildRequest

    return [
        tuple(op.region) for op in BuildRequest(problem).compile().ops if op.row.engine == "store"
    ]


def test_the_hook_sees_the_operations_after_each_pass() -> None:
    seen: list[tuple[str, int]] = []
    options: dict[str, Any] = {"without": ("hash-fusion", "temporaries")}
    build(
        problem=Problem(4, 5, 16),
        hook=lambda name, code: seen.append((name, len(code.ops))),
        **options,
    )
    names = [name for name, _ in seen]
    passes = [step.name for step in PASSES if step.name != "hash-fusion"]
    assert names == ["treehash", *passes, "fewest-places"]
    assert dict(seen)["dead-code"] < dict(seen)["multiply-add"]


def test_a_build_says_what_was_asked_and_what_was_done() -> None:
    problem = Problem(4, 5, 16)
    program = build(
        "treehash", "tuned", problem, without=("hash-fusion",), settings={"tree-cache": 2}
    )
    facts = dict(program.build)
    assert facts.pop("parameters").startswith("generic: ")
    assert facts == {
        "kernel": "treehash",
        "scheduler": "tuned",
        "without": ["hash-fusion"],
        "settings": {"tree-cache": 2},
    }
    assert build("treehash", "list", problem).build == {"kernel": "treehash", "scheduler": "list"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"problem": Problem(0, 1, 8)}, "height 1 to 12, not 0"),
        ({"problem": Problem(13, 1, 8)}, "height 1 to 12, not 13"),
        ({"problem": Problem(3, 1, 0)}, "at least 1 element"),
        ({"kernel": "vectors", "problem": Problem(3, 1, 9)}, "multiples of 8"),
        ({"kernel": "vectors", "problem": Problem(3, 1, 2048)}, "out of scratch: .*; held by .* "),
        (
            {"kernel": "vectors", "without": ("x",)},
            "no step of vectors is called 'x'; there are sc",
        ),
        ({"kernel": "vectors", "settings": {"x": 1}}, "no setting of vectors is called 'x'"),
        ({"kernel": "baseline", "without": ("x",)}, "no pass or setting of baseline is called 'x'"),
        ({"without": ("x",)}, "'x'; there are .*, temporaries, memory-regions$"),
        ({"settings": {"cpsat-time": 1}}, "no setting is called 'cpsat-time'"),
    ],
)
def test_what_cannot_be_had_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BuildError, match=message):
        build(**{"kernel": "treehash", "scheduler": "list", **options})
