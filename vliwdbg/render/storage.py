"""What scratch is used for, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vliwdbg.render.answers import notes, slot_line
from vliwdbg.render.schedule import level, percent, ranges
from vliwdbg.render.text import Columns, table, text
from vliwdbg.views.storage import Holder, Live

_MOST_UNUSED = 6


@text.register
def _(view: Live) -> Iterator[str]:
    yield (
        f"At most {view.peak} of {view.scratch} words hold a value, at cycle {view.peak_cycle}; "
        f"{view.used} are used at all."
    )
    if view.windows:
        width = view.windows[0].stop - view.windows[0].first
        levels = "".join(level(window.words / view.scratch) for window in view.windows)
        yield Columns(f"live  |{levels}|  {width} cycles a character")
    if view.unused:
        more = len(view.unused) - _MOST_UNUSED
        told = ", ".join(view.unused[:_MOST_UNUSED])
        yield f"Never used: {told}" + (f" and {more} more stretches" if more > 0 else "")
    yield f"Held longest at the peak, of {view.peak} words"
    yield from table(("Place", "Words", "Cycles", "Written by"), map(_held, view.holders))
    if view.more:
        yield f"{view.more} more words are not shown."
    yield f"{view.values} words written, {view.dead} never read. By cycles to the last read:"
    yield from table(tuple(ranges(view.bounds)), [view.lifetimes])
    yield f"{percent(view.long_lived)} of all that is held is held for more than half of the run."
    if view.zones:
        yield "The largest places where nothing is kept"
        rows = [(z.place, z.words, _cycles(z.first, z.stop)) for z in view.zones]
        yield from table(("Place", "Words", "Cycles"), rows)
    yield from notes(view)


def _held(held: Holder) -> Sequence[object]:
    writer = slot_line(held.writer) if held.writer else "nobody: it is 0"
    return held.place, held.words, _cycles(held.first, held.stop), writer


def _cycles(first: int, stop: int) -> str:
    return f"{first}–{stop - 1}"
