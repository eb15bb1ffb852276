"""Searching a pane for a text, a stretch of rows at a time so that the terminal stays alive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

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


class SearchQueue:
    """Searches, done one after another; to stop forgets those that wait."""

    def __init__(self) -> None:
        self.running = ""
        """What is searched, or waits to be."""
        self._lock = asyncio.Lock()
        self._waiting = 0
        self._stopped = 0
        """Counts the stops: a search from before one is none any more."""

    def stop(self) -> None:
        """End all of them."""
        self._stopped += 1
        self.running = ""

    @asynccontextmanager
    async def turn(self, wanted: str) -> AsyncIterator[Callable[[], bool]]:
        """Wait for those before; what is given says whether this one is still to be done."""
        asked_at = self._stopped
        self._waiting += 1
        self.running = f"/{wanted}"
        try:
            async with self._lock:
                yield lambda: asked_at == self._stopped
        finally:
            self._waiting -= 1
            if not self._waiting:
                self.running = ""
