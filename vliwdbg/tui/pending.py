"""What was typed before a key: the digits of a count, or `p`, which waits for a pane's number."""

from __future__ import annotations

MOST_DIGITS = 9
CHOOSING = "p"


class Pending:
    """Keys that wait for the one that they are about; `shown` is how the footer has them."""

    def __init__(self) -> None:
        self.shown = ""

    def await_pane(self) -> None:
        """The next digit is a pane's number."""
        self.shown = CHOOSING

    def add(self, digit: str) -> int | None:
        """Take a digit: the number of a pane, if one is awaited; else it belongs to a count."""
        if self.shown == CHOOSING:
            self.shown = ""
            return int(digit)
        self.shown = (self.shown + digit)[:MOST_DIGITS]
        return None

    def take(self) -> int | None:
        """The count, which is forgotten; None where there is none."""
        shown, self.shown = self.shown, ""
        return int(shown) if shown.isdecimal() else None
