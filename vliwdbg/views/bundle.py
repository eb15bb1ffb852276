"""One bundle at length: what each slot reads, and what it will write or has written.

Slots of alu that do the same to words side by side are one group, which is how a person wrote them:

    alu 0-7    v_val = v_val ^ v_node      r7 v8 h5     reads v_val, v_node      8 words

Where the bundle is neither the next one nor the last one executed nobody knows what it will do:
its reads are the words as they stand, and there is no effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple, overload

from machine.access import ACCESS
from machine.disassembly import ScratchNames, format_run, runs_of, spans_of
from machine.isa import SLOT_LIMITS
from machine.program import Program, Slot
from machine.stops import Commit, FaultKind
from vliwdbg.session.places import Place
from vliwdbg.session.preview import Effect, Words, preview
from vliwdbg.session.snapshot import Snapshot
from vliwdbg.views.answers import Answer
from vliwdbg.views.listing import used_slots
from vliwdbg.views.origins import UNKNOWN, Origin, Origins
from vliwdbg.views.ribbon import EXECUTING

NEXT, LAST, ELSEWHERE = "next", "executed", "not next"


class Read(NamedTuple):
    """An operand that is read: its name, the place as written, the words."""

    operand: str
    place: Place
    text: str
    words: Words


@dataclass(frozen=True)
class GroupView:
    """Slots first..last of an engine that are one: their reads, and the words they overwrite.

    `written` is where they write, `before` the words there and `words` those that come; `target`
    is where a jump leads. All are None or empty where nobody knows, or where there are none.
    """

    engine: str
    first: int
    last: int
    text: str
    origin: Origin
    reads: tuple[Read, ...]
    dest: Place | None
    written: Place | None = None
    before: Words = ()
    words: Words = ()
    target: int | None = None
    fault: FaultKind | None = None

    @property
    def numbers(self) -> str:
        """The slots it stands for: `3`, or `0-7`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    @property
    def about(self) -> Place | None:
        """The words it is about: those it writes, else the first it reads."""
        if self.written is not None and self.written.memory:
            return self.written
        return self.dest or (self.reads[0].place if self.reads else None)


@dataclass(frozen=True)
class BundleView:
    """One bundle: slots used of each engine, and its groups. `when` says which values these are."""

    pc: int
    when: str
    used: Mapping[str, int]
    groups: tuple[GroupView, ...]

    @property
    def free(self) -> dict[str, int]:
        """Slots that are free, of each engine that has any."""
        left = {engine: SLOT_LIMITS[engine] - self.used.get(engine, 0) for engine in EXECUTING}
        return {engine: count for engine, count in left.items() if count}


@dataclass(frozen=True)
class Slots(Answer, kind="slots"):
    """What each slot of the bundle that takes a cycle reads and writes."""

    cycle: int
    bundle: BundleView


def bundle_view(
    program: Program,
    names: ScratchNames,
    now: Snapshot,
    pc: int,
    last: Commit | None = None,
    origins: Origins | None = None,
) -> BundleView | None:
    """The bundle at pc; None where there is none. `last` is what the last bundle did."""
    if not 0 <= pc < len(program):
        return None
    bundle = program.bundle(pc)
    when = _when(now, pc, last)
    scratch, memory = _words_before(now, last) if when == LAST else (now.scratch, now.memory)
    at = _Moment(names, scratch, memory, when != ELSEWHERE)
    runs = list(runs_of(iter(bundle)))
    numbers = accumulate(map(len, runs), initial=origins.slots_of(pc).start if origins else 0)
    groups = (
        at.group(run, origins.of(number) if origins else UNKNOWN)
        for run, number in zip(runs, numbers, strict=False)
    )
    return BundleView(pc, when, used_slots(bundle), tuple(groups))


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


class _Moment(NamedTuple):
    """The words that a bundle reads, and whether it is known what it does with them."""

    names: ScratchNames
    scratch: Sequence[int]
    memory: Sequence[int]
    known: bool

    def group(self, run: Sequence[Slot], origin: Origin) -> GroupView:
        """A run of slots with all that can be said of it."""
        slot = run[0]
        named = [operand for operand in slot.opcode.operands if operand.in_scratch]
        offset = ACCESS[slot.opcode.code].offset
        shift = 0 if offset is None else slot.operands[offset]
        spans = [(address + shift, width) for address, width in spans_of(run)]
        places = {
            operand.name: Place(False, address, address + width)
            for operand, (address, width) in zip(named, spans, strict=True)
        }
        dest = places.pop("dest", None)
        reads = tuple(
            Read(name, place, place.text(self.names), self._words(place))
            for name, place in places.items()
        )
        group = GroupView(
            slot.engine,
            slot.index,
            run[-1].index,
            format_run(run, self.names),
            origin,
            reads,
            dest,
        )
        return self._with_effects(group, run) if self.known else group

    def _words(self, place: Place) -> Words:
        return tuple(self.scratch[place.start : place.stop])

    def _with_effects(self, group: GroupView, run: Sequence[Slot]) -> GroupView:
        effects = [preview(slot, self.scratch, self.memory) for slot in run]
        fault = next((effect.fault for effect in effects if effect.fault), None)
        return GroupView(
            **{**vars(group), **self._outcome(effects), "fault": fault},
        )

    def _outcome(self, effects: Sequence[Effect]) -> dict[str, Any]:
        first, last = effects[0].place, effects[-1].place
        if first is None or last is None:
            return {"target": effects[0].target}
        written = Place(first.memory, first.start, last.stop)
        room = self.memory if written.memory else self.scratch
        return {
            "written": written,
            "before": tuple(room[written.start : written.stop]),
            "words": tuple(word for effect in effects for word in effect.words),
        }
