"""Views as plain lines: what `exec` prints, a transcript holds and the panes of messages show.

    @text.register
    def _(view: Uses) -> Iterator[str]:
        yield f"{view.place} is read by"
        yield from table(("Cycle", "Slot"), ((slot.cycle, slot.text) for slot in view.readers))

A renderer is given the view and nothing else, and yields a line at a time. Words it writes with
`words_text`, which knows the radix that was asked for. It may be careless with the names that a
program gives to things: `lines_of` escapes whatever a terminal would obey.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import singledispatch
from importlib import import_module
from typing import Any

from vliwdbg.printable import printable
from vliwdbg.views.base import View
from vliwdbg.views.radix import DECIMAL, RADIXES, Letter, Radix, Value

_radix: ContextVar[Radix] = ContextVar("radix", default=DECIMAL)
"""In which words are written now."""


@singledispatch
def text(view: View) -> Iterator[str]:
    """The lines of a view, not safe for a terminal yet; renderers register for their view."""
    raise TypeError(f"no text is known for {type(view).__name__}")


class Columns(str):
    """A line of a table: broken in two it would be none."""

    __slots__ = ()


def lines_of(view: View, radix: Radix = DECIMAL) -> list[str]:
    """The lines of a view, with its words in a radix, and with every character escaped that is no
    text: a line is one line."""
    import_module("vliwdbg.render.all_views")
    with written_in(radix):
        return [type(line)(printable(line, keep="\t")) for line in text(view)]


@contextmanager
def written_in(radix: Radix) -> Iterator[None]:
    """While it lasts, words are written in a radix."""
    before = _radix.set(radix)
    try:
        yield
    finally:
        _radix.reset(before)


def words_text(value: Value, letter: Letter | None = None) -> str:
    """A word, or words in braces: as the letter of /FMT says, else in the radix of the text."""
    return _chosen(letter).value_text(value)


def words_row(words: Sequence[int], letter: Letter | None = None) -> str:
    """Words one after another, written likewise."""
    return _chosen(letter).join(words)


def _chosen(letter: Letter | None) -> Radix:
    return RADIXES[letter] if letter else _radix.get()


def counted(number: int, noun: str) -> str:
    """`1 cycle`, `2 cycles`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Columns]:
    """Columns as wide as their widest cell, two spaces apart; the last is left as it is."""
    # Escaped before it is measured: columns are of what is seen.
    cells = [tuple(printable(str(cell)) for cell in row) for row in (headers, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield Columns("  ".join(padded).rstrip())
