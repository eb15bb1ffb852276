"""Every key does what its row says, which the session's state shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from machine.stops import Reason, State
from tests.tui.driving import opened
from vliwdbg.settings.schema import read_settings
from vliwdbg.tui import view_state
from vliwdbg.tui.settings import SETTINGS
from vliwdbg.tui.user import User
from vliwdbg.tui.widgets.command_line import CommandLine


async def test_step_and_back() -> None:
    async with opened() as driver:
        await driver.press("s", "s")
        assert driver.session.core.position == 2
        await driver.press("S")
        assert driver.session.core.position == 1
        await driver.press("f10", "f11", "shift+f11")
        assert driver.session.core.position == 2


async def test_a_count_goes_before_a_key() -> None:
    async with opened() as driver:
        await driver.press("5")
        assert driver.sees(" 5 ")
        await driver.press("s")
        assert driver.session.core.position == 5
        await driver.press("3", "S")
        assert driver.session.core.position == 2
        await driver.press("4", "escape", "s")
        assert driver.session.core.position == 3


async def test_continue_stops_where_it_should_and_returns() -> None:
    async with opened() as driver:
        await driver.type("break engine flow")
        await driver.press("c")
        assert driver.session.core.pc == 3
        assert driver.session.stop_event.reason is Reason.BREAKPOINT
        await driver.press("c", "c")
        assert driver.session.core.state is State.PAUSED
        await driver.press("C")
        assert driver.session.core.pc == 4
        await driver.press("f5", "shift+f5", "r")
        assert driver.session.core.pc == 3


async def test_the_timeline() -> None:
    async with opened() as driver:
        await driver.press("right_square_bracket", "right_square_bracket")
        assert driver.session.core.cycle == 2
        await driver.press("left_square_bracket")
        assert driver.session.core.cycle == 1
        await driver.press("6", "G")
        assert driver.session.core.cycle == 6
        await driver.press("4", "g")
        assert driver.session.core.cycle == 4
        await driver.press("G")
        assert driver.session.ended
        await driver.press("g")
        assert driver.session.core.position == 0
        await driver.press("right_curly_bracket")
        assert driver.session.ended
        await driver.press("left_curly_bracket")
        assert driver.session.core.position == 0


async def test_finish_leaves_the_tag() -> None:
    async with opened() as driver:
        await driver.press("f")
        assert driver.session.core.pc == 2
        await driver.press("F")
        assert driver.session.core.pc == 1


async def test_breakpoint_at_the_cursor_on_and_off() -> None:
    async with opened() as driver:
        await driver.press("down", "j", "b")
        assert [stop.source for stop in driver.session.breakpoints.all.values()] == ["pc 2"]
        assert driver.sees("●")
        assert driver.app.main.view_state.looking == 2
        await driver.press("b")
        assert not driver.session.breakpoints.all


async def test_run_to_the_cursor() -> None:
    async with opened() as driver:
        await driver.press("down", "down", "down", "t")
        assert driver.session.core.pc == 3


async def test_watch_a_vector_and_step_back_over_the_write() -> None:
    async with opened() as driver:
        await driver.press("p", "3", "down", "down", "down", "left", "W")
        (watch,) = driver.session.breakpoints.all.values()
        assert (watch.command, watch.source) == ("watch", "v_val")
        await driver.press("c")
        assert driver.session.core.pc == 3
        before = driver.session.core.scratch[16:24]
        await driver.press("c")
        assert driver.session.core.scratch[16:24] != before
        await driver.press("S")
        assert driver.session.core.scratch[16:24] == before


async def test_watch_one_word_of_memory() -> None:
    async with opened() as driver:
        await driver.press("p", "4", "down", "l", "W")
        (watch,) = driver.session.breakpoints.all.values()
        assert watch.source == "mem[1]"


async def test_no_words_under_the_cursor_is_said() -> None:
    async with opened() as driver:
        await driver.press("W")
        assert driver.sees("there are no words under the cursor")
        assert not driver.session.breakpoints.all


async def test_list_of_stops() -> None:
    async with opened() as driver:
        await driver.press("b", "B")
        assert any("pc 0" in line for line in driver.replies)


async def test_play_and_pause() -> None:
    async with opened() as driver:
        await driver.press("space")
        await driver.until(lambda: driver.session.core.position > 1)
        assert driver.sees("playing")
        await driver.press("space")
        played = driver.session.core.position
        await driver.pilot.pause(0.3)
        assert driver.session.core.position == played


async def test_play_stops_at_a_stop() -> None:
    async with opened() as driver:
        await driver.type("break pc 2")
        await driver.press("space")
        await driver.until(lambda: not driver.app.main.playing)
        assert driver.session.core.pc == 2


async def test_radix() -> None:
    async with opened() as driver:
        await driver.press("s")
        assert driver.sees("hex")
        await driver.press("x")
        assert driver.sees("decimal")
        await driver.press("x")
        assert driver.sees("signed")


async def test_one_radix_everywhere() -> None:
    async with opened(size=(160, 48)) as driver:
        main = driver.app.main
        await driver.press("3", "s")
        await driver.type("who sum")
        answer = [line.text for line in main.view_state.answer_lines]
        assert answer[0] == "sum = 0x34 before cycle 3"
        await driver.type("watch to = 0x1e if to")
        await driver.type("set sum = 60")
        assert driver.replies[-1].startswith("sum: 0x34 → 0x3c.")
        await driver.press("x")
        # What was said before is told anew, in the messages, the answer and the reply line.
        assert main.view_state.answer_lines[0].text == "sum = 52 before cycle 3"
        assert "sum = 52 before cycle 3" in driver.replies
        assert driver.screen()[-2].startswith(" sum: 52 → 60.")
        assert not any("0x3" in line for line in driver.replies if "watch" not in line)
        await driver.type("set radix signed")
        assert main.view_state.radix.label == "signed"
        await driver.type("print -1")
        assert driver.replies[-1] == "$1 = -1"
        await driver.press("x")
        assert main.debugger.console.radix.label == "hex"
        assert driver.replies[-1] == "$1 = 0xffffffff"


async def test_a_long_transcript_is_told_anew_as_far_as_it_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(view_state, "MOST_LINES", 5)
    async with opened() as driver:
        for number in range(10, 16):
            await driver.type(f"print {number}")
        kept = ["$4 = 0xd", "print 14", "$5 = 0xe", "print 15", "$6 = 0xf"]
        assert driver.replies == kept
        await driver.press("x")
        assert driver.replies == ["$4 = 13", "print 14", "$5 = 14", "print 15", "$6 = 15"]


async def test_panes_are_chosen() -> None:
    async with opened() as driver:
        assert driver.chosen == "code"
        await driver.press("tab")
        assert driver.chosen == "bundle"
        await driver.press("shift+tab", "shift+tab")
        assert driver.chosen == "answer"
        await driver.press("p", "3")
        assert driver.chosen == "scratch"
        assert driver.pane("scratch").has_focus
        # A key that is no number takes back the wish for a pane.
        await driver.press("p", "s", "3", "s")
        assert driver.chosen == "scratch"
        assert driver.session.core.position == 4


async def test_a_pane_grows_to_the_screen() -> None:
    async with opened() as driver:
        await driver.press("p", "4", "plus")
        assert driver.pane("memory").size.height == 21
        await driver.press("underscore")
        assert driver.pane("memory").size.height < 21


async def test_moving_in_panes() -> None:
    async with opened() as driver:
        await driver.press("end")
        assert driver.pane("code").cursor == 9
        await driver.press("home", "pagedown", "pageup", "down", "down", "k")
        assert driver.app.main.view_state.looking == driver.pane("code").cursor == 1
        await driver.press("full_stop")
        assert driver.app.main.view_state.looking == 0
        await driver.press("p", "3", "pagedown", "pageup", "right", "right", "h")
        assert driver.app.main.pane.place() == "to"


async def test_search() -> None:
    async with opened() as driver:
        await driver.pilot.press("slash", *"vstore", "enter")
        await driver.settle()
        assert driver.app.main.view_state.looking == 4
        await driver.press("n")
        assert driver.app.main.view_state.looking == 8
        await driver.press("n")
        assert driver.app.main.view_state.looking == 4
        await driver.press("N")
        assert driver.app.main.view_state.looking == 8
        await driver.pilot.press("slash", *"nonsense", "enter")
        await driver.settle()
        assert driver.sees("No slot is 'nonsense'")
        assert driver.session.core.position == 0


@pytest.mark.parametrize(
    ("pane", "text", "place"),
    [("3", "v_two", "v_two[0]"), ("3", "19", "v_val[3]"), ("4", "31", "mem[31]")],
)
async def test_search_jumps_to_words(pane: str, text: str, place: str) -> None:
    async with opened() as driver:
        await driver.press("p", pane, "slash")
        driver.app.main.query_one(CommandLine).input.value = text
        await driver.press("enter")
        assert driver.app.main.pane.place() == place


async def test_search_jumps_to_a_bundle() -> None:
    async with opened() as driver:
        await driver.press("slash", "7", "enter")
        assert driver.app.main.view_state.looking == 7


async def test_keys_are_explained() -> None:
    async with opened(size=(100, 70)) as driver:
        await driver.press("question_mark")
        for text in ("Keys in code", "reverse-continue", "Ctrl+C", "137G"):
            assert driver.sees(text)
        assert driver.sees("to the slot that wrote the value")
        await driver.press("escape", "s")
        assert driver.session.core.position == 1


async def test_palette_executes_a_command() -> None:
    async with opened() as driver:
        await driver.press("ctrl+p")
        await driver.pilot.press(*"finish")
        await driver.pilot.pause(0.5)
        await driver.press("enter")
        await driver.until(lambda: driver.session.core.pc == 2)


async def test_keys_can_be_others(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[keys]\nstep = "z"\nquit = "Q"\n')
    async with opened(user=User(read_settings(path, SETTINGS))) as driver:
        await driver.press("z")
        assert driver.session.core.position == 1
        await driver.press("s")
        assert driver.session.core.position == 1
        await driver.press("question_mark")
        assert driver.sees(" z  ")


@pytest.mark.parametrize("keys", [["q"], ["colon", *"quit", "enter"]])
async def test_quit(keys: Sequence[str]) -> None:
    async with opened() as driver:
        await driver.pilot.press(*keys)
        await driver.until(lambda: driver.app.return_value is not None)
        assert driver.app.return_value == 0


async def test_quit_with_a_code() -> None:
    async with opened() as driver:
        await driver.type("quit 7")
        assert driver.app.return_value == 7


async def test_ctrl_c_says_how_to_leave_when_nothing_runs() -> None:
    async with opened() as driver:
        await driver.press("ctrl+c")
        assert driver.sees("q quits")


async def test_the_mouse() -> None:
    async with opened() as driver:
        await driver.pilot.click("#code", offset=(30, 3))
        await driver.settle()
        assert driver.app.main.view_state.looking == 2
        await driver.pilot.click("#code", offset=(0, 4))
        await driver.settle()
        assert [stop.source for stop in driver.session.breakpoints.all.values()] == ["pc 3"]
        await driver.pilot.click("#bundle", offset=(12, 0))
        await driver.settle()
        assert driver.chosen == "scratch"


async def test_why_is_asked_about_the_bundle_looked_at() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.until(lambda: driver.app.main.view_state.reasons)
        await driver.press("down", "down", "down")
        assert driver.app.main.view_state.why_free()["valu"].startswith("nothing later is ready")
        assert driver.sees("valu ····· nothing later is ready")
        await driver.press("w")
        assert "why 3" in driver.replies
        # A bundle that takes no cycle: the question is about the cycle it comes before.
        await driver.press("backspace", "down", "down", "down", "w")
        assert "why 5" in driver.replies


async def test_the_status_tells_what_comes_next_and_what_comes_of_it() -> None:
    async with opened(size=(120, 24)) as driver:
        await driver.until(lambda: driver.app.main.view_state.outcome)
        await driver.press("s", "s", "s")
        assert driver.sees("cycle 3/9  33%  pc 3   next: alu · valu 1 load · store · flow 1")
        assert driver.sees("small ✗9")
