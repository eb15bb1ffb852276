"""The command line: replies, history, completion, long runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual import events

from kernels.catalog import SCHEDULERS
from machine.program import Program
from machine.stops import Reason
from tests.tui.driving import Driver, opened, small_program
from vliwdbg.tui.user import User
from vliwdbg.tui.widgets.command_line import CommandInput, CommandLine


async def test_a_reply_is_seen_and_kept() -> None:
    async with opened() as driver:
        await driver.type("print 6 * 7")
        assert driver.sees("$1 = 0x2a")
        assert driver.replies[-2:] == ["print 6 * 7", "$1 = 0x2a"]


async def test_an_error_is_said_and_the_session_goes_on() -> None:
    async with opened() as driver:
        await driver.type("frobnicate")
        assert driver.sees("frobnicate")
        await driver.type("print 1 +")
        assert driver.app.main.view_state.transcript[-1].kind == "error"
        await driver.press("s")
        assert driver.session.core.position == 1


async def test_escape_leaves_without_executing() -> None:
    async with opened() as driver:
        await driver.pilot.press("colon", *"step", "escape")
        await driver.press("s")
        assert driver.session.core.position == 1


async def test_a_line_opened_while_a_pane_is_chosen_gets_the_keys() -> None:
    async with opened() as driver:
        driver.app.main.grid.choose("scratch")
        driver.app.main.action_command()
        await driver.pilot.press(*"step", "ctrl+j")
        await driver.settle()
        assert driver.session.core.position == 1


async def test_keys_right_behind_enter_are_commands_again() -> None:
    async with opened() as driver:
        for key in (":", *"step", "\r", "s", ":", *"step", "\r", "s"):
            name = {":": "colon", "\r": "enter"}.get(key, key)
            driver.app.post_message(events.Key(name, key))
        await driver.settle()
        await driver.settle()
        assert driver.session.core.position == 4


async def test_a_click_on_a_pane_leaves_the_line() -> None:
    async with opened() as driver:
        await driver.pilot.press("colon", *"step")
        await driver.pilot.click("#bundle", offset=(5, 3))
        await driver.settle()
        assert driver.chosen == "bundle"
        assert not driver.sees(":step")
        await driver.press("s")
        assert driver.session.core.position == 1


async def test_an_empty_line_repeats() -> None:
    async with opened() as driver:
        await driver.type("step 2")
        await driver.type("")
        assert driver.session.core.position == 4


async def test_history(tmp_path: Path) -> None:
    path = tmp_path / "history"
    async with opened(user=User(history=path)) as driver:
        await driver.type("step 2")
        await driver.type("print 1")
        await driver.pilot.press("colon", "up", "up", "enter")
        await driver.settle()
        assert driver.session.core.position == 4
        await driver.pilot.press("colon", "p", "up")
        await driver.pilot.pause()
        assert driver.sees(":print 1")
        await driver.press("escape")
    assert path.read_text().split("\n")[:2] == ["step 2", "print 1"]


async def test_candidates_are_gone_through_with_a_line_of_help_each() -> None:
    async with opened(size=(160, 24)) as driver:
        await driver.pilot.press("colon", *"rebuild --s", "tab", "tab")
        await driver.pilot.pause()
        line = driver.app.main.query_one(CommandLine)
        names = list(SCHEDULERS)
        for name in (*names, names[0]):
            assert line.input.value == f"rebuild --scheduler {name}"
            assert driver.sees(SCHEDULERS[name].help)
            await driver.pilot.press("tab")
            await driver.pilot.pause()
        await driver.press("escape")


async def test_completion() -> None:
    async with opened() as driver:
        await driver.pilot.press("colon", *"fin", "tab", "enter")
        await driver.settle()
        assert driver.session.core.pc == 2
        await driver.pilot.press("colon", *"watch v_v", "tab", "enter")
        await driver.settle()
        assert [stop.source for stop in driver.session.breakpoints.all.values()] == ["v_val"]
        await driver.pilot.press("colon", *"watch v_", "tab")
        await driver.pilot.pause()
        assert driver.sees("v_val  v_two")
        await driver.press("escape")
        # As far as all candidates go, and then what they are.
        await driver.pilot.press("colon", *"break va", "tab")
        await driver.pilot.pause()
        assert driver.sees(":break valu:")
        assert driver.sees("==  vbroadcast  multiply_add")
        await driver.pilot.press("m")
        await driver.pilot.pause()
        assert driver.sees("break LOC")
        await driver.press("escape")


async def test_the_usage_of_what_is_typed_is_shown() -> None:
    async with opened() as driver:
        await driver.pilot.press("colon", *"break")
        await driver.pilot.pause()
        assert driver.sees("break LOC")
        await driver.press("escape")


async def test_a_long_reply_is_shown_from_its_beginning() -> None:
    async with opened() as driver:
        await driver.type("help")
        assert driver.sees(": help")
        assert driver.pane("messages").size.height > 3


async def test_commands_of_a_breakpoint_are_gathered() -> None:
    async with opened() as driver:
        await driver.type("break pc 2")
        await driver.type("commands 1")
        await driver.until(lambda: driver.app.main.query_one(CommandLine).is_open)
        for character in "print sum":
            await driver.pilot.press("space" if character == " " else character)
        await driver.pilot.press("enter")
        await driver.settle()
        await driver.press("escape")
        assert driver.session.breakpoints.all[1].commands == ("print sum",)
        await driver.press("c")
        assert driver.replies[-1] == "$1 = 0x0"


async def test_first_lines_are_executed() -> None:
    async with opened(lines=["break pc 3", "continue"]) as driver:
        await driver.until(lambda: driver.session.core.pc == 3)


ENDLESS = [{"alu": [["+", 0, 0, 0]]}, {"flow": [["jump", 0]]}]


async def test_a_long_run_leaves_the_terminal_alive_and_can_be_interrupted() -> None:
    async with opened(small_program(ENDLESS, tags=())) as driver:
        for key in ("escape", "ctrl+c"):
            # Not through the pilot, which waits until the processor is idle.
            for pressed in ("c", "p", "3", "down", "x", *"s" * 17):
                driver.app.simulate_key(pressed)
                await driver.pilot.pause(0)
            await driver.until(lambda: driver.sees("running"))
            assert driver.app.main.running == "continue"
            assert driver.chosen == "scratch"
            assert driver.sees("under way")
            driver.app.simulate_key(key)
            await driver.until(lambda: not driver.app.main.running)
            assert driver.session.stop_event.reason is Reason.INTERRUPT
            assert driver.session.core.position > 100


async def test_ctrl_c_ends_what_runs_though_a_line_is_open() -> None:
    async with opened(small_program(ENDLESS, tags=())) as driver:
        driver.app.simulate_key("c")
        await driver.until(lambda: driver.app.main.running == "continue")
        for key in ("colon", "p"):
            driver.app.simulate_key(key)
        await driver.until(lambda: driver.app.main.query_one(CommandLine).is_open)
        driver.app.simulate_key("ctrl+c")
        await driver.until(lambda: not driver.app.main.running)
        assert driver.session.stop_event.reason is Reason.INTERRUPT


@pytest.mark.parametrize("form", ["print {}", "break pc 2 if {}", "watch {}", "set {} = 1"])
async def test_what_is_nested_too_deep_ends_nothing(form: str) -> None:
    async with opened() as driver:
        await driver.type(form.format("s[" * 200 + "0" + "]" * 200))
        assert any("nested more than 100 deep" in reply for reply in driver.replies)
        await driver.press("s")
        assert driver.session.core.position == 1


async def test_quitting_interrupts() -> None:
    async with opened(small_program(ENDLESS, tags=())) as driver:
        for key in ("c", "s", "s"):
            driver.app.simulate_key(key)
        await driver.until(lambda: driver.app.main.running == "continue")
        driver.app.simulate_key("q")
        await driver.until(lambda: driver.app.return_value is not None)
        assert driver.app.return_value == 0


async def test_a_typed_quit_waits_for_nothing() -> None:
    async with opened(small_program(ENDLESS, tags=())) as driver:
        for key in ("c", "s", "colon", *"quit 4".replace(" ", "_"), "enter"):
            driver.app.simulate_key("space" if key == "_" else key)
            await asyncio.sleep(0.05)
        await driver.until(lambda: driver.app.return_value == 4)


async def test_the_end_of_the_terminal_interrupts() -> None:
    async with opened(small_program(ENDLESS, tags=())) as driver:
        driver.app.simulate_key("c")
        await driver.until(lambda: driver.app.main.running == "continue")
        driver.app.exit(0)
    assert driver.app.return_value == 0


async def test_rebuild_keeps_breakpoints_and_says_cycles() -> None:
    async with opened() as driver:
        await driver.type("break engine store")
        await driver.type("rebuild --kernel treehash --scheduler serial height=3 rounds=2 batch=8")
        assert driver.session.program.build["scheduler"] == "serial"
        assert "9 → " in " ".join(driver.replies)
        await driver.press("c")
        assert driver.session.stop_event.reason is Reason.BREAKPOINT
        assert driver.sees("treehash (serial)")
        await driver.type("rebuild --scheduler list height=3 rounds=2 batch=8")
        assert driver.session.core.position == 0
        assert driver.sees("treehash (list)")


async def test_what_a_terminal_would_obey_is_escaped() -> None:
    names = {16: ("\x1b[2Jboo", 8)}
    async with opened(small_program(name="a\x1b]0;b\x07", scratch_map=names)) as driver:
        await driver.press("p", "3")
        assert not any("\x1b" in line or "\x07" in line for line in driver.screen())


async def test_an_empty_program() -> None:
    async with opened(Program.from_bundles([])) as driver:
        await driver.press("s", "c", "G", "b", "down", "S", "n", "x")
        for pane in "123456":
            await driver.press("p", pane, "down", "right", "pagedown", "end")
        assert driver.session.ended


async def paste(driver: Driver, *lines: str) -> None:
    await driver.press("colon")
    driver.app.main.query_one(CommandInput).post_message(events.Paste("\n".join(lines)))
    await driver.settle()


async def test_lines_that_are_pasted_are_executed_one_by_one() -> None:
    async with opened() as driver:
        await paste(driver, "break pc 3", "", "continue")
        await driver.until(lambda: driver.session.core.pc == 3)
        assert not driver.app.main.query_one(CommandLine).is_open


async def test_many_lines_have_to_be_pasted_twice() -> None:
    async with opened() as driver:
        lines = ["step"] * 6
        await paste(driver, *lines)
        assert driver.sees("6 lines were pasted")
        assert driver.session.core.position == 0
        await paste(driver, *lines)
        await driver.until(lambda: driver.session.core.position == 6)


async def test_a_line_that_is_pasted_is_text() -> None:
    async with opened() as driver:
        await paste(driver, "goto 4")
        assert driver.app.main.query_one(CommandInput).value == "goto 4"
        assert driver.session.core.position == 0
