"""What lies over the main screen closes itself alone, and once."""

from __future__ import annotations

from typing import Any

from textual.await_complete import AwaitComplete
from textual.screen import Screen


class Covering(Screen[Any]):
    """Asked to close when it is closed, or when something lies over it, it does nothing.

    Keys and clicks come faster than they are done, so that two of them may ask for it. The last of
    a screen's bases, for Textual takes all that it styles from the first.
    """

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close it, if it is what is seen."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
