"""Texts of words."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.render.text import table, text, words_row, words_text
from vliwdbg.views.data import (
    Assigned,
    DisplayRow,
    Displays,
    Examined,
    MemoryMap,
    NamedScratch,
    Printed,
    RadixSet,
    Range,
    Setting,
    Undisplayed,
)
from vliwdbg.views.radix import Value


@text.register
def _(view: Printed) -> Iterator[str]:
    yield f"${view.number} = {words_text(view.value, view.radix)}"


@text.register
def _(view: Examined) -> Iterator[str]:
    for row in view.rows:
        yield f"{row.text}: {words_row(row.words, view.radix)}"


@text.register
def _(view: Range) -> Iterator[str]:
    rows = ((row.text, words_row(row.words)) for row in view.rows)
    return table(("Place", "Words"), rows)


@text.register
def _(view: NamedScratch) -> Iterator[str]:
    if not view.rows:
        yield "The program names no scratch; `info scratch 0:64` shows words."
        return
    yield from table(
        ("Scratch", "Name", "Words"),
        (
            (f"{row.start}:{row.start + len(row.words)}", row.text, _words_text(row.words))
            for row in view.rows
        ),
    )


def _words_text(words: tuple[int, ...]) -> str:
    value: Value = words[0] if len(words) == 1 else words
    return words_text(value)


@text.register
def _(view: MemoryMap) -> Iterator[str]:
    if view.regions is None:
        yield f"Memory: {view.words} words; the header tells no problem."
        return
    yield f"Memory: {view.words} words."
    yield from table(
        ("Region", "Addresses", "Words"),
        ((part.name, f"{part.start}:{part.stop}", part.stop - part.start) for part in view.regions),
    )


@text.register
def _(view: Displays) -> Iterator[str]:
    if not view.rows:
        yield "Nothing is displayed."
    yield from map(display_line, view.rows)


def display_line(row: DisplayRow) -> str:
    """`1: v_val[0] = 42`, or why it cannot be had now."""
    if row.value is None:
        return f"{row.number}: {row.text}: {row.error}"
    return f"{row.number}: {row.text} = {words_text(row.value, row.radix)}"


@text.register
def _(view: Undisplayed) -> Iterator[str]:
    numbers = ", ".join(map(str, view.numbers))
    yield f"Deleted display {numbers}." if numbers else "Nothing is displayed."


@text.register
def _(view: Assigned) -> Iterator[str]:
    name = view.words.text if view.words else "pc"
    change = f"{words_text(view.old)} → {words_text(view.new)}"
    yield f"{name}: {change}. History goes on from cycle {view.cycle} anew."


_SETTINGS = {
    ("pauses", True): "Pauses stop.",
    ("pauses", False): "Pauses are passed over.",
    ("debug", True): "Compares are checked.",
    ("debug", False): "Compares are passed over.",
}


@text.register
def _(view: Setting) -> Iterator[str]:
    yield _SETTINGS[view.name, view.on]


@text.register
def _(view: RadixSet) -> Iterator[str]:
    yield f"Words are written in {view.radix}."
