"""Answers of a bounded size: of each list a page, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from machine.errors import ProgramError
from vliwdbg.views.base import View

LIMIT, MOST = 20, 500


def answer_of(view: View, offset: int = 0, limit: int = LIMIT) -> dict[str, Any]:
    """The fields of a view. Of its own lists the entries from `offset` on are there, of those
    within them the first, and of each at most `limit`; `left_out` has the others, by field."""
    if not offset >= 0 or not 1 <= limit <= MOST:
        raise ProgramError.at("limit", f"is 1 to {MOST}, and offset is not negative")
    left_out: dict[str, int] = {}
    fields = {
        name: _bounded(value, name, offset, limit, left_out)
        for name, value in view.to_json().items()
        if name != "kind"
    }
    return {"ok": view.ok, **fields, "left_out": left_out}


def _bounded(value: Any, name: str, offset: int, limit: int, left_out: dict[str, int]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _bounded(item, f"{name}.{key}", 0, limit, left_out) for key, item in value.items()
        }
    if not isinstance(value, list):
        return value
    page = value[offset : offset + limit]
    if len(page) < len(value):
        left_out[name] = left_out.get(name, 0) + len(value) - len(page)
    return [_bounded(item, name, 0, limit, left_out) for item in page]
