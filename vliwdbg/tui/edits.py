"""The program's file, and whether it is another one than the one that was read."""

from __future__ import annotations

import os
from typing import NamedTuple

from vliwdbg.programs import Choice
from vliwdbg.tui.workspace import STANDARD_INPUT


class _Stamp(NamedTuple):
    modified: int
    size: int
    node: int


class Edits:
    """The file of a choice, as it was when this was made."""

    def __init__(self, choice: Choice) -> None:
        self.path = _file_of(choice)
        self._stamp = _stamp_of(self.path)

    def changed(self) -> bool:
        """Whether there is another file now; one that is gone for the moment is none."""
        now = _stamp_of(self.path)
        return now is not None and now != self._stamp


def _file_of(choice: Choice) -> str:
    """Empty for the bundled kernel and for standard input, which nobody edits."""
    return "" if choice.bundled or choice.program == STANDARD_INPUT else str(choice.program)


def _stamp_of(path: str) -> _Stamp | None:
    try:
        facts = os.stat(path) if path else None
    except OSError:
        return None
    return facts and _Stamp(facts.st_mtime_ns, facts.st_size, facts.st_ino)
