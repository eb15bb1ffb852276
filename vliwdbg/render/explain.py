"""What the slots and words of a program are for, as text."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.render.answers import notes, slot_line
from vliwdbg.render.schedule import percent
from vliwdbg.render.text import counted, table, text
from vliwdbg.views.explain import Explain

_MOST_NAMES = 12


@text.register
def _(view: Explain) -> Iterator[str]:
    part = percent(view.told / view.slots) if view.slots else "none"
    yield (
        f"{view.told} of {counted(view.slots, 'slot')} ({part}) are explained: "
        f"{counted(view.vectors, 'vector')}, {counted(view.rounds, 'round')}."
    )
    if view.stages:
        yield from table(("Stage", "Slots"), [(one.stage, one.slots) for one in view.stages])
    if view.names:
        told = ", ".join(one.name for one in view.names[:_MOST_NAMES])
        more = len(view.names) - _MOST_NAMES
        yield f"Names: {told}" + (f" and {more} more" if more > 0 else "")
    for slot in view.unknown:
        yield f"Unknown: {slot_line(slot)}"
    yield from notes(view)
