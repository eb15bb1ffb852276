"""One bundle at length: what each slot reads, and what it will write or has written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

from machine.disassembly import ScratchNames, format_slot
from machine.isa import ENGINES, SLOT_LIMITS
from machine.program import Program, Slot
from machine.stops import Commit
from vliwdbg.session.preview import Effect, Read, Words, preview, read_operands
from vliwdbg.session.snapshot import Snapshot
from vliwdbg.views.listing import used_slots

EXECUTING = tuple(engine for engine in ENGINES if engine != "debug")


@dataclass(frozen=True)
class SlotView:
    """One slot: what it reads, the scratch it writes, its effect, and the words it overwrites.

    Where the bundle is neither the next one nor the last one executed, nobody knows what it will
    do: `effect` is None then, and the reads are as the words stand now.
    """

    engine: str
    index: int
    text: str
    reads: tuple[Read, ...]
    writes: str
    vector: bool
    before: Words = ()
    effect: Effect | None = None


@dataclass(frozen=True)
class BundleView:
    """One bundle: slots used of each engine, and every slot. `when` says which values these are."""

    pc: int
    when: str
    used: Mapping[str, int]
    slots: tuple[SlotView, ...]


NEXT, LAST, ELSEWHERE = "next", "executed", "not next"


def bundle_view(
    program: Program, names: ScratchNames, now: Snapshot, pc: int, last: Commit | None = None
) -> BundleView | None:
    """The bundle at pc; None where there is none. `last` is what the last bundle did."""
    if not 0 <= pc < len(program):
        return None
    bundle = program.bundle(pc)
    when = _when(now, pc, last)
    scratch, memory = _words_before(now, last) if when == LAST else (now.scratch, now.memory)
    slots = tuple(_slot_view(slot, names, scratch, memory, when) for slot in bundle)
    return BundleView(pc, when, used_slots(bundle), slots)


def _when(now: Snapshot, pc: int, last: Commit | None) -> str:
    if pc == now.pc:
        return NEXT
    return LAST if last is not None and pc == last.pc else ELSEWHERE


class _Overlaid(Sequence[int]):
    """Words with some of them as they were before a commit; nothing is copied."""

    def __init__(self, now: Sequence[int], old: Mapping[int, int]) -> None:
        self._now = now
        self._old = old

    def __len__(self) -> int:
        return len(self._now)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[word] for word in range(*at.indices(len(self)))]
        return self._old.get(at, self._now[at])


def _words_before(now: Snapshot, last: Commit | None) -> tuple[Sequence[int], Sequence[int]]:
    assert last is not None
    return (
        _Overlaid(now.scratch, {write.address: write.old for write in last.scratch}),
        _Overlaid(now.memory, {write.address: write.old for write in last.memory}),
    )


def _slot_view(
    slot: Slot, names: ScratchNames, scratch: Sequence[int], memory: Sequence[int], when: str
) -> SlotView:
    reads = read_operands(slot, names, scratch)
    writes = next((names.text(*words) for words in slot.defs), "")
    view = SlotView(
        slot.engine, slot.index, format_slot(slot, names), reads, writes, slot.opcode.vector
    )
    if when == ELSEWHERE:
        return view
    effect = preview(slot, scratch, memory)
    before: Words = ()
    if effect.place is not None:
        words = memory if effect.place.memory else scratch
        before = tuple(words[effect.place.start : effect.place.stop])
    return replace(view, before=before, effect=effect)


def idle_engines(used: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    """Each engine that executes, with its slots used and its limit."""
    return ((engine, used.get(engine, 0), SLOT_LIMITS[engine]) for engine in EXECUTING)
