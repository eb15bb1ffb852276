"""Where words come from and where they go, as text."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.render.answers import notes, slot_line
from vliwdbg.render.text import counted, table, text, words_text
from vliwdbg.views.dataflow import Found, Source, Uses, Who, Writes

_ORIGINS = {
    "input": "memory as the run started",
    "never-written": "never written",
    "before": "from before the window",
}


@text.register
def _(view: Who) -> Iterator[str]:
    yield f"{view.place.text} = {words_text(view.value)} before cycle {view.cycle}"
    if not view.ok:
        yield "  It was never written before then."
    if view.writer:
        yield f"  [1] {slot_line(view.writer)}"
    for source in view.inputs:
        yield from _source_lines(source, "    " if view.writer else "  ")
    if view.slots > view.shown:
        yield f"{view.slots} slots lead to it in all; those behind … are not shown."
    yield from notes(view)


def _source_lines(source: Source, indent: str) -> Iterator[str]:
    mark = f"{indent}[{source.number}] "
    told = f"{source.place} = {words_text(source.value)}"
    if source.origin == "again":
        yield f"{indent}see [{source.number}] {told}"
        return
    if source.writer is None:
        yield f"{mark}{told}, {_ORIGINS[source.origin]}{_through(source)}"
        return
    more = "  …" if source.left_out else ""
    yield f"{mark}{told}  {slot_line(source.writer)}{_through(source)}{more}"
    for inner in source.inputs:
        yield from _source_lines(inner, indent + "  ")


def _through(source: Source) -> str:
    if not source.through:
        return ""
    moves = [f"{slot.text} at {slot.cycle}" for slot in source.through[:3]]
    more = f" and {len(source.through) - 3} more" if len(source.through) > 3 else ""
    return f"  moved by {'; '.join(moves)}{more}"


@text.register
def _(view: Uses) -> Iterator[str]:
    yield f"{view.place.text} = {words_text(view.value)} before cycle {view.cycle}"
    if view.readers:
        rows = ((s.cycle, f"{s.engine}[{s.slot}]", s.text) for s in view.readers)
        yield from table(("Cycle", "Slot", "Read by"), rows)
    else:
        yield "Nobody reads it."
    if view.more:
        yield f"{view.more} more are not shown."
    if view.until:
        yield f"Overwritten by {slot_line(view.until)}"
    yield from notes(view)


@text.register
def _(view: Writes) -> Iterator[str]:
    if not view.writes:
        yield f"{view.place.text} is never written."
    else:
        rows: list[tuple[object, ...]] = [
            (one.writer.cycle, one.place, words_text(one.old), words_text(one.new), one.writer.text)
            for one in view.writes
        ]
        half = (len(rows) + 1) // 2 if view.left_out else len(rows)
        if view.left_out:
            rows.insert(half, ("…", f"{view.left_out} writes are not shown", "", "", ""))
        yield from table(("Cycle", "Place", "Was", "Became", "Written by"), rows)
    yield from notes(view)


@text.register
def _(view: Found) -> Iterator[str]:
    if not view.spans:
        never = "has not held so far" if view.interrupted else "never holds"
        yield f"{view.expression} {never}."
    else:
        told = ", ".join(
            str(first) if stop - first == 1 else f"{first}–{stop - 1}" for first, stop in view.spans
        )
        more = f" and {view.more} more stretches" if view.more else ""
        yield f"{view.expression} holds before {counted(view.cycles, 'cycle')}: {told}{more}"
    yield from notes(view)
