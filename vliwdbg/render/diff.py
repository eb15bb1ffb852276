"""What differs between two programs, as text."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.render.answers import notes, slot_line
from vliwdbg.render.schedule import percent
from vliwdbg.render.text import counted, table, text
from vliwdbg.views.diff import Diff

_MOST_ROWS = 8


@text.register
def _(view: Diff) -> Iterator[str]:
    a, b = view.a, view.b
    for letter, side in (("A", a), ("B", b)):
        lanes = counted(side.lanes, "lane")
        yield f"{letter} is {side.name}: {counted(side.cycles, 'cycle')}, {lanes}."
    yield (
        f"{_part(view.same_computation)} the same computations, {_part(view.same_value)} the same "
        f"values, on {counted(view.inputs, 'input')}."
    )
    rows = [(e, percent(part), percent(b.utilization[e])) for e, part in a.utilization.items()]
    yield from table(("Engine", "A", "B"), rows)
    for by in ("opcode", "stage"):
        found = [one for one in view.surplus if one.by == by]
        if found:
            yield f"Lanes without a counterpart, by {by}"
            yield from table(
                (by.capitalize(), "Only in A", "Only in B"),
                [(one.name, one.a, one.b) for one in found[:_MOST_ROWS]],
            )
            if len(found) > _MOST_ROWS:
                yield f"and {len(found) - _MOST_ROWS} more"
    if any(gain.cycles for gain in view.gains):
        told = " ".join(f"{gain.cycles:+d}" if gain.cycles else "0" for gain in view.gains)
        yield f"B against A, in cycles, by eighth of A: {told}"
    if view.shifts:
        typical = counted(view.typical_shift, "cycle")
        yield f"Slots moved by {typical} in the median. Farthest from the others:"
        for shift in view.shifts:
            yield f"  {shift.cycles:+d}  {slot_line(shift.a)}  →  {slot_line(shift.b)}"
    yield from notes(view)


def _part(part: float) -> str:
    """In percent; what is not all is never told as all."""
    return percent(part) if part == 1 or part < 0.9995 else "nearly 100 %"
