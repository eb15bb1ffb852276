"""What a program file says about each of its slots, read when somebody asks.

It is the larger part of a large file, and to run a program takes none of it. So where it stands at
the end of the file, as `write_program` has it, it is only looked over: that nothing is wrong with
it, how many slots it is about, and where each piece of it starts. What is asked for is read a piece
at a time, and not kept: as objects all of it is five times as large.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from machine.encode_fast import find_plain

KEY = "slots"
BEGIN = f',\n "{KEY}": '
"""What it follows in a file that `write_program` has written."""
PIECE = 64
"""Items that are read together."""
_SPACE = b" \t\r\n"
_BEYOND = b",]" + _SPACE
"""What may stand between an item and the next, or behind the last one."""


class Provenance(Sequence[Any]):
    """A list in JSON, known to be right, of so many items; `starts` is where each piece begins."""

    def __init__(self, text: bytes, count: int, starts: array[int]) -> None:
        self._text = text
        self._count = count
        self._starts = starts
        self._last: tuple[int, list[Any]] = (-1, [])
        """The piece that was asked for last, and its number."""

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[item] for item in range(*at.indices(self._count))]
        number, item = divmod(range(self._count)[at], PIECE)
        if (last := self._last)[0] != number:
            last = self._last = (number, self._piece(number))
        return last[1][item]

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(map(self._piece, range(len(self._starts))))

    def _piece(self, number: int) -> list[Any]:
        first, *rest = self._starts[number : number + 2]
        text = self._text[first : rest[0] if rest else None].rstrip(_BEYOND)
        items: list[Any] = json.loads(b"[%b]" % text)
        return items

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Provenance) and self._text == other._text:
            return True
        return isinstance(other, (list, Provenance)) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


def part(data: bytes) -> tuple[bytes, Provenance] | None:
    """The rest of a program file, and the provenance at its end; None where that has to be read.

    The two make the file where the rest is an object in which `slots` is not yet a key.
    """
    end = data.rfind(BEGIN.encode())
    start, stop = end + len(BEGIN), data.rfind(b"}")
    if end < 0 or stop < start or data[stop + 1 :].strip(_SPACE):
        return None
    # In views, since the text is large.
    view = memoryview(data)
    plain = find_plain(view[start:stop], PIECE)
    return plain and (b"".join((view[:end], b"}")), Provenance(bytes(view[start:stop]), *plain))
