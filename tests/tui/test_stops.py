"""Stops in their pane, and the slots that they are about."""

from __future__ import annotations

import pytest

from tests.tui.driving import Driver, opened
from vliwdbg.tui.widgets.bundle import STOPPED
from vliwdbg.tui.widgets.command_line import CommandLine


def sources(driver: Driver) -> list[str]:
    return [stop.written() for stop in driver.session.breakpoints.all.values()]


async def test_a_stop_is_gone_to_toggled_and_deleted() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.type("break engine store")
        await driver.type("watch v_val if v_val[0] > 3")
        await driver.type("break cycle 3")
        await driver.press("p", "5")
        assert driver.sees("watch     0×  v_val  if v_val[0] > 3  5 of 10")
        await driver.press("home", "enter")
        assert driver.app.main.view_state.looking == 4
        await driver.press("enter")
        assert driver.app.main.view_state.looking == 8
        await driver.press("enter")
        assert driver.app.main.view_state.looking == 4
        await driver.press("o")
        assert not driver.session.breakpoints.all[1].enabled
        await driver.press("o")
        assert driver.session.breakpoints.all[1].enabled
        await driver.press("down", "down", "enter")
        assert driver.session.core.cycle == 3
        await driver.press("delete")
        assert sources(driver) == ["break engine store", "watch v_val if v_val[0] > 3"]


async def test_a_stop_is_edited_in_the_command_line() -> None:
    async with opened() as driver:
        await driver.type("break engine store")
        await driver.press("p", "5", "E")
        line = driver.app.main.query_one(CommandLine).input
        assert line.value == "break engine store"
        line.value = "break engine nonsense"
        await driver.press("enter")
        assert sources(driver) == ["break engine store"]
        await driver.press("E")
        line.value = "break engine valu"
        await driver.press("enter")
        await driver.until(lambda: sources(driver) == ["break engine valu"])


async def test_only_a_stop_is_acted_upon() -> None:
    async with opened() as driver:
        await driver.press("delete")
        assert driver.sees("choose one in the pane of stops")


@pytest.mark.parametrize(
    ("line", "pc", "marked"),
    [
        ("break engine alu", 2, {1, 2}),
        ("break valu:*", 3, {0}),
        ("break less", 2, {2}),
        ("break mem 30:38", 1, {1}),
        ("watch sum", 2, {1}),
        ("rwatch from", 1, {0}),
        ("watch mem 31", 4, {0}),
        ("break pc 3", 3, set()),
    ],
)
async def test_a_stop_marks_the_slots_it_is_about(line: str, pc: int, marked: set[int]) -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.type(line)
        await driver.press("c")
        view_state = driver.app.main.view_state
        assert view_state.looking == pc
        assert {slot.number for slot in view_state.met if slot.pc == pc} == marked
        bundle = driver.app.main.grid.bundle
        rows = [at for at in range(bundle.count()) if bundle.row(at)[0][0] == STOPPED]
        assert bool(rows) == bool(marked)
        assert bundle.cursor == (rows[0] if rows else 0)
