"""What came of a run, and what is different from before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from machine.machine import starting_memory
from machine.problem import Layout
from tests.tui.driving import BUNDLES, small_program
from vliwdbg.inspect.outcome import Outcome, outcome_of
from vliwdbg.inspect.questions import Questions
from vliwdbg.inspect.replay import replay
from vliwdbg.inspect.why import Reasons


def outcome(bundles: Sequence[Any] = BUNDLES) -> Outcome:
    program = small_program(bundles)
    memory = starting_memory(program)
    return outcome_of(replay(program, memory), Layout.read(memory))


def test_cycles_and_how_full_the_engines_were() -> None:
    found = outcome()
    assert (found.cycles, found.right, found.text) == (9, False, "✗9")
    assert found.shares["valu"] == 5 / (9 * 6)


def test_only_what_is_different_is_told() -> None:
    shorter = outcome([*BUNDLES[:7], *BUNDLES[8:]])
    assert shorter.against(outcome()) == (
        "9 → 8 cycles · alu 2.8 → 2.1 % · valu 9.3 → 8.3 % · load 22.2 → 25.0 % · "
        "store 11.1 → 12.5 % · flow 33.3 → 37.5 % · wrong"
    )
    right = Outcome(8, shorter.shares, True)
    assert right.against(shorter) == "8 cycles · wrong → right"


def test_reasons_are_those_of_why() -> None:
    program = small_program()
    questions = Questions(program, starting_memory(program))
    reasons = Reasons(questions.dependences, questions.others).by_cycle()
    for cycle in range(questions.flow.ending.cycle):
        (bundle,) = questions.why(cycle).bundles
        told = {empty.engine for empty in bundle.empty}
        assert set(reasons[cycle]) == told
