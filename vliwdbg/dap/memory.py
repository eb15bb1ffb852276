"""Words as bytes at addresses, as the protocol sees memory: little-endian, four bytes a word.

0x0            the words of memory, from mem[0] on
0x1000000000   the words of scratch, from s[0] on
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from machine.isa import SCRATCH_SIZE
from vliwdbg.dap.arguments import RequestError
from vliwdbg.session.places import Place
from vliwdbg.session.session import Session

SCRATCH_AT = 1 << 36
WORD_BYTES = 4
_ADDRESS = re.compile(r"-?(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,18})")


def reference_of(place: Place) -> str:
    """The address of its first word."""
    return hex((0 if place.memory else SCRATCH_AT) + WORD_BYTES * place.start)


def address_of(reference: str, offset: int = 0) -> int:
    """The number of an address. Raises RequestError."""
    if not _ADDRESS.fullmatch(reference):
        raise RequestError(f"an address is like 0x40, not {reference[:40]!r}")
    return int(reference, 0 if reference.lstrip("-")[:2].lower() == "0x" else 10) + offset


class Bytes(NamedTuple):
    """Bytes first:stop of one room, counted from its start."""

    memory: bool
    first: int
    stop: int

    @property
    def address(self) -> int:
        return self.first if self.memory else SCRATCH_AT + self.first

    @property
    def place(self) -> Place:
        """The words that they lie in; there have to be some."""
        return Place(self.memory, self.first // WORD_BYTES, -(-self.stop // WORD_BYTES))


def bytes_at(session: Session, address: int, count: int) -> Bytes:
    """So many bytes from an address on, as far as there are any."""
    memory = address < SCRATCH_AT
    words = len(session.core.memory) if memory else SCRATCH_SIZE
    first = address if memory else address - SCRATCH_AT
    if first < 0 or first >= WORD_BYTES * words:
        return Bytes(memory, max(first, 0), max(first, 0))
    return Bytes(memory, first, min(first + max(count, 0), WORD_BYTES * words))


def read_bytes(session: Session, there: Bytes) -> bytes:
    """Their values."""
    if there.first == there.stop:
        return b""
    skipped = there.first % WORD_BYTES
    data = _as_bytes(there.place.words_in(session.core))
    return data[skipped : skipped + there.stop - there.first]


def write_bytes(session: Session, there: Bytes, data: bytes) -> None:
    """Overwrite them; history goes on anew from here."""
    place = there.place
    whole = bytearray(_as_bytes(place.words_in(session.core)))
    skipped = there.first % WORD_BYTES
    whole[skipped : skipped + len(data)] = data
    session.set_words(place, _as_words(bytes(whole)))


def _as_bytes(words: Sequence[int]) -> bytes:
    return _swapped(array("I", words)).tobytes()


def _as_words(data: bytes) -> list[int]:
    return _swapped(array("I", data)).tolist()


def _swapped(words: array[int]) -> array[int]:
    if sys.byteorder == "big":
        words.byteswap()
    return words
