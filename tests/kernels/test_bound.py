"""The bound over all modes: below every floor, and what is left out makes it worse."""

from __future__ import annotations

import pytest

from kernels import bound as module
from kernels.analysis.floors import floors
from kernels.bound import bound
from kernels.build_request import BuildRequest
from kernels.errors import BuildError
from kernels.plan import LANES, VectorChoices
from machine.problem import Problem

STANDARD = BuildRequest(Problem())
needs_solver = pytest.mark.skipif(not module.AVAILABLE, reason="OR-Tools is not installed")


def floor(request: BuildRequest, modes: VectorChoices) -> float:
    """That of the engines; the longest path is none of the bound's."""
    vectors = request.problem.batch_size // 8
    limits = floors(request.compile([modes] * vectors))
    return max(cycles for name, cycles in limits.items() if name != "path")


@needs_solver
def test_no_modes_are_below_the_bound() -> None:
    least = bound(STANDARD)
    assert 865 < least < 875
    for modes in (
        VectorChoices(),
        VectorChoices(first_address=2, last_address=3),
        VectorChoices(second_child=LANES),
    ):
        assert least < floor(STANDARD, modes)


@needs_solver
def test_a_kernel_with_less_to_choose_from_has_a_higher_one() -> None:
    assert bound(BuildRequest(Problem(), without=("three-blocks",))) > bound(STANDARD)
    assert bound(BuildRequest(Problem(), without=("hash-fusion",))) > bound(STANDARD) + 30
    assert bound(BuildRequest(Problem(), outputs=("values", "indices"))) > bound(STANDARD)


@needs_solver
def test_without_tables_there_is_one_too() -> None:
    request = BuildRequest(Problem(4, 6, 40))
    assert 0 < bound(request) <= floor(request, VectorChoices())


def test_without_the_solver_it_says_what_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AVAILABLE", False)
    with pytest.raises(BuildError, match=r"vliwdbg\[cpsat\]"):
        bound(STANDARD)
