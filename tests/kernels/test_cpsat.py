"""The scheduler `cpsat`: sound, never longer than `list`, and its proofs hold."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from kernels.analysis.floors import floors
from kernels.build_request import BuildRequest
from kernels.catalog import BuildError, build
from kernels.schedule import cpsat
from machine.problem import Problem
from tests.kernels.running import full_words, run

BOTH = ("values", "indices")
needs_ortools = pytest.mark.skipif(
    find_spec("ortools") is None, reason="OR-Tools is not installed (the extra cpsat)"
)


def floor(problem: Problem) -> float:
    return max(floors(BuildRequest(problem).compile()).values())


@needs_ortools
@pytest.mark.parametrize("sizes", [(1, 1, 8), (1, 4, 8), (2, 6, 8)], ids=str)
def test_where_the_longest_path_is_the_whole_kernel_that_is_the_proof(
    sizes: tuple[int, int, int],
) -> None:
    problem = Problem(*sizes)
    program = build("treehash", "cpsat", problem)
    assert run(program).check.correct
    assert program.build["cpsat"]["optimal"] is True
    assert run(program).cycles == floor(problem)


@needs_ortools
def test_three_stores_at_the_end_are_a_cycle_more_than_the_longest_path() -> None:
    problem = Problem(1, 2, 3)
    program = build("treehash", "cpsat", problem)
    assert program.build["cpsat"]["optimal"] is True
    assert run(program).cycles == floor(problem) + 1


@needs_ortools
def test_a_small_kernel_becomes_shorter_and_is_proved_shortest() -> None:
    problem = Problem(2, 3, 16)
    program = build("treehash", "cpsat", problem, outputs=BOTH)
    again = build("treehash", "cpsat", problem, outputs=BOTH)
    assert list(program.written()) == list(again.written())
    assert run(program, full_words(problem, 3)).check.correct
    facts = program.build["cpsat"]
    assert facts["optimal"] is True
    assert facts["cycles"] == run(program).cycles
    assert floor(problem) <= facts["cycles"] < facts["cycles before"]
    assert facts["cycles before"] == run(build("treehash", "list", problem, outputs=BOTH)).cycles


@needs_ortools
def test_a_longer_kernel_is_taken_stretch_by_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpsat, "WHOLE", 0)
    monkeypatch.setattr(cpsat, "STRETCH", 12)
    monkeypatch.setattr(cpsat, "STEP", 6)
    problem = Problem(3, 4, 32)
    program = build("treehash", "cpsat", problem, settings={"cpsat-time": 2})
    assert run(program, full_words(problem, 5)).check.correct
    facts = program.build["cpsat"]
    assert "optimal" not in facts
    assert facts["cycles"] == facts["cycles before"] - facts["shortened"]
    assert facts["proved shortest"] + facts["left open"] >= 3


@needs_ortools
def test_a_question_without_an_answer_in_time_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpsat, "WHOLE", 0)
    monkeypatch.setattr(cpsat, "STRETCH", 64)
    monkeypatch.setattr(cpsat, "QUESTION_TIME", 1e-6)
    program = build("treehash", "cpsat", Problem(3, 5, 16))
    assert program.build["cpsat"]["left open"] > 0
    assert run(program).check.correct


@needs_ortools
@pytest.mark.parametrize("value", [0, "x", 10**9])
def test_a_time_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(BuildError, match="cpsat-time is 1 to 100000"):
        build("treehash", "cpsat", Problem(1, 1, 8), settings={"cpsat-time": value})


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> object:
        raise ModuleNotFoundError("No module named 'ortools'")

    monkeypatch.setattr(cpsat, "import_module", missing)
    with pytest.raises(BuildError, match=r"needs OR-Tools: pip install 'vliwdbg\[cpsat\]'"):
        build("treehash", "cpsat", Problem(1, 1, 8))
