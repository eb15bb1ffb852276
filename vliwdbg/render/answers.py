"""What the texts of all answers have in common."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.views.answers import Answer
from vliwdbg.views.places import SlotAt


def notes(view: Answer) -> Iterator[str]:
    """What an answer does not cover."""
    for note in view.notes:
        yield f"Note: {note}"


def slot_line(slot: SlotAt) -> str:
    """An executed slot in one line: `cycle 844 store[0]: vstore mem[p] = v`."""
    return f"cycle {slot.cycle} {slot.engine}[{slot.slot}]: {slot.text}"
