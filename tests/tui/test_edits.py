"""A program that is edited while it is looked at."""

from __future__ import annotations

from pathlib import Path

from machine.codec import write_program
from machine.program import Program
from tests.tui.driving import BUNDLES, Driver, opened, small_program
from vliwdbg.programs import Choice


def write(file: Path, program: Program) -> None:
    with file.open("w", encoding="ascii") as stream:
        write_program(program, stream)


async def reloaded(driver: Driver) -> None:
    before = driver.app.main.view_state.program
    await driver.press("ctrl+r")
    await driver.until(lambda: driver.app.main.view_state.program is not before)
    await driver.until(lambda: driver.app.main.view_state.outcome)
    await driver.settle()


async def test_an_edit_is_noticed_and_reloaded_in_place(tmp_path: Path) -> None:
    file = tmp_path / "k.json"
    write(file, small_program())
    async with opened(choice=Choice(str(file)), size=(120, 24)) as driver:
        await driver.until(lambda: driver.app.main.view_state.outcome)
        await driver.type("break engine store")
        await driver.press("4", "G", "down", "down")
        write(file, small_program([*BUNDLES[:7], *BUNDLES[8:]]))
        await driver.until(lambda: driver.app.main.view_state.edited)
        assert driver.sees("changed on disk")
        await reloaded(driver)
        assert driver.session.core.cycle == 4
        assert driver.app.main.view_state.looking == 6
        assert len(driver.session.program) == 9
        assert [stop.source for stop in driver.session.breakpoints.all.values()] == ["engine store"]
        assert driver.sees("9 → 8 cycles · alu 2.8 → 2.1 %")
        assert not driver.sees("changed on disk")


async def test_marks_and_the_value_followed_stay(tmp_path: Path) -> None:
    file = tmp_path / "k.json"
    write(file, small_program())
    async with opened(choice=Choice(str(file)), size=(120, 40)) as driver:
        await driver.until(lambda: driver.app.main.view_state.flow)
        await driver.press("4", "G", "p", "3", "down", "down", "down", "left", "enter")
        await driver.type("mark here")
        before = driver.app.main.view_state.followed
        assert before
        assert before.label == "v_val"
        at = driver.session.core.position
        write(file, small_program([*BUNDLES[:7], *BUNDLES[8:]]))
        await reloaded(driver)
        await driver.until(lambda: driver.app.main.view_state.followed)
        after = driver.app.main.view_state.followed
        assert after
        assert after.label == "v_val"
        assert after.writes != before.writes
        assert driver.session.marks == {"here": at}
        assert driver.sees("v_val  written")


async def test_where_we_were_is_gone_the_end_is_as_near_as_it_gets(tmp_path: Path) -> None:
    file = tmp_path / "k.json"
    write(file, small_program())
    async with opened(choice=Choice(str(file))) as driver:
        await driver.press("G")
        write(file, small_program(BUNDLES[:3], tags=()))
        await reloaded(driver)
        assert driver.session.ended
        assert driver.app.main.view_state.looking == 2


async def test_a_file_that_is_no_program_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "k.json"
    write(file, small_program())
    async with opened(choice=Choice(str(file))) as driver:
        await driver.press("s", "s")
        file.write_text("{")
        await driver.press("ctrl+r")
        assert driver.session.core.position == 2
        assert any("k.json" in reply for reply in driver.replies)
        write(file, small_program(BUNDLES[:3], tags=()))
        await driver.until(lambda: driver.app.main.view_state.edited)
