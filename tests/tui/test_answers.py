"""Answers to questions: a pane to walk through, whose lines lead into the run and back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from kernels.catalog import build
from machine.codec import write_program
from machine.core import choose_core
from tests.inspect.mutations import SMALL, mutants
from tests.tui.driving import BUNDLES, opened, small_program
from vliwdbg.inspect import progress
from vliwdbg.inspect.live import live
from vliwdbg.programs import Choice
from vliwdbg.service.debugger import Debugger
from vliwdbg.tui.answers import answer_lines
from vliwdbg.views.answers import Answer
from vliwdbg.views.diff import Diff
from vliwdbg.views.diverge import Diverge
from vliwdbg.views.lint import Lint
from vliwdbg.views.places import SlotAt
from vliwdbg.views.radix import DECIMAL
from vliwdbg.views.schedule import BundleUse, Critical, Link, Stats

T = TypeVar("T")


async def test_a_line_of_an_answer_leads_to_its_slot_and_back() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.until(lambda: driver.app.main.view_state.flow)
        await driver.press("2", "G", "p", "3", "K")
        answer = driver.app.main.view_state.answer
        assert isinstance(answer, Critical)
        assert driver.chosen == "answer"
        link = answer.chain[0].slot
        await driver.press("n")
        assert driver.app.main.view_state.looking == link.pc
        assert driver.session.core.cycle == 2, "to look is not to go"
        await driver.press("enter")
        assert driver.session.core.cycle == link.cycle
        assert driver.chosen == "bundle"
        await driver.press("backspace")
        assert (driver.chosen, driver.session.core.cycle) == ("answer", 2)
        await driver.press("backspace")
        assert driver.chosen == "scratch"


async def test_the_places_of_an_answer_are_marked_on_the_timeline() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.until(lambda: driver.app.main.view_state.flow)
        await driver.press("K")
        answer = driver.app.main.view_state.answer
        assert isinstance(answer, Critical)
        marked = {cycle for cycle, mark in driver.app.main.view_state.marks if mark == "◇"}
        assert marked == {link.slot.cycle for link in answer.chain}


async def test_questions_about_the_words_under_the_cursor() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.until(lambda: driver.app.main.view_state.flow)
        await driver.press("G", "p", "3", "down", "down", "down", "left")
        for key, kind in (("a", "who"), ("u", "uses"), ("v", "writes")):
            await driver.press("p", "3", key)
            answer = driver.app.main.view_state.answer
            assert answer is not None
            assert answer.kind == kind
            assert driver.app.main.view_state.asked.endswith("v_val")


async def test_each_question_of_a_key_is_answered() -> None:
    async with opened(size=(120, 40)) as driver:
        for key, kind in (("i", "stats"), ("I", "floor"), ("P", "live"), ("L", "lint")):
            await driver.press(key)
            answer = driver.app.main.view_state.answer
            assert answer is not None
            assert answer.kind == kind


@pytest.mark.skipif(choose_core().name != "compiled", reason="repairs are run")
@pytest.mark.parametrize("kind", ["field", "dropped"])
async def test_a_repair_is_tried_in_a_copy(kind: str) -> None:
    mutant = next(mutants(build("vectors", "list", SMALL), 5, kind))
    async with opened(mutant.program, size=(120, 40)) as driver:
        await driver.press("exclamation_mark")
        assert driver.sees("There is no repair to try")
        await driver.press("V")
        answer = driver.app.main.view_state.answer
        assert isinstance(answer, Diverge)
        assert answer.repair
        await driver.press("exclamation_mark")
        await driver.until(lambda: driver.sees("A copy with"))
        assert driver.sees(": right, ")
        assert driver.session.program is mutant.program


async def test_the_difference_to_the_program_before(tmp_path: Path) -> None:
    file = tmp_path / "k.json"
    with file.open("w") as stream:
        write_program(small_program(), stream)
    async with opened(choice=Choice(str(file)), size=(120, 40)) as driver:
        await driver.press("equals_sign")
        assert driver.sees("There is no program before this one")
        with file.open("w") as stream:
            write_program(small_program([*BUNDLES[:7], *BUNDLES[8:]]), stream)
        await driver.press("ctrl+r")
        await driver.until(lambda: len(driver.app.main.view_state.program) == 9)
        await driver.press("equals_sign")
        answer = driver.app.main.view_state.answer
        assert answer is not None
        assert isinstance(answer, Diff)
        assert (answer.a.cycles, answer.b.cycles) == (8, 9)
        await driver.until(lambda: driver.app.main.view_state.beside)
        beside = driver.app.main.view_state.beside
        assert beside
        assert list(beside.partners[:4]) == [0, 1, 2, 3]
        assert driver.sees("the program before: pc, cycles later")
        await driver.press("p", "1", "right")
        assert driver.app.main.view_state.spelled == "alu"


@pytest.mark.parametrize("line", ["diverge", "explain", "why", "lint", "stats", "whatif rename"])
async def test_escape_ends_a_long_answer(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    whole = Debugger._work_on

    def slowly(debugger: Debugger, what: str, part: float | None) -> None:
        time.sleep(0.02)
        whole(debugger, what, part)

    monkeypatch.setattr(Debugger, "_work_on", slowly)
    monkeypatch.setattr(progress, "_parts", in_small_parts)
    async with opened(build("vectors", "list", SMALL), size=(120, 40)) as driver:
        main = driver.app.main
        await main.wait_until_known()
        main.execute(line, typed=True)
        await driver.until(lambda: driver.sees("looking at"))
        assert driver.sees("running")
        await driver.press("escape")
        assert driver.replies[-1] == "Interrupted; everything is as it was."
        assert not driver.sees("looking at")
        assert not driver.sees("running")
        assert main.view_state.answer is None
        await driver.press("s")
        assert driver.session.core.position == 1


def in_small_parts(what: str, items: Sequence[T], _at_once: int) -> Iterator[Sequence[T]]:
    """Work that says often how far it is."""
    for first in range(0, len(items), 100):
        progress.tell(what, first / len(items))
        yield items[first : first + 100]


async def test_any_program_that_is_compared_is_shown_in_step(tmp_path: Path) -> None:
    late, foreign = tmp_path / "late.json", tmp_path / "foreign.json"
    for file, bundles in ((late, [{}, *BUNDLES]), (foreign, [{"flow": [["halt"]]}])):
        with file.open("w") as stream:
            write_program(small_program(bundles, tags=()), stream)
    async with opened(size=(120, 40)) as driver:
        view_state = driver.app.main.view_state
        await driver.type(f"diff {late}")
        await driver.until(lambda: view_state.beside)
        assert view_state.beside
        assert list(view_state.beside.partners[:4]) == [1, 2, 3, 4]
        assert driver.sees("late.json: pc, cycles later")
        rows = [line for line in driver.screen() if "    2    +1  " in line]
        assert [row.split()[0] for row in rows] == ["1"]
        # There is nothing to show of two others, and of one that does nothing of the same.
        for line in (f"diff {late} {late}", f"diff {foreign}"):
            view_state.beside, view_state.spelled = None, "valu"
            await driver.type(line)
            await driver.app.workers.wait_for_complete()
            assert isinstance(view_state.answer, Diff)
            assert view_state.beside is None


async def test_live_words_over_the_timeline() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.until(lambda: driver.app.main.view_state.pressure)
        view_state = driver.app.main.view_state
        assert view_state.flow
        told = live(view_state.flow)
        assert max(view_state.pressure) == told.peak
        assert driver.sees("live ")
        await driver.type(f"goto {told.peak_cycle}")
        assert driver.sees(f"{told.peak} words live")


def test_lines_are_about_the_places_that_stand_in_them() -> None:
    first = SlotAt(7, 7, "alu", 0, "a = b + c")
    other = SlotAt(9, 9, "alu", 3, "c = a + a")
    links = (Link(first, "alu", 1, "start", 0), Link(other, "", 0, "dependence", 1))
    lines = answer_lines(Critical(9, {"alu": 9}, links, 0), DECIMAL)
    assert [line.jump and (line.jump.cycle, line.jump.slot) for line in lines] == [
        None,
        None,
        (7, 0),
        (9, 3),
    ]
    bundle = BundleUse(12, 3, {"alu": 1})
    stats: Answer = Stats(20, (), (), 0, (bundle,), ())
    assert [line.jump.cycle for line in answer_lines(stats, DECIMAL) if line.jump] == [12]


@pytest.mark.skipif(choose_core().name != "compiled", reason="repairs are run")
async def test_wrong_outputs_are_walked_through_with_what_they_should_be_by_lane() -> None:
    wrong = next(mutants(build("vectors", "list", SMALL), 5, "all")).program
    async with opened(wrong, size=(160, 48)) as driver:
        await driver.until(lambda: driver.app.main.view_state.occupancy)
        await driver.press("V")
        answer = driver.app.main.view_state.answer
        assert isinstance(answer, Diverge)
        assert len(answer.vectors) == 8
        lines = driver.app.main.view_state.answer_lines
        for vector in answer.vectors:
            head = next(n for n, line in enumerate(lines) if f"mem[{vector.address}:" in line.text)
            told = [line.text.split() for line in lines[head + 1 : head + 3]]
            got = [
                "=" if word == right else hex(word)
                for word, right in zip(vector.got, vector.expected, strict=True)
            ]
            assert told == [["expected", *map(hex, vector.expected)], ["got", *got]]
            jump = lines[head].jump
            assert vector.store
            assert jump
            assert jump.cycle == vector.store.cycle
        # From the last of them back, one after another.
        for vector in reversed(answer.vectors):
            await driver.press("N")
            assert vector.store
            assert driver.app.main.view_state.looking == vector.store.pc


async def test_every_slot_that_lint_tells_of_is_walked_through() -> None:
    async with opened(build("treehash", "list", SMALL), size=(80, 40)) as driver:
        await driver.until(lambda: driver.app.main.view_state.occupancy)
        await driver.press("L")
        answer = driver.app.main.view_state.answer
        assert isinstance(answer, Lint)
        told = [slot for finding in answer.findings for slot in finding.slots]
        assert len(told) > len(answer.findings) > 0
        walked = []
        for _ in told:
            await driver.press("n")
            jump = driver.app.main.pane.jump()
            assert jump
            walked.append(jump.cycle)
        assert sorted(walked) == sorted(slot.cycle for slot in told)
        rows = driver.app.main.grid.answer.lines
        assert all(len(row.text) <= 78 or row.is_table for row in rows)
