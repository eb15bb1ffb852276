"""How far long work has come, for clients that show it."""

from __future__ import annotations

import time
from typing import Any

from vliwdbg.dap.conversation import Conversation
from vliwdbg.service.events import Progress

SHOWN_AFTER = 0.4
"""Seconds before work is worth a word."""
EVERY = 0.2
"""Seconds between two words."""


class ProgressReport:
    """One piece of work after the other; each may be cancelled by the id that it is told under."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._number = 0
        self._shown = False
        self._due: float | None = None

    @property
    def id(self) -> str:
        """What the work at hand is known as."""
        return f"work {self._number}"

    def report(self, progress: Progress) -> None:
        """Tell it, unless something was told just before."""
        if not self._conversation.client.supports_progress_reporting:
            return
        now = time.monotonic()
        if self._due is None:
            self._due = now + SHOWN_AFTER
        if now < self._due:
            return
        self._due = now + EVERY
        body: dict[str, Any] = {"progressId": self.id}
        if progress.cycle is not None:
            body["message"] = f"cycle {progress.cycle}"
        if progress.part is not None:
            body["percentage"] = round(100 * progress.part, 1)
        if self._shown:
            self._conversation.tell("progressUpdate", body)
        else:
            self._shown = True
            self._conversation.tell(
                "progressStart", {**body, "title": progress.what, "cancellable": True}
            )

    def end(self) -> None:
        """The work is over."""
        if self._shown:
            self._conversation.tell("progressEnd", {"progressId": self.id})
        self._number += 1
        self._shown, self._due = False, None
