"""One question after the other, each in a thread of its own, and each until its time is up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 30.0
"""Seconds for a question."""
T = TypeVar("T")


class Turns:
    """Who asks waits for those before. What can be ended asks now and then whether it `is_over`:
    when its time is up, or when nobody waits for it any more."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._one = threading.Lock()
        self._until = 0.0
        self._forgotten = threading.Event()

    async def take(self, ask: Callable[[], T]) -> T | None:
        """What a question comes to; None where nobody waited for its turn."""
        from anyio.to_thread import run_sync

        forgotten = threading.Event()

        def asked() -> T | None:
            with self._one:
                self._until, self._forgotten = time.monotonic() + self.patience, forgotten
                return None if forgotten.is_set() else ask()

        try:
            return await run_sync(asked, abandon_on_cancel=True)
        finally:
            forgotten.set()

    @property
    def left(self) -> float:
        """Seconds of this turn."""
        return 0.0 if self._forgotten.is_set() else max(0.0, self._until - time.monotonic())

    def is_over(self) -> bool:
        """Whether what runs is to end."""
        return self.left == 0.0

    @property
    def busy(self) -> bool:
        """Whether a question is still being answered."""
        return self._one.locked()
