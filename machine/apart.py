"""The bundles of a large program file, encoded some at a time.

All of them as Python's objects take many times the memory of the file, and to be given that takes
longer than to fill it. So what stands between the brackets of their list is cut into pieces, each
of which is parsed, encoded and forgotten. Where it was cut does not matter: what is a list in JSON,
and not an empty one, piece by piece is the list that all make together, and if a piece is none the
file has to be read as a whole. So it has where anything is wrong with a bundle, or odd, for then
its number has to be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from machine.columns import Columns
from machine.encode_fast import make_encoder
from machine.errors import ProgramError

PIECE = 2**17
"""Bytes that are parsed at once, and a few more."""
BEGIN, END = b'"bundles": [', b"\n ]"
"""What the bundles stand between in a file that `write_program` has written."""
_STAND_IN = "the bundles, which were read apart"


def part(
    data: bytes, parse: Callable[[bytes], Any], scratch_size: int
) -> tuple[bytes, Columns] | None:
    """A program file with a stand-in for its bundles, and their columns.

    None for a file that has to be read as a whole. So it has if `filled` cannot fill it.
    """
    place = _place(data) if len(data) > 2 * PIECE else None
    if place is None or _STAND_IN.encode() in data:
        return None
    encoder = make_encoder(scratch_size)
    try:
        for piece in _pieces(data, *place):
            bundles = parse(piece)
            encoder.add_all(bundles)
            if not bundles or encoder.complaints or encoder.notes:
                return None
    except ProgramError:
        return None
    start, end = place
    stand_in = b'"%b"' % _STAND_IN.encode()
    return data[: start - 1] + stand_in + data[end + 1 :], encoder.columns


def filled(document: Any, columns: Columns) -> dict[str, Any] | None:
    """A document with columns for the stand-in; None where that is not in the bundles' place."""
    if document == _STAND_IN:
        return {"bundles": columns}
    if isinstance(document, dict) and document.get("bundles") == _STAND_IN:
        document["bundles"] = columns
        return document
    return None


def _place(data: bytes) -> tuple[int, int] | None:
    """Where the items of the list start and end, if it is one of those that are looked for."""
    text = data.strip()
    if text.startswith(b"[") and text.endswith(b"]"):
        return data.index(b"[") + 1, data.rindex(b"]")
    start = data.find(BEGIN) + len(BEGIN)
    end = data.find(END, start)
    return None if start < len(BEGIN) or end < 0 else (start, end + len(END) - 1)


def _pieces(data: bytes, start: int, end: int) -> Iterator[bytes]:
    """Lists of the items between, each cut off at what looks like the end of a bundle."""
    comma = start - 1
    while comma < end:
        start = comma + 1
        comma = data.find(b"},", start + PIECE, end) + 1 or end
        yield b"[" + data[start:comma] + b"]"
