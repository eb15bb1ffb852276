"""What a run would take, as text."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.render.answers import notes
from vliwdbg.render.schedule import percent
from vliwdbg.render.text import table, text
from vliwdbg.views.whatif import WhatIf


@text.register
def _(view: WhatIf) -> Iterator[str]:
    what = "The same limits" if view.change == "same" else view.change
    if view.saved > 0:
        yield f"{what}: {view.at_most} cycles, not {view.cycles}: at least {view.saved} saved."
        if view.same < view.cycles:
            yield f"Of them {view.cycles - view.same} lie in the order alone."
    elif view.saved < 0:
        yield f"{what}: {view.at_most} cycles in this order, {-view.saved} more than {view.cycles}."
    else:
        yield f"{what}: {view.at_most} cycles, as before. Another order may gain something."
    yield f"{view.moved} slots are elsewhere."
    rows = [(engine, view.limits[engine], percent(part)) for engine, part in view.used.items()]
    yield from table(("Engine", "Limit", "Used"), rows)
    if view.free:
        yield f"Without a slot: {', '.join(view.free)}"
    yield from notes(view)
