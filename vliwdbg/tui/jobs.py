"""What the user asked for, done one after another: command lines, searches.

Keys come faster than long moves end. What is asked meanwhile waits, up to a few jobs; an
interrupt forgets it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

MOST_WAITING = 16

Job = Callable[[], Coroutine[Any, Any, None]]


class Jobs:
    """A queue and whoever works it off; `start` is given the coroutine that does."""

    def __init__(self, start: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        self.running = ""
        """What the job under way is called; empty when none is."""
        self._start = start
        self._waiting: deque[tuple[str, Job]] = deque()

    def add(self, name: str, job: Job) -> bool:
        """Do a job after those that were added before; False where too many wait already."""
        if len(self._waiting) >= MOST_WAITING:
            return False
        self._waiting.append((name, job))
        if not self.running:
            self.running = name
            self._start(self._work_off())
        return True

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                self.running, job = self._waiting.popleft()
                await job()
        finally:
            self.running = ""

    def forget(self) -> None:
        """Drop those that wait."""
        self._waiting.clear()

    async def wait_until_idle(self) -> None:
        """Until nothing runs."""
        while self.running:
            await asyncio.sleep(0.01)
