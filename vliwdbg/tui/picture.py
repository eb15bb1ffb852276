"""Draws the pictures of the documentation again: `python -m vliwdbg.tui.picture [NAME…]`.

A picture is a session of the program as it is: a bundled kernel, command lines, keys, and a look at
the screen.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vliwdbg.programs import Choice, load
from vliwdbg.tui.app import DebuggerApp

FOLDER = Path("docs")
LARGE, MEDIUM, SMALL = (176, 44), (172, 34), (80, 24)
BUNDLED = Choice(kernel="treehash", scheduler="list")
SLOW = Choice(kernel="vectors", scheduler="greedy")


class Picture(NamedTuple):
    """A session: its program, what is typed in it, and how large the terminal is."""

    choice: Choice = BUNDLED
    lines: Sequence[str] = ()
    keys: Sequence[str] = ()
    size: tuple[int, int] = MEDIUM


PICTURES = {
    "tui": Picture(
        lines=("break engine store", "watch s[64:72]", "goto 12", "continue"), size=LARGE
    ),
    "tour-start": Picture(),
    "tour-stop": Picture(lines=("watch v1440", "goto 100", "continue")),
    "tour-who": Picture(lines=("goto 250", "step"), keys=("p", "2", "down", "down", "enter")),
    "tour-why": Picture(SLOW, lines=("goto 5000",), keys=("w",)),
    "tour-small": Picture(lines=("break engine store", "continue"), size=SMALL),
}


async def draw(picture: Picture) -> str:
    """The picture as an SVG."""
    app = DebuggerApp(load(picture.choice), picture.choice)
    async with app.run_test(size=picture.size) as pilot:
        for line in picture.lines:
            app.main.execute(line)
            await app.main.wait_until_idle()
        while not app.main.view_state.reasons:
            await pilot.pause(0.05)
        for key in picture.keys:
            await pilot.press(key)
            await app.main.wait_until_idle()
        await pilot.pause()
        return app.export_screenshot(title="vliwdbg")


if __name__ == "__main__":
    for name in sys.argv[1:] or PICTURES:
        svg = asyncio.run(draw(PICTURES[name]))
        (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")
