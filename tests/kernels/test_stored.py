"""Which parameters `tuned` takes, and that it says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kernels.build_request import BuildRequest
from kernels.catalog import build
from kernels.schedule import SCHEDULERS, stored
from kernels.schedule.list import list_schedule
from kernels.schedule.tuning import Tuning
from kernels.tune import tune
from machine.problem import Problem
from tests.kernels.running import run

PROBLEM = Problem(3, 4, 24)


@pytest.fixture(scope="module")
def tuning() -> Tuning:
    return tune(PROBLEM, tries=20, from_scratch=True).tuning


def store(monkeypatch: pytest.MonkeyPatch, tuning: Tuning) -> None:
    monkeypatch.setattr(stored, "find_tuning", lambda *_: tuning)


def test_stored_ones_where_there_are_some(monkeypatch: pytest.MonkeyPatch, tuning: Tuning) -> None:
    store(monkeypatch, tuning)
    program = build("treehash", "tuned", PROBLEM)
    assert program.build["parameters"] == f"stored, found by {tuning.found_by}"
    assert run(program).check.correct
    assert run(program).cycles == tuning.cycles


def test_generic_ones_at_other_sizes() -> None:
    schedule = SCHEDULERS["tuned"](BuildRequest(PROBLEM))
    assert schedule.facts["parameters"].startswith("generic: none are stored")
    assert schedule.bundle == list_schedule(BuildRequest(PROBLEM).compile()).bundle


def test_generic_ones_where_something_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tuning: Tuning
) -> None:
    store(monkeypatch, tuning)
    program = build("treehash", "tuned", PROBLEM, without=("alu-lanes",))
    assert "with nothing left out" in program.build["parameters"]
    assert run(program).check.correct


def test_generic_ones_where_the_operations_have_changed_since(
    monkeypatch: pytest.MonkeyPatch, tuning: Tuning
) -> None:
    store(monkeypatch, replace(tuning, operations="0"))
    program = build("treehash", "tuned", PROBLEM)
    assert "other operations" in program.build["parameters"]
    assert run(program).check.correct
