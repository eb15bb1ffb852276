"""What is to be seen at a glance: what changed, what went wrong, and that a text goes on."""

from __future__ import annotations

import threading
import time
from array import array

import pytest
from rich.cells import cell_len
from textual.command import CommandList

from machine.program import Program
from tests.tui.driving import PATIENCE, opened, small_program
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.progress import tell
from vliwdbg.session.errors import EndedByUserError
from vliwdbg.session.snapshot import COMPARED, changed_words
from vliwdbg.tui.palette import Palette
from vliwdbg.tui.pending import Pending
from vliwdbg.tui.screens.covering import Covering
from vliwdbg.tui.screens.keys import KeysScreen
from vliwdbg.tui.view_state import Line
from vliwdbg.tui.widgets.messages import _laid_out
from vliwdbg.tui.widgets.paint import fitted

FAULT = [{"load": [["const", 0, 4_000_000_000]]}, {"load": [["vload", 8, 0]]}]
ENDLESS = [{"flow": [["jump", 0]]}]


def test_words_that_differ() -> None:
    before = array("I", range(3 * COMPARED))
    now = array("I", before)
    now[5] = now[COMPARED] = now[-1] = 0
    assert changed_words(before, now) == {5: 5, COMPARED: COMPARED, len(now) - 1: len(now) - 1}
    assert changed_words(before, before) == {}


def test_a_text_takes_just_its_columns() -> None:
    for text in ("", "abc", "abcdef", "你好", "你好你好", "a😀b"):
        assert all(cell_len(fitted(text, width)) == width for width in (1, 2, 3, 5, 9))
    assert (fitted("abcdef", 4), fitted("你好你好", 6)) == ("abc…", "你好 …")


def test_a_count_and_a_pane_are_awaited() -> None:
    pending = Pending()
    assert (pending.add("1"), pending.add("2"), pending.shown) == (None, None, "12")
    assert (pending.take(), pending.take(), pending.shown) == (12, None, "")
    pending.add("7")
    pending.await_pane()
    assert (pending.add("3"), pending.shown, pending.take()) == (3, "", None)


async def test_what_changed_since_the_last_stop_is_marked() -> None:
    async with opened() as driver:
        await driver.press("3", "s")
        view_state = driver.app.main.view_state
        # Bundle 1 loaded v_two, bundle 2 wrote v_val and two scalars.
        assert set(range(24, 32)) & set(view_state.changed_scratch) == set()
        assert set(range(24, 32)) <= set(view_state.since_scratch)
        await driver.type("print 1")
        assert 24 in view_state.since_scratch
        await driver.press("s")
        assert 24 not in view_state.since_scratch
        await driver.type("set v_two[3] = 99")
        assert set(view_state.since_scratch) >= {27}
        await driver.type("rebuild --scheduler serial height=3 rounds=1 batch=8")
        assert (
            view_state.since_scratch == view_state.changed_scratch == view_state.since_memory == {}
        )


async def test_going_to_what_changed() -> None:
    async with opened() as driver:
        await driver.press("d")
        assert driver.sees("No word has changed since the last stop.")
        await driver.press("s", "d")
        assert (driver.chosen, driver.app.main.pane.place()) == ("scratch", "to")
        await driver.press("d")
        assert driver.app.main.pane.place() == "from"
        await driver.press("D")
        assert driver.app.main.pane.place() == "to"
        assert driver.sees("to = 30 0x1e was 0x0")
        # Memory is at the word that `to` points at.
        await driver.press("4", "s", "p", "4", "d")
        assert driver.app.main.pane.place() == "mem[31]"


async def test_the_bundle_executed_last_is_marked_and_found() -> None:
    async with opened() as driver:
        await driver.press("3", "s")
        assert [line[:9] for line in driver.screen() if "▷" in line] == [" ▷    2  "]
        await driver.press("comma")
        assert driver.app.main.view_state.looking == 2
        assert driver.sees("pc 2 · round 0 · executed")
        await driver.press("end")
        assert driver.sees("pc 9 · round 1 · not next")


async def test_why_a_program_faulted_is_said_in_a_small_terminal() -> None:
    async with opened(small_program(FAULT, tags=())) as driver:
        await driver.press("c")
        assert driver.screen()[-2].startswith(" memory address outside memory: load[0] vload")
        # All of it, with its slots below.
        said = " ".join(line.strip() for line in driver.screen()[8:11])
        fault = driver.session.stop_event.fault
        assert fault
        assert said.startswith(fault.sentence(driver.session.program))
        await driver.press("up")
        assert not driver.screen()[8].startswith("memory address")


async def test_what_is_displayed_is_seen_after_each_step() -> None:
    async with opened() as driver:
        await driver.type("display sum")
        await driver.press("3", "s")
        assert (
            driver.screen()[-2].rstrip() == " cycle 3  pc 3  valu (1) | flow (1)  ·  1: sum = 0x34"
        )


async def test_a_text_that_goes_on_says_so() -> None:
    async with opened(size=(60, 20)) as driver:
        await driver.type("print 1 + 2 nonsense")
        reply = driver.screen()[-2]
        assert (len(reply), reply[-1]) == (60, "…")
        # In messages it goes on below; a table keeps its columns.
        said = " ".join(line.strip() for line in driver.screen())
        assert "an expression is like s[3] + 1, v_val[0] == 7 or all(v_val == 3)." in said
        await driver.type("info scratch")
        rows = [line for line in driver.screen() if line.startswith(("16:24", "24:32"))]
        assert len(rows) == 2


