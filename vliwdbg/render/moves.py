"""Texts of moves: where a session came to, and why it stopped there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vliwdbg.render.data import display_line
from vliwdbg.render.text import text, words_text
from vliwdbg.views.moves import At, Here, HitView, Logged, Moved


@text.register
def _(view: Logged) -> Iterator[str]:
    yield from view.text.split("\n")


@text.register
def _(view: Moved) -> Iterator[str]:
    if view.edits_dropped:
        yield "What was set is gone."
    for printed in view.printed:
        yield from printed.split("\n")
    if view.silent:
        return
    for hit in view.hits:
        yield from _hit_lines(hit)
    if view.fault:
        yield view.fault.told(words_text)
    if view.cut_short:
        yield view.cut_short
    yield where_line(view)
    yield from map(display_line, view.displays)


def _hit_lines(hit: HitView) -> Iterator[str]:
    """What a watchpoint has to tell: old and new, lane by lane."""
    if hit.access:
        yield f"{hit.label}: {hit.what} {hit.access.value}"
    for words in _words_told(hit):
        yield f"  {words}"
    if hit.note:
        yield hit.note


def _words_told(hit: HitView) -> Iterator[str]:
    for word in hit.writes:
        yield f"{word.text}: {words_text(word.old)} → {words_text(word.new)}"
    if hit.access and not hit.writes:
        yield f"read: {words_text(hit.read)}"


def hits_line(hits: Sequence[HitView]) -> str:
    """What was met, in a line: `watchpoint 1 (s[9]); s[9]: 0 → 3`."""
    labels = ", ".join(f"{hit.label} ({hit.what})" for hit in hits)
    told = [words for hit in hits for words in _words_told(hit)]
    return "; ".join([labels, *told, *(hit.note for hit in hits if hit.note)])


def where_line(at: At) -> str:
    """`cycle 137  pc 140  breakpoint 2  valu (2) | alu (12)`."""
    slots = "" if at.slots is None else slots_text(at.slots)
    parts = [f"cycle {at.cycle}", f"pc {at.pc}", at.label, slots]
    return "  ".join(part for part in parts if part)


def slots_text(slots: Mapping[str, int]) -> str:
    """Which engines a bundle uses and with how many slots: `valu (2) | alu (12)`."""
    return " | ".join(f"{engine} ({count})" for engine, count in slots.items()) or "empty"


@text.register
def _(view: Here) -> Iterator[str]:
    yield where_line(view)
    if view.slots is not None:
        yield f"bundle {view.pc} of {view.bundles}: {slots_text(view.slots)}"
        if view.tag:
            yield f"in {view.tag.name}, pc {view.tag.pc}:{view.tag.end}"
