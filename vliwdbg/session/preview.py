"""What a slot would do if its bundle were executed now, without executing it.

The words it would write and where, the jump it would take, or the fault it would be.
Every slot is looked at alone: which of two writes to a word wins is the bundle's affair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from machine import model
from machine.program import Slot
from machine.stops import FaultKind
from vliwdbg.session.places import Place

Words = tuple[int, ...]


@dataclass(frozen=True)
class Effect:
    """What would come of a slot: words written, a jump's target, or a fault; all None for none."""

    place: Place | None = None
    words: Words = ()
    target: int | None = None
    fault: FaultKind | None = None


def preview(slot: Slot, scratch: Sequence[int], memory: Sequence[int]) -> Effect:
    """What a slot would do now."""
    found = model.preview(slot, scratch, memory)
    if found.fault:
        return Effect(fault=found.fault)
    if slot.opcode.jumps:
        return Effect(target=found.next_pc)
    return _written(False, found.scratch) or _written(True, found.memory) or Effect()


def _written(memory: bool, words: Mapping[int, int]) -> Effect | None:
    """A slot's words are in a row."""
    if not words:
        return None
    return Effect(Place(memory, min(words), 1 + max(words)), tuple(words.values()))
