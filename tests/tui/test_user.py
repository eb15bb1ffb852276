"""The user's settings are obeyed, and what was set in a program is there the next time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.tui.driving import NAMES, Driver, opened, small_program
from vliwdbg.programs import Choice
from vliwdbg.settings.manual import page
from vliwdbg.settings.schema import read_settings
from vliwdbg.settings.workspace import Workspace
from vliwdbg.tui.settings import SETTINGS
from vliwdbg.tui.user import NO_HOME, User
from vliwdbg.tui.workspace import digest_of, workspace_of

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_is_printed_from_the_table() -> None:
    assert DOCS.read_text(encoding="utf-8") == page(SETTINGS.values()), (
        "docs/settings.md is out of date: python -m vliwdbg.tui.settings > docs/settings.md"
    )


def test_defaults_can_be_set() -> None:
    assert [row.key for row in SETTINGS.values() if row.complaint(row.default)] == []


def user_with(tmp_path: Path, text: str) -> User:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return User(read_settings(path, SETTINGS))


async def test_settings_are_obeyed(tmp_path: Path) -> None:
    text = 'theme = "nord"\nradix = "signed"\nlayout = "two"\n[keys]\nstep = "z"\nquit = "Q"\n'
    async with opened(user=user_with(tmp_path, text), size=(200, 50)) as driver:
        assert driver.app.theme == "nord"
        assert driver.app.main.view_state.radix.label == "signed"
        assert set(shown(driver)) == {"code", "bundle", "timeline"}
        await driver.press("s", "z")
        assert driver.session.core.position == 1
        assert driver.sees("z/S step")


def shown(driver: Driver) -> list[str]:
    grid = driver.app.main.grid
    return list(grid.arrangement(grid.size).boxes)


async def test_wrong_lines_are_told_once_and_the_rest_is_used(tmp_path: Path) -> None:
    user = user_with(tmp_path, 'radix = "three"\nlayout = "one"\n[keys]\nstep = "n"\n')
    async with opened(user=user, size=(200, 50)) as driver:
        assert shown(driver) == ["code"]
        await driver.press("n")
        path = tmp_path / "settings.toml"
        assert driver.replies[:2] == [
            f"{path}:1: radix takes hex, decimal, signed, not 'three'",
            "n is the key of step and of search-next",
        ]
        assert driver.session.core.position == 1
        assert sum("radix takes" in line for line in driver.replies) == 1


SET = (
    "break engine store if s[0] > 3",
    "ignore 1 2",
    "watch v_val",
    "disable 2",
    'dprintf pc 2, "at %d\\n", s[0]',
    "commands 1",
    "print s[0]",
    "end",
    "display/x v_val[1]",
    "step 3",
    "mark here",
)


async def test_what_was_set_is_there_again(tmp_path: Path) -> None:
    async with opened(user=User(workspaces=tmp_path), lines=SET) as driver:
        console = driver.app.main.debugger.console
        await driver.until(lambda: workspace_of(console).marks)  # the last of the lines
        first = workspace_of(console)
        assert [len(each) for each in (first.breakpoints, first.displays, first.marks)] == [3, 1, 1]
    async with opened(user=User(workspaces=tmp_path)) as driver:
        assert workspace_of(driver.app.main.debugger.console) == first
        await driver.type("goto 'here")
        assert driver.session.core.position == 3
        assert any("v_val[1] = 0x" in line for line in driver.replies)
        await driver.type("delete")
        await driver.type("undisplay")
    async with opened(user=User(workspaces=tmp_path)) as driver:
        left = workspace_of(driver.app.main.debugger.console)
        assert left == Workspace(marks=first.marks)


async def test_an_edited_program_keeps_what_can_be_met(tmp_path: Path) -> None:
    lines = ("break v_val", "break engine store", 'dprintf v_val, "there"')
    async with opened(user=User(workspaces=tmp_path), lines=lines):
        pass
    names = {at: entry for at, entry in NAMES.items() if entry[0] != "v_val"}
    edited = replace(small_program(), scratch_map=names)
    async with opened(edited, user=User(workspaces=tmp_path)) as driver:
        stops = driver.session.breakpoints.all
        assert [bool(stop.cause) for stop in stops.values()] == [True, False, True]
        assert driver.replies[0].startswith("breakpoint 1 cannot be met here: ")
        await driver.press("c")
        assert driver.session.core.pc == 4
        assert driver.session.take_program(small_program()) == []
        await driver.press("c")
        assert driver.session.core.pc == 1
        assert "there" in "".join(driver.replies)


async def test_the_same_program_elsewhere_has_it_too(tmp_path: Path) -> None:
    async with opened(user=User(workspaces=tmp_path), lines=["break pc 3"]):
        pass
    for choice in (Choice("moved.json"), Choice("-"), Choice()):
        async with opened(user=User(workspaces=tmp_path), choice=choice) as driver:
            assert len(driver.session.breakpoints.all) == 1


async def test_what_the_command_line_asks_for_is_set_once(tmp_path: Path) -> None:
    for _ in range(2):
        async with opened(user=User(workspaces=tmp_path), lines=["break pc 3"]) as driver:
            assert [stop.written() for stop in driver.session.breakpoints.all.values()] == [
                "break pc 3"
            ]


async def test_two_debuggers_add_to_each_other(tmp_path: Path) -> None:
    async with (
        opened(user=User(workspaces=tmp_path)) as first,
        opened(user=User(workspaces=tmp_path)) as second,
    ):
        await first.type("break pc 1")
        await second.type("break pc 2")
    async with opened(user=User(workspaces=tmp_path)) as third:
        sources = [stop.source for stop in third.session.breakpoints.all.values()]
        assert sources == ["pc 2", "pc 1"]


async def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    user = User(history=tmp_path / "file" / "history", workspaces=tmp_path / "file" / "spaces")
    async with opened(user=user) as driver:
        await driver.type("break pc 1")
        await driver.type("break pc 2")
        told = [line for line in driver.replies if "nothing is kept there" in line]
        assert len(told) == len(set(told)) == 2
        assert len(driver.session.breakpoints.all) == 2


@pytest.mark.parametrize("home", ["/proc/nowhere", "~"], ids=["none to write", "none"])
async def test_without_a_home_folder(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("config", "state"):
        there = partial(Path, home, room)
        monkeypatch.setattr(f"vliwdbg.settings.folders.user_{room}_path", lambda _, at=there: at())
    async with opened(user=User.at_home()) as driver:
        await driver.type("break pc 1")
        await driver.press("c")
        assert driver.session.core.pc == 1
        told = [line for line in driver.replies if "kept" in line]
        assert told
        assert len(told) == len(set(told))
        assert (told == [NO_HOME]) == (home == "~")
    assert not Path(home).exists()


def test_a_digest_is_of_the_bundles() -> None:
    program = small_program()
    assert digest_of(program) == digest_of(small_program())
    assert digest_of(replace(program, name="other", tags=())) == digest_of(program)
    seen = {digest_of(program)}
    for pc in range(len(program)):
        bundles = list(program.written())
        bundles[pc] = {"alu": [["+", 9, 9, 9]]}
        seen.add(digest_of(small_program(bundles)))
    assert len(seen) == 1 + len(program)
