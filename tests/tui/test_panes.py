"""Panes: which rows they show, how they are hidden and sized, what is copied, what is said."""

from __future__ import annotations

from pathlib import Path

from tests.tui.driving import opened
from vliwdbg.settings.schema import read_settings
from vliwdbg.tui.screens.keys import KeysScreen
from vliwdbg.tui.settings import SETTINGS
from vliwdbg.tui.user import User
from vliwdbg.tui.widgets.bars import KeysLine
from vliwdbg.tui.widgets.words import MemoryPane, ScratchPane, WordsPane


async def test_scratch_shows_what_the_bundle_touches() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.type("watch v_two")
        await driver.press("down", "down", "p", "3", "m")
        scratch = driver.pane("scratch")
        assert isinstance(scratch, ScratchPane)
        words = {word for row in scratch.rows() for word in range(row.start, row.stop)}
        assert words == {0, 1, 2, 3, *range(16, 32)}
        await driver.type("display s[100] + mem[s[101]]")
        await driver.type("display s[9000 / from]")  # which is no word yet
        words = {word for row in scratch.rows() for word in range(row.start, row.stop)}
        assert words == {0, 1, 2, 3, *range(16, 32), 100, 101}
        await driver.type("undisplay")
        await driver.press("p", "1", "down")
        assert {row.label for row in scratch.rows()} == {
            "v_val",
            "v_two",
            "from",
            "to",
            "less",
            "s[4]",
        }


async def test_scratch_shows_live_values_by_age_and_free_words() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.until(lambda: driver.app.main.view_state.flow)
        await driver.press("3", "G", "p", "3", "m", "m")
        scratch = driver.pane("scratch")
        assert isinstance(scratch, ScratchPane)
        labels = [row.label for row in scratch.rows()]
        free = next(at for at, label in enumerate(labels) if label.endswith("words are free"))
        assert labels[0] == "written 1 cycles ago"
        assert "v_val" in labels[:free]
        assert labels.index("v_val") < labels.index("v_two") < free
        live = {word for row in scratch.rows()[:free] for word in range(row.start, row.stop)}
        assert len(live) == driver.app.main.view_state.pressure[3]
        await driver.press("m")
        assert scratch.kind == "all"


async def test_how_long_ago_a_word_changed() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.until(lambda: driver.app.main.view_state.flow)
        await driver.press("4", "G", "p", "3", "slash")
        await driver.pilot.press(*"v_two", "enter")
        await driver.settle()
        assert driver.sees("v_two[0] = ")
        assert driver.sees(" · 3 ago")


async def test_the_tree_by_level() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.press("p", "4", "m")
        memory = driver.pane("memory")
        assert isinstance(memory, MemoryPane)
        levels = [row.label for row in memory.rows() if row.start == row.stop]
        assert levels[:5] == [
            "header 0:7",
            "level 0 7:8",
            "level 1 8:10",
            "level 2 10:14",
            "level 3 14:22",
        ]
        memory.go_to(15)
        assert memory.name_of(15) == "level 3[1] at 15"
        await driver.press("m")
        assert driver.app.main.pane.place() == "mem[15]"


async def test_memory_follows_the_address_under_the_cursor() -> None:
    async with opened(size=(200, 50)) as driver:
        await driver.press("s", "p", "2")
        memory = driver.pane("memory")
        assert isinstance(memory, MemoryPane)
        assert memory.address() == 22
        await driver.press("down")
        assert memory.address() == 30


async def test_names_stay_where_words_are_moved_sideways() -> None:
    async with opened(size=(60, 24)) as driver:
        await driver.press("p", "3", "slash")
        await driver.pilot.press(*"v_two", "enter")
        await driver.settle()
        await driver.press(*["right"] * 7)
        pane = driver.pane("scratch")
        assert isinstance(pane, WordsPane)
        assert pane.left
        assert pane.column == 7
        assert driver.sees("v_two")


async def test_a_pane_is_hidden_until_it_is_chosen() -> None:
    async with opened(size=(200, 50)) as driver:
        before = driver.pane("bundle").size.width
        for number in "34568":
            await driver.press("p", number, "minus")
        assert driver.pane("bundle").size.width > before
        assert driver.chosen == "code"
        await driver.press("tab", "tab")
        assert driver.chosen == "timeline"
        await driver.press("p", "3")
        assert driver.pane("scratch").has_focus
        assert driver.pane("bundle").size.width == before


async def test_sizes_are_kept_for_the_user(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    user = User(read_settings(file, SETTINGS))
    async with opened(size=(200, 50), user=user) as driver:
        width, height = driver.pane("code").size
        await driver.press("greater_than_sign", "right_parenthesis")
        assert driver.pane("code").size.width > width
        assert driver.pane("code").size.height > height
        wanted = driver.pane("code").size
    async with opened(size=(200, 50), user=User(read_settings(file, SETTINGS))) as driver:
        assert driver.pane("code").size == wanted
        await driver.press("p", "2", "right_parenthesis", "less_than_sign")
        assert driver.pane("code").size.height == height
        assert driver.pane("code").size.width == width


async def test_copies_go_to_the_clipboard() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.press("y")
        assert driver.sees("There is no value under the cursor")
        await driver.press("s", "p", "3", "right", "left", "y")
        assert driver.app.clipboard == "0x16"
        await driver.press("ctrl+y")
        assert driver.app.clipboard == "from"
        await driver.press("p", "1", "Y")
        assert driver.app.clipboard.endswith("v_val=vload mem[from]  v_two=vload mem[to]")


async def test_a_key_that_is_none_says_so() -> None:
    async with opened() as driver:
        await driver.press("T")
        assert driver.sees("T is no key here; ? lists all")


async def test_keys_are_filtered_and_run() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.press("p", "3", "question_mark")
        assert isinstance(driver.app.screen, KeysScreen)
        assert driver.sees("In scratch")
        await driver.pilot.press(*"a bundle on")
        await driver.settle()
        assert driver.sees("a bundle on")
        assert not driver.sees("a bundle back")
        await driver.press("enter")
        assert not driver.app.screen.is_modal
        assert driver.session.core.position == 1
        await driver.press("question_mark")
        await driver.pilot.press(*"multiply_add")
        await driver.settle()
        assert driver.sees("m multiply_add")
        await driver.press("escape")
        assert driver.session.core.position == 1


async def test_the_footer_is_clicked() -> None:
    async with opened(size=(120, 40)) as driver:
        await driver.press("s", "s")
        there = driver.screen()[-1].index("s/S step")
        for column, position in ((there, 3), (there + 4, 4), (there + 2, 3)):
            await driver.pilot.click(KeysLine, offset=(column, 0))
            await driver.settle()
            assert driver.session.core.position == position


async def test_the_footer_tells_the_keys_of_the_pane() -> None:
    async with opened(size=(120, 40)) as driver:
        assert driver.screen()[-1].lstrip().startswith("t run to")
        await driver.press("p", "5")
        assert driver.screen()[-1].lstrip().startswith("o on/off")
        await driver.press("p", "1", "space")
        await driver.until(lambda: driver.screen()[-1].startswith(" playing  Space play"))
        await driver.press("space")
