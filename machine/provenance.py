"""What a program file says about each of its slots, read when somebody asks.

It is the larger part of a large file, and to run a program takes none of it. So where it stands at
the end of the file, as `write_program` has it, it is only looked over: that nothing is wrong with
it, and how many slots it is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from machine.collector import gc_paused
from machine.encode_fast import count_plain

KEY = "slots"
BEGIN = f',\n "{KEY}": '
"""What it follows in a file that `write_program` has written."""
_SPACE = b" \t\r\n"


class Provenance(Sequence[Any]):
    """A list in JSON, known to be right, of so many items."""

    def __init__(self, text: bytes, count: int) -> None:
        self._text = text
        self._count = count

    @cached_property
    def _items(self) -> list[Any]:
        with gc_paused():
            items: list[Any] = json.loads(self._text)
        return items

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: Any) -> Any:
        return self._items[at]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        return self._items == (other._items if isinstance(other, Provenance) else other)

    __hash__ = None  # type: ignore[assignment]


def part(data: bytes) -> tuple[bytes, Provenance] | None:
    """The rest of a program file, and the provenance at its end; None where that has to be read.

    The two make the file where the rest is an object in which `slots` is not yet a key.
    """
    end = data.rfind(BEGIN.encode())
    start, stop = end + len(BEGIN), len(data.rstrip(_SPACE)) - 1
    if end < 0 or not data.startswith(b"}", stop):
        return None
    # In views, since the text is large.
    view = memoryview(data)
    count = count_plain(view[start:stop])
    if count is None:
        return None
    return b"".join((view[:end], b"}")), Provenance(bytes(view[start:stop]), count)