@pytest.mark.parametrize(
    "text", [" a" + " " * 40 + "b", " " * 90 + "^", "你" * 50, "x" * 99, "a b " * 30]
)
def test_a_line_is_broken_into_parts_that_fit(text: str) -> None:
    for width in (1, 22, 33, 80):
        parts = [part.text for part in _laid_out([Line("reply", text)], width)]
        assert max(map(cell_len, parts)) <= max(width - 2, 20)
        assert "".join("".join(parts).split()) == "".join(text.split())


async def test_names_of_wide_characters_keep_columns_straight() -> None:
    names = {16: ("你好", 8), 24: ("plain", 8)}
    async with opened(small_program(scratch_map=names)) as driver:
        await driver.press("p", "3")
        rows = [line for line in driver.screen() if line.startswith(("你好", "plain"))]
        assert len({cell_len(row) for row in rows}) == 1


async def test_an_empty_program_says_what_to_do() -> None:
    async with opened(Program.from_bundles([])) as driver:
        assert driver.sees("no bundles: file PROGRAM loads others")


async def test_how_far_a_long_run_is() -> None:
    async with opened(small_program(ENDLESS, tags=())) as driver:
        driver.app.simulate_key("c")
        status = driver.app.main.status
        await driver.until(lambda: status.progress and status.progress.cycle)
        cycle = status.progress.cycle if status.progress else None
        assert cycle
        await driver.until(lambda: not driver.sees("cycle 0"))
        driver.app.simulate_key("escape")
        await driver.until(lambda: not driver.app.main.running)
        assert driver.session.core.cycle >= cycle


async def test_who_leaves_waits_for_nothing_that_is_being_worked_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def long(_flow: Flow) -> None:
        begun.set()
        try:
            for _ in range(10_000):
                tell("lifetimes")
                time.sleep(0.001)
        except EndedByUserError:
            ended.set()
            raise

    monkeypatch.setattr("vliwdbg.inspect.live.pressure", long)
    async with opened() as driver:
        await driver.until(begun.is_set)
        assert not ended.is_set()
        driver.app.exit(0)
    assert ended.wait(PATIENCE)


async def test_a_key_pressed_during_a_search_is_done_after_it() -> None:
    async with opened() as driver:
        await driver.press("slash", *"nowhere", "enter")
        main = driver.app.main
        main.action_find(1)
        main.execute("step")
        await driver.settle()
        assert driver.session.core.position == 1


async def test_the_bundle_that_is_next_has_some_below_it() -> None:
    async with opened(small_program([{"alu": [["+", 0, 0, 1]]}] * 200, tags=())) as driver:
        await driver.type("step 20")
        code = driver.pane("code")
        assert code.top + code.page - code.cursor > 2
        for _ in range(3):
            await driver.press("s")
            assert code.top + code.page - code.cursor > 2


async def test_a_program_without_memory_says_so() -> None:
    program = small_program(FAULT, memory=array("I"), problem=None, tags=())
    async with opened(program) as driver:
        await driver.press("p", "4", "j", "k", "right", "enter", "W")
        assert driver.sees("no memory")


async def test_a_palette_is_only_where_it_has_room() -> None:
    async with opened(small_program()) as driver:
        await driver.press("ctrl+p")
        assert isinstance(driver.app.screen, Palette)
        await driver.resize(4, 24)
        assert driver.app.main.is_current
        await driver.press("ctrl+p", "r", "escape")
        assert driver.app.main.is_current


@pytest.mark.parametrize("key", ["ctrl+p", "question_mark"])
async def test_what_is_closed_twice_at_once_is_closed(key: str) -> None:
    async with opened() as driver:
        await driver.press(key)
        covering = driver.app.screen
        assert isinstance(covering, Covering)
        covering.dismiss()
        covering.dismiss()
        await driver.settle()
        assert driver.app.screen is driver.app.main
        await driver.press("s")
        assert driver.session.core.position == 1


async def test_what_lies_below_closes_nothing() -> None:
    async with opened() as driver:
        await driver.press("question_mark")
        keys = driver.app.screen
        assert isinstance(keys, KeysScreen)
        await driver.press("ctrl+p")
        keys.action_run()
        keys.action_run()
        await driver.settle()
        assert isinstance(driver.app.screen, Palette)
        await driver.press("escape", "escape")
        assert driver.app.main.is_current


async def test_a_page_of_a_palette_that_is_not_laid_out_is_none() -> None:
    async with opened() as driver:
        await driver.press("ctrl+p")
        await driver.until(lambda: driver.app.screen.query_one(CommandList).option_count)
        driver.app.screen.query_one(CommandList)._index_to_line.clear()
        await driver.press("pagedown", "escape", "s")
        assert driver.session.core.position == 1


async def test_a_page_of_a_palette() -> None:
    async with opened() as driver:
        await driver.press("ctrl+p")
        commands = driver.app.screen.query_one(CommandList)
        await driver.until(lambda: commands.option_count > 30)
        await driver.press("pagedown")
        assert (commands.highlighted or 0) > 1
        await driver.press("pageup", "pageup")
        assert commands.highlighted == 0
