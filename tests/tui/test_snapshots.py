"""The whole screen, as text, in a small and a large terminal.

`UPDATE_GOLDEN=1 pytest tests/tui/test_snapshots.py` writes the files anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tui.driving import opened

GOLDEN = Path(__file__).parents[1] / "golden" / "tui"
SCENES = {
    "start": [],
    "stopped": [":break engine store", ":watch v_val", "c", "c", "p", "3"],
    "memory": ["4", "s", "s", "p", "4", "down", "x"],
    "stops": ["b", ":watch v_val if all(v_val == 3)", ":disable 1", "p", "5"],
    "messages": [":print 6 * 7", ":nonsense", "s", "p", "6"],
    "end": ["G"],
    "typing": ["colon", "b", "r"],
}


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
async def test_the_screen_looks_as_it_did(scene: str, size: tuple[int, int]) -> None:
    async with opened(size=size) as driver:
        await driver.until(lambda: driver.app.main.view_state.reasons)
        for step in SCENES[scene]:
            if step.startswith(":"):
                await driver.type(step[1:])
            else:
                await driver.press(step)
        seen = "\n".join(driver.screen()) + "\n"
    file = GOLDEN / f"{scene}-{size[0]}x{size[1]}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        file.write_text(seen, encoding="utf-8")
    assert seen == file.read_text(encoding="utf-8")
