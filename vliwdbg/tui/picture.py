"""Draws the picture of the README: `python -m vliwdbg.tui.picture [FILE]`.

A session on the bundled kernel, stopped at a breakpoint, in a large terminal.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from vliwdbg.programs import Choice, load
from vliwdbg.tui.app import DebuggerApp

DEFAULT_FILE = Path("docs/tui.svg")
SIZE = (176, 44)
CHOICE = Choice(kernel="treehash", scheduler="list")
LINES = ("break engine store", "watch s[64:72]", "goto 12", "continue")


async def draw() -> str:
    """The picture as an SVG."""
    app = DebuggerApp(load(CHOICE), CHOICE)
    async with app.run_test(size=SIZE) as pilot:
        for line in LINES:
            app.main.execute(line)
            await app.main.wait_until_idle()
        while not app.main.view_state.reasons:
            await pilot.pause(0.05)
        await pilot.pause()
        return app.export_screenshot(title="vliwdbg")


if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FILE
    file.write_text(asyncio.run(draw()), encoding="utf-8")
