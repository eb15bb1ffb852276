"""The command lines of earlier, kept in a file that all debuggers of a user share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vliwdbg.settings.files import FileError, read, update

MOST_LINES = 1_000
LONGEST = 1_000
"""Characters of a line that is kept; a longer one was pasted."""


class History:
    """Lines, the newest last. Without a path nothing is kept.

    `tell` gets the trouble where the file cannot be used; from then on nothing is kept.
    """

    def __init__(self, path: Path | None = None, tell: Callable[[FileError], object] = str) -> None:
        self.lines: list[str] = []
        self._path = path
        self._tell = tell
        self.rewind()

    def add(self, line: str) -> None:
        """Remember a line, unless it is the last one again."""
        self.lines = _with_line(self.lines, line)
        if len(line) <= LONGEST:
            self._share(lambda path: update(path, _adding(line), errors="replace"))
        self._at = len(self.lines)

    def rewind(self) -> None:
        """The next `recall` starts from the newest, be it another debugger's."""
        self._share(lambda path: read(path, errors="replace"))
        self._at = len(self.lines)

    def recall(self, step: int, prefix: str) -> str | None:
        """The next line, older (-1) or newer (1), that starts so; None where there is no more."""
        at = self._at + step
        while 0 <= at < len(self.lines):
            if self.lines[at].startswith(prefix):
                self._at = at
                return self.lines[at]
            at += step
        if step > 0:
            self._at = len(self.lines)
        return None

    def _share(self, use: Callable[[Path], str]) -> None:
        """Take the lines that are in the file, once it was read or written."""
        if self._path is None:
            return
        try:
            self.lines = _lines(use(self._path))
        except FileError as trouble:
            self._path = None
            self._tell(trouble)


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line][-MOST_LINES:]


def _with_line(lines: list[str], line: str) -> list[str]:
    return lines if not line or lines[-1:] == [line] else [*lines, line]


def _adding(line: str) -> Callable[[str], str]:
    """What makes a file's text one with that line at its end."""
    return lambda text: "".join(
        f"{kept}\n" for kept in _with_line(_lines(text), line)[-MOST_LINES:]
    )
