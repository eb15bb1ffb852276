"""What a slot would do if its bundle were executed now, without executing it.

    reads   each operand's words as they stand
    effect  the words it would write and where, the jump it would take, or the fault it would be

Every slot is rehearsed alone: which of two writes to a word wins is the bundle's affair, and
`machine.model` is the truth about it. A test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from machine.isa import WORD_MASK, Role
from machine.program import Slot
from machine.stops import FaultKind
from vliwdbg.session.places import Place

Words = tuple[int, ...]
Reads = Mapping[str, Words]
"""The words of each operand by its name; an immediate is one word, a key is what it is."""


@dataclass(frozen=True)
class Effect:
    """What would come of a slot: words written, a jump's target, or a fault; all None for none."""

    place: Place | None = None
    words: Words = ()
    target: int | None = None
    fault: FaultKind | None = None


def read_operands(slot: Slot, scratch: Sequence[int]) -> Reads:
    """What each operand of a slot stands for now."""
    shift = slot.opcode.shift(slot.operands)
    return {
        operand.name: tuple(scratch[value + shift : value + shift + operand.width])
        if operand.in_scratch
        else (value,)
        for operand, value in zip(slot.opcode.operands, slot.operands, strict=True)
    }


def rehearse(slot: Slot, scratch: Sequence[int], memory: Sequence[int]) -> Effect:
    """What a slot would do now."""
    reads = read_operands(slot, scratch)
    if slot.engine in _BY_ENGINE:
        return _BY_ENGINE[slot.engine](slot, reads, memory)
    return _compute(slot, reads)


def _compute(slot: Slot, reads: Reads) -> Effect:
    """A slot whose words are a function of its operands' words, lane by lane."""
    row = slot.opcode
    function = row.arithmetic or _LANES.get(row.name)
    if function is None:
        return Effect()
    ((start, width),) = row.defs(slot.operands)
    inputs = [words for name, words in reads.items() if name != "dest"]
    try:
        words = tuple(
            function(*(words[lane % len(words)] for words in inputs)) & WORD_MASK
            for lane in range(width)
        )
    except ZeroDivisionError:
        return Effect(fault=FaultKind.DIVISION)
    return Effect(Place(False, start, start + width), words)


def _load(slot: Slot, reads: Reads, memory: Sequence[int]) -> Effect:
    if "addr" not in reads:
        return _compute(slot, reads)
    first, lanes = reads["addr"][0], slot.opcode.memory_lanes
    if first + lanes > len(memory):
        return Effect(fault=FaultKind.MEMORY)
    ((start, width),) = slot.opcode.defs(slot.operands)
    return Effect(Place(False, start, start + width), tuple(memory[first : first + lanes]))


def _store(slot: Slot, reads: Reads, memory: Sequence[int]) -> Effect:
    first, lanes = reads["addr"][0], slot.opcode.memory_lanes
    if first + lanes > len(memory):
        return Effect(fault=FaultKind.MEMORY)
    return Effect(Place(True, first, first + lanes), reads["src"])


def _flow(slot: Slot, reads: Reads, _memory: Sequence[int]) -> Effect:
    if not slot.opcode.jumps:
        return _compute(slot, reads)
    taken = reads.get("cond", (1,))[0] != 0
    target = _TARGETS[slot.opcode.operands[-1].role](slot.pc, reads)
    if taken and target < 0:
        return Effect(fault=FaultKind.TARGET)
    return Effect(target=target if taken else slot.pc + 1)


_TARGETS: Mapping[Role, Callable[[int, Reads], int]] = {
    Role.TARGET: lambda _pc, reads: reads["imm"][0],
    Role.RELATIVE: lambda pc, reads: pc + 1 + reads["imm"][0],
    Role.USE: lambda _pc, reads: reads["addr"][0],
}
_LANES: Mapping[str, Callable[..., int]] = {
    "vbroadcast": lambda src: src,
    "multiply_add": lambda a, b, c: a * b + c,
    "const": lambda imm: imm,
    "select": lambda cond, a, b: a if cond else b,
    "vselect": lambda cond, a, b: a if cond else b,
    "add_imm": lambda a, imm: a + imm,
    "coreid": lambda: 0,
}
_BY_ENGINE: Mapping[str, Callable[[Slot, Any, Sequence[int]], Effect]] = {
    "load": _load,
    "store": _store,
    "flow": _flow,
}
