"""Answers of a bounded size: of each list a page, of each text its beginning, and what was left
out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vliwdbg.session.errors import DebuggerError

LIMIT, MOST = 20, 500
"""Entries of a list: where nobody says how many, and at most."""
LARGEST = 100_000
"""Characters of an answer."""
LONGEST = 2_000
"""Characters of a text in it."""
ROW = 16
"""Entries of a list of numbers that is one thing: a vector, a span, a histogram."""


def bounded(fields: Mapping[str, Any], offset: int = 0, limit: int = LIMIT) -> dict[str, Any]:
    """The fields of an answer in JSON. Of its own lists the entries from `offset` on are there, of
    those within them the first, and of each at most `limit`, fewer where the answer would be too
    long; `cut` has how many others there are, by field, and characters of texts.

    Raises DebuggerError for a page that is none.
    """
    if not offset >= 0 or not 1 <= limit <= MOST:
        raise DebuggerError(f"limit is 1 to {MOST}, and offset is not negative.")
    while True:
        cutter = _Cutter(limit)
        answer = {name: cutter.value(value, name, offset) for name, value in fields.items()}
        answer["cut"] = cutter.cut
        if limit == 1 or len(json.dumps(answer)) <= LARGEST:
            return answer
        limit //= 2


class _Cutter:
    """One way to cut an answer, and what it left out."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.cut: dict[str, int] = {}

    def value(self, value: Any, name: str, offset: int = 0) -> Any:
        if isinstance(value, str):
            self._note(name, len(value) - LONGEST)
            return value[:LONGEST]
        if isinstance(value, Mapping):
            self._note(name, len(value) - MOST)
            first = list(value.items())[:MOST]
            return {
                key[:LONGEST]: self.value(item, f"{name}.{key}"[:LONGEST]) for key, item in first
            }
        if not isinstance(value, list) or _is_row(value):
            return value
        page = value[offset : offset + self.limit]
        self._note(name, len(value) - len(page))
        return [self.value(item, name) for item in page]

    def _note(self, name: str, more: int) -> None:
        if more > 0:
            self.cut[name] = self.cut.get(name, 0) + more


def _is_row(value: list[Any]) -> bool:
    return len(value) <= ROW and all(isinstance(item, (int, float)) for item in value)
