"""The whole screen as text, in terminals of four sizes; and its colours, in three themes.

`UPDATE_GOLDEN=1 pytest tests/tui/test_snapshots.py` writes the files anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from string import ascii_letters

import pytest

from tests.tui.driving import Driver, opened

LETTERS = ".#" + ascii_letters
GOLDEN = Path(__file__).parents[1] / "golden" / "tui"
SCENES = {
    "start": [],
    "stopped": [":break engine store", ":watch v_val", "c", "c", "p", "3"],
    "memory": ["4", "s", "s", "p", "4", "down", "x"],
    "stops": ["b", ":watch v_val if all(v_val == 3)", ":disable 1", "p", "5"],
    "messages": [":print 6 * 7", ":nonsense", "s", "p", "6"],
    "end": ["G"],
    "answer": ["s", "p", "3", "K", "n"],
    "typing": ["colon", "b", "r"],
}


SIZES = [(80, 24), (200, 50)]
OTHER_SIZES = [(120, 40), (160, 48)]
THEMES = ["vliwdbg", "textual-light", "ansi-dark"]
PLACES = [
    *((scene, size) for scene in SCENES for size in SIZES),
    *((scene, size) for scene in ("stopped", "answer") for size in OTHER_SIZES),
]


def named(scene: str, size: tuple[int, int]) -> str:
    return f"{scene}-{size[0]}x{size[1]}"


def compare(name: str, seen: str) -> None:
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        file.write_text(seen, encoding="utf-8")
    assert seen == file.read_text(encoding="utf-8")


async def play(driver: Driver, scene: str) -> None:
    await driver.until(lambda: driver.app.main.view_state.reasons)
    for step in SCENES[scene]:
        if step.startswith(":"):
            await driver.type(step[1:])
        else:
            await driver.press(step)


@pytest.mark.parametrize(("scene", "size"), PLACES, ids=[named(*place) for place in PLACES])
async def test_the_screen_looks_as_it_did(scene: str, size: tuple[int, int]) -> None:
    async with opened(size=size) as driver:
        await play(driver, scene)
        compare(named(scene, size), "\n".join(driver.screen()) + "\n")


@pytest.mark.parametrize("theme", THEMES)
async def test_colours_are_as_they_were(theme: str) -> None:
    """A letter for each cell's style, and below what the letters stand for."""
    async with opened(size=(120, 40)) as driver:
        driver.app.theme = theme
        await play(driver, "stopped")
        letters: dict[str, str] = {}
        lines = []
        for strip in driver.app.screen._compositor.render_strips():
            cells = (
                letters.setdefault(str(segment.style), LETTERS[len(letters)]) * segment.cell_length
                for segment in strip
            )
            lines.append("".join(cells))
    legend = [f"{letter} {style}" for style, letter in letters.items()]
    compare(f"colours-{theme}", "\n".join([*lines, "", *legend]) + "\n")
