"""Searching a pane for a text, a stretch of rows at a time so that the terminal stays alive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from vliwdbg.tui.widgets.pane import Pane

ROWS_AT_ONCE = 500
"""Rows searched between two looks at the keyboard."""


async def find_row(pane: Pane, direction: int, go_on: Callable[[], bool]) -> int | None:
    """The next row that holds what was searched, from the cursor around to the cursor's own.

    None where there is none, or where `go_on`, which is asked now and then, says no.
    """
    wanted = pane.found.lower()
    for searched, row in enumerate(_rows_from(pane.cursor, direction, pane.count())):
        if wanted in pane.plain(row).lower():
            return row
        if searched % ROWS_AT_ONCE == ROWS_AT_ONCE - 1:
            await asyncio.sleep(0)
            if not go_on():
                return None
    return None


def _rows_from(row: int, direction: int, count: int) -> Iterator[int]:
    return ((row + direction * step) % count for step in range(1, count + 1))
