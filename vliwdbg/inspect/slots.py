"""Which slots of a program a person means: what a search finds, and what a stop is about.

    vload   valu   valu:multiply_add            an opcode, an engine
    v1232   v1232[3]   s[64:72]                 operands in these words of scratch
    mem 2310   mem[2310:2318]   values[100]     loads from and stores to these words, in the run
    round 7   vector 12   level 3   stage hash  where slots come from
    anything else                               names and opcodes that contain it

The answer depends on the program and its run alone, never on how they are shown.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, compress
from typing import NamedTuple

from machine.access import ACCESS, Kind, Marks, mark_opcodes, mark_touching_any
from machine.core.tracing import NO_ADDRESS
from machine.disassembly import ScratchNames
from machine.isa import ENGINES, OPCODES, Opcode, opcodes_of
from machine.program import Program, Slot
from vliwdbg.inspect.flow import Flow
from vliwdbg.session.breakpoints import Hit
from vliwdbg.session.locations import (
    KINDS_OF_ACCESS,
    Location,
    OfEngine,
    OfOpcode,
    OnMemory,
    OnScratch,
    Watched,
    overlap,
)
from vliwdbg.session.places import Place
from vliwdbg.session.session import Session
from vliwdbg.views.origins import Origins

NUMBERS_OF_ORIGIN = ("round", "vector", "level")
_WORDS = re.compile(r"(?P<name>.+?)\s*\[\s*(?P<first>\d+)\s*(?::\s*(?P<stop>\d+)\s*)?\]")
_STRETCH = re.compile(r"(?P<name>mem|memory|scratch|s)\s+(?P<first>\d+)(?::(?P<stop>\d+))?")


class NoRunError(Exception):
    """The answer needs the graph of the run, which is not there."""


@dataclass(frozen=True)
class Slots:
    """The slots of a program, and where they come from. `regions` names stretches of memory;
    `flow` is its run, if known."""

    program: Program
    origins: Origins
    names: ScratchNames
    regions: Mapping[str, range]
    flow: Flow | None = None

    def pcs(self, text: str) -> list[int]:
        """The bundles with a slot that is meant, in order. Raises NoRunError."""
        marked = compress(self._pcs_of_slots, self.marks(text))
        return list(dict.fromkeys(marked))

    def marks(self, text: str) -> Marks:
        """Mark the slots that are meant. Raises NoRunError."""
        for read in (self._by_opcode, self._by_words, self._by_origin):
            if (marks := read(text)) is not None:
                return marks
        return self._containing(text)

    @cached_property
    def _first_slots(self) -> Sequence[int]:
        """Where each bundle's slots start, and where the last one's end."""
        return self.program.columns.first_slot_of_bundles()

    @cached_property
    def _pcs_of_slots(self) -> Sequence[int]:
        bundles_before = array("I", bytes(array("I").itemsize * (self._first_slots[-1] + 1)))
        for slot in self._first_slots[1:]:
            bundles_before[slot] += 1
        return array("I", accumulate(bundles_before))

    def _by_opcode(self, text: str) -> Marks | None:
        engine, colon, name = text.partition(":")
        if colon and engine in ENGINES:
            rows = [row for row in opcodes_of(engine) if row.name == name.strip()]
            return self._of_opcodes(rows)
        word = text.removeprefix("engine ").strip()
        if word in ENGINES:
            return self._of_opcodes(opcodes_of(word))
        rows = [row for row in OPCODES if row.name == text]
        return self._of_opcodes(rows) if rows else None

    def _of_opcodes(self, rows: Collection[Opcode]) -> Marks:
        return mark_opcodes(self.program.columns, rows)

    # words

    def _by_words(self, text: str) -> Marks | None:
        place = self.place(text)
        if place is None:
            return None
        if place.memory:
            return self._reaching(place)
        return self._touching(range(place.start, place.stop))

    def place(self, text: str) -> Place | None:
        """The words that a text names; None where it names none."""
        found = self.names.find(text)
        if found:
            address, width = found[0]
            return Place(False, address, address + width)
        match = _WORDS.fullmatch(text) or _STRETCH.fullmatch(text)
        return self._place_in(match) if match else None

    def _place_in(self, match: re.Match[str]) -> Place | None:
        name, first = match["name"], int(match["first"])
        stop = int(match["stop"]) if match["stop"] else first + 1
        if name in ("s", "scratch"):
            return Place(False, first, stop)
        if name in ("mem", "memory"):
            return Place(True, first, stop)
        if found := self.names.find(name):
            return Place(False, found[0][0] + first, found[0][0] + stop)
        if region := self.regions.get(name):
            return Place(True, region.start + first, region.start + stop)
        return None

    def _reaching(self, place: Place) -> Marks:
        """Of a program that jumps, each slot that reaches these words at some time."""
        flow = self.flow
        if flow is None:
            raise NoRunError
        start, stop = place.start, min(place.stop, NO_ADDRESS)
        nodes = [node for node, at in enumerate(flow.addresses) if start <= at < stop]
        marks = bytearray(self.program.columns.slot_count)
        for node in nodes:
            marks[flow.place(node).slot] = 1
        return bytes(marks)

    # where slots come from

    def _by_origin(self, text: str) -> Marks | None:
        kind, _, wanted = text.partition(" ")
        if not self.origins.known or not wanted:
            return None
        if kind in NUMBERS_OF_ORIGIN and wanted.isdecimal():
            number = int(wanted)
            return self.origins.told(kind).where(lambda told: told == number)
        if kind == "stage":
            return self.origins.told(kind).where(lambda stage: wanted in str(stage or ""))
        return None

    # whatever contains a text

    def _containing(self, text: str) -> Marks:
        wanted = text.lower()
        found = self._of_opcodes([row for row in OPCODES if wanted in row.name.lower()])
        words = [
            range(address, address + width)
            for address, name, width in self.names
            if wanted in name.lower()
        ]
        if words:
            found = _either(found, self._touching(chain.from_iterable(words)))
        return _either(found, self._in_tags(wanted))

    def _touching(self, words: Iterable[int]) -> Marks:
        return mark_touching_any(self.program.columns, words, tuple(Kind))

    def _in_tags(self, wanted: str) -> Marks:
        marks = bytearray(self.program.columns.slot_count)
        last = len(self._first_slots) - 1
        for tag in self.program.tags:
            if wanted in tag.name.lower():
                start, stop = (self._first_slots[min(pc, last)] for pc in (tag.pc, tag.end))
                marks[start:stop] = b"\1" * (stop - start)
        return bytes(marks)


def _either(some: Marks, others: Marks) -> Marks:
    bits = int.from_bytes(some, "little") | int.from_bytes(others, "little")
    return bits.to_bytes(len(some), "little")


def found_at(pcs: Sequence[int], pc: int, direction: int) -> int | None:
    """Which of the bundles found is next from one on, or before it, around the ends."""
    if not pcs:
        return None
    at = bisect_right(pcs, pc)
    if direction > 0:
        return at % len(pcs)
    before = at - 1 if not at or pcs[at - 1] != pc else at - 2
    return before % len(pcs)


class SlotOf(NamedTuple):
    """A slot by its bundle and its number there."""

    pc: int
    number: int


def slots_stopped_at(session: Session) -> frozenset[SlotOf]:
    """The slots that the breakpoints and watchpoints just met are about.

    Of a breakpoint they are in the bundle that is next, of a watchpoint in the one executed last.
    """
    return frozenset(
        chain.from_iterable(_slots_of(session, hit) for hit in session.stop_event.hits)
    )


def _slots_of(session: Session, hit: Hit) -> Iterator[SlotOf]:
    core, commit, what = session.core, session.core.last_commit(), hit.breakpoint.what
    after = isinstance(what, Watched)
    if after and commit is None:
        return
    before = {write.address: write.old for write in commit.scratch} if after and commit else {}
    pc = commit.pc if after and commit else core.pc
    if pc >= len(session.program):
        return
    for number, slot in enumerate(iter(session.program.bundle(pc))):
        if _is_about(what, slot, lambda word: before.get(word, core.scratch[word])):
            yield SlotOf(pc, number)


def _is_about(what: Location | Watched, slot: Slot, read: Callable[[int], int]) -> bool:
    if isinstance(what, OfOpcode):
        return slot.opcode is what.opcode
    if isinstance(what, OfEngine):
        return slot.engine == what.engine
    if not isinstance(what, (OnScratch, OnMemory, Watched)):
        return False
    place, access = what.place, ACCESS[slot.opcode.code]
    kinds = KINDS_OF_ACCESS[what.access] if isinstance(what, Watched) else tuple(Kind)
    if place.memory:
        return access.memory in kinds and overlap(place, access.reached(slot.operands, read))
    defs = access.defs(slot.operands) if Kind.WRITE in kinds else []
    uses = access.uses(slot.operands) if Kind.READ in kinds else []
    return any(overlap(place, range(at, at + width)) for at, width in (*defs, *uses))
