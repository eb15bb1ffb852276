"""Where a wrong program goes wrong, as text."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.render.answers import notes, slot_line
from vliwdbg.render.text import text
from vliwdbg.views.diverge import Diverge, Repair


@text.register
def _(view: Diverge) -> Iterator[str]:
    if view.ok:
        yield f"Nothing is wrong: all {view.outputs} outputs are right on all inputs tried."
        yield from notes(view)
        return
    yield (
        f"{view.wrong} of {view.outputs} outputs are wrong. The first is that of element "
        f"{view.element}: {view.got}, not {view.expected}."
    )
    if view.culprit is None:
        yield "Nothing speaks against any slot."
    elif view.repair:
        yield f"Culprit: {slot_line(view.culprit)}"
        yield f"Repair: {_repair(view.repair)}"
    else:
        yield f"First wrong slot: {slot_line(view.culprit)}"
        yield "No change of one slot makes all right; what is wrong may be more than one."
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
        for slot in view.chain:
            yield f"  {slot_line(slot)}"
    yield from notes(view)


def _repair(repair: Repair) -> str:
    return f"{repair.change}. Then all outputs are right on {repair.inputs} inputs: {repair.text}"
