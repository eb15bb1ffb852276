"""What a slot would do if its bundle were executed now, without executing it.

    reads   each scratch operand's words as they stand
    effect  the words it would write and where, the jump it would take, or the fault it would be

Every slot is looked at alone: which of two writes to a word wins is the bundle's affair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from machine import model
from machine.access import ACCESS
from machine.disassembly import ScratchNames
from machine.program import Slot
from machine.stops import FaultKind
from vliwdbg.session.places import Place

Words = tuple[int, ...]


class Read(NamedTuple):
    """An operand that a slot reads: its name, the place as written, the words."""

    operand: str
    text: str
    words: Words


@dataclass(frozen=True)
class Effect:
    """What would come of a slot: words written, a jump's target, or a fault; all None for none."""

    place: Place | None = None
    words: Words = ()
    target: int | None = None
    fault: FaultKind | None = None


def read_operands(slot: Slot, names: ScratchNames, scratch: Sequence[int]) -> tuple[Read, ...]:
    """What a slot reads from scratch, in operand order."""
    read = ACCESS[slot.opcode.code].reads
    return tuple(
        Read(
            slot.opcode.operands[at].name,
            names.text(start, width),
            tuple(scratch[start : start + width]),
        )
        for (at, _), (start, width) in zip(read, slot.uses, strict=True)
    )


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
