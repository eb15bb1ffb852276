"""What a run would take, as text."""

from __future__ import annotations

from collections.abc import Iterator

from machine.isa import SCRATCH_SIZE
from vliwdbg.render.answers import notes
from vliwdbg.render.schedule import percent
from vliwdbg.render.text import counted, table, text
from vliwdbg.views.whatif import MoreScratch, WhatIf


def _more_scratch(scratch: MoreScratch) -> Iterator[str]:
    more = scratch.words - SCRATCH_SIZE
    yield f"WITH {scratch.words} WORDS OF SCRATCH, {more} MORE THAN THE MACHINE HAS"
    right = {True: " The result is right.", False: " THE RESULT IS WRONG.", None: ""}[scratch.right]
    if not scratch.over:
        last = SCRATCH_SIZE - 1
        yield f"It names no word past s[{last}], so the machine runs it as it is.{right}"
        return
    yield (
        f"No machine runs this program: it names words up to s[{scratch.reached - 1}], "
        f"{scratch.over} past the last.{right}"
    )
    held = f"At most {scratch.peak} words hold a value at a time, at cycle {scratch.peak_cycle}"
    too_many = scratch.peak - SCRATCH_SIZE
    if too_many > 0:
        yield f"{held}: {too_many} too many, wherever they lie."
    else:
        yield f"{held}: with other addresses it may fit."


@text.register
def _(view: WhatIf) -> Iterator[str]:
    if view.scratch:
        yield from _more_scratch(view.scratch)
    what = "The same limits" if view.change == "same" else view.change
    cycles = counted(view.at_most, "cycle")
    if view.saved > 0:
        yield f"{what}: {cycles}, not {view.cycles}: at least {view.saved} saved."
        if view.same < view.cycles:
            yield f"Of them {view.cycles - view.same} lie in the order alone."
    elif view.saved < 0:
        yield f"{what}: {cycles} in this order, {-view.saved} more than {view.cycles}."
    else:
        yield f"{what}: {cycles}, as before. Another order may gain something."
    yield f"{counted(view.moved, 'slot')} {'is' if view.moved == 1 else 'are'} elsewhere."
    rows = [(engine, view.limits[engine], percent(part)) for engine, part in view.used.items()]
    yield from table(("Engine", "Limit", "Used"), rows)
    if view.free:
        yield f"Without a slot: {', '.join(view.free)}"
    yield from notes(view)
