"""One bundle at length, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from machine.disassembly import ScratchNames
from vliwdbg.render.answers import notes
from vliwdbg.render.text import text, words_text
from vliwdbg.session.preview import Words
from vliwdbg.views.bundle import GroupView, Slots

_NO_NAMES = ScratchNames({})


@text.register
def _(view: Slots) -> Iterator[str]:
    bundle = view.bundle
    free = f"; free: {counts(bundle.free)}" if bundle.free else ""
    yield f"Cycle {view.cycle}, pc {bundle.pc}: {counts(bundle.used) or 'empty'}{free}"
    for group in bundle.groups:
        slot = f"{group.engine}[{group.numbers}]"
        yield f"  {slot:<11} {group.text}  {group.origin.text}".rstrip()
        for told in (reads(group), does(group)):
            if told:
                yield f"{'':14}  {told}"
    yield from notes(view)


def counts(slots: Mapping[str, int]) -> str:
    """`2 load, 1 flow`."""
    return ", ".join(f"{count} {engine}" for engine, count in slots.items())


def reads(group: GroupView) -> str:
    """What a group reads: `v_val = {1, 2}; n = 3`."""
    read = {read.text: read.words for read in group.reads}
    return "; ".join(f"{place} = {_words(words)}" for place, words in read.items())


def does(group: GroupView) -> str:
    """What comes of a group: `3 → 4`, `mem[8]: 0 → 7`, `to pc 12`, a fault."""
    if group.fault:
        return group.fault.value
    if group.written is None:
        return "" if group.target is None else f"to pc {group.target}"
    place = f"{group.written.text(_NO_NAMES)}: " if group.written.memory else ""
    return f"{place}{_words(group.before)} → {_words(group.words)}"


def _words(words: Words) -> str:
    return words_text(words[0] if len(words) == 1 else words)
