"""What is the user's to mend: shown as it is, and the session goes on."""

from __future__ import annotations


class DebuggerError(Exception):
    """A message that names what is wrong and what to do.

    `text` is what the user wrote and `column` where in it the trouble starts (0 is its first
    character); with them the message shows the text with a caret under the place.
    """

    def __init__(self, message: str, text: str = "", column: int | None = None) -> None:
        self.message = message
        self.text = text
        self.column = column
        super().__init__(message)

    def __str__(self) -> str:
        if self.column is None or not self.text:
            return self.message
        return f"{self.message}\n    {self.text}\n    {' ' * self.column}^"


class EndedByUserError(DebuggerError):
    """The user has ended it."""


def wrong_number(what: str, text: str) -> DebuggerError:
    """The error of something that should have been a number."""
    return DebuggerError(f"{what} is a number, not {text!r}.")
