"""Where a wrong program goes wrong, as text."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.render.answers import notes, slot_line
from vliwdbg.render.text import counted, text, words_text
from vliwdbg.views.diverge import Diverge, Repair


@text.register
def _(view: Diverge) -> Iterator[str]:
    if view.ok:
        which = f"all {view.outputs} outputs are" if view.outputs != 1 else "the output is"
        yield f"Nothing is wrong: {which} right on all inputs tried."
        yield from notes(view)
        return
    assert view.got is not None
    assert view.expected is not None
    of = "" if view.element is None else f", of element {view.element}"
    yield (
        f"{view.wrong} of {counted(view.outputs, 'output')} {'is' if view.wrong == 1 else 'are'} "
        f"wrong. The first is mem[{view.address}]{of}: {words_text(view.got)}, not "
        f"{words_text(view.expected)}."
    )
    if view.culprit is None:
        yield "Nothing speaks against any slot."
    elif view.repair:
        yield f"Culprit: {slot_line(view.culprit)}"
        yield f"Repair: {_repair(view.repair)}"
    else:
        yield f"First wrong slot: {slot_line(view.culprit)}"
        yield "No change of one slot makes all right: several may be wrong, or one is missing."
    for sentence in view.evidence:
        yield f"  {sentence}"
    for repair in view.equivalent:
        yield f"As good: {slot_line(repair.slot)}: {repair.change}"
    others = view.candidates[1:]
    if others and not view.repair:
        yield "Next to look at"
        for slot in others:
            yield f"  {slot_line(slot)}"
    if view.chain:
        yield "From there to the output"
        half = len(view.chain) // 2
        for slot in view.chain[:half]:
            yield f"  {slot_line(slot)}"
        if view.chain_left_out:
            yield f"  … {view.chain_left_out} more"
        for slot in view.chain[half:]:
            yield f"  {slot_line(slot)}"
    yield from notes(view)


def _repair(repair: Repair) -> str:
    return f"{repair.change}. Then all is right on {counted(repair.inputs, 'input')}: {repair.text}"
