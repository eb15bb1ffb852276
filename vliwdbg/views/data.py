"""Words, and what is computed from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from machine.disassembly import ScratchNames
from machine.isa import VLEN
from machine.machine import Timeline
from vliwdbg.session.places import Place
from vliwdbg.session.session import Session
from vliwdbg.views.base import View
from vliwdbg.views.places import Space, Words, WordsAt, space_of
from vliwdbg.views.radix import Letter, Value


@dataclass(frozen=True)
class Printed(View, kind="value"):
    """The value of an expression, and its number in the value history; `radix` is the one that was
    asked for, None where none was."""

    number: int
    value: Value
    radix: Letter | None


@dataclass(frozen=True)
class Examined(View, kind="words"):
    """Words, a vector a row."""

    space: Space
    radix: Letter | None
    rows: tuple[Words, ...]


@dataclass(frozen=True)
class Range(View, kind="range"):
    """The words of a range that `info` was asked about, a vector a row."""

    space: Space
    rows: tuple[Words, ...]


@dataclass(frozen=True)
class NamedScratch(View, kind="scratch"):
    """All named words of scratch, a name a row."""

    rows: tuple[Words, ...]


@dataclass(frozen=True)
class Region:
    """A part of memory, start:stop."""

    name: str
    start: int
    stop: int


@dataclass(frozen=True)
class MemoryMap(View, kind="memory"):
    """How many words memory has, and its regions, where its header tells a problem."""

    words: int
    regions: tuple[Region, ...] | None


@dataclass(frozen=True)
class DisplayRow:
    """An expression that is shown after each move; `error` says why it has no value now. `radix` is
    None where none was asked for."""

    number: int
    text: str
    radix: Letter | None
    value: Value | None
    error: str = ""


@dataclass(frozen=True)
class Displays(View, kind="displays"):
    """All that is displayed."""

    rows: tuple[DisplayRow, ...]


@dataclass(frozen=True)
class Undisplayed(View, kind="undisplayed"):
    """The numbers of what is displayed no longer."""

    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Assigned(View, kind="assigned"):
    """Words overwritten, or the pc where `words` is None; history goes on anew from `cycle`."""

    words: WordsAt | None
    old: Value
    new: Value
    cycle: int


@dataclass(frozen=True)
class Setting(View, kind="setting"):
    """A switch, as it is now."""

    name: str
    on: bool


@dataclass(frozen=True)
class RadixSet(View, kind="radix"):
    """How words are written from now on: the label of a radix."""

    radix: str


def rows_of(place: Place, core: Timeline, names: ScratchNames) -> Iterator[Words]:
    """The words of a place, a vector a row."""
    for start in range(place.start, place.stop, VLEN):
        row = place._replace(start=start, stop=min(start + VLEN, place.stop))
        yield Words(start, row.text(names), tuple(row.words_in(core)))


def range_view(place: Place, session: Session) -> Range:
    """The words of a place as `info` shows them."""
    return Range(space_of(place), tuple(rows_of(place, session.core, session.names)))


def examined_view(place: Place, letter: Letter | None, session: Session) -> Examined:
    """The words of a place as `x` shows them."""
    return Examined(space_of(place), letter, tuple(rows_of(place, session.core, session.names)))


def named_scratch_view(session: Session) -> NamedScratch:
    """All names with their words."""
    scratch, names = session.core.scratch, session.names
    return NamedScratch(
        tuple(
            Words(start, names.label(start), tuple(scratch[start : start + width]))
            for start, _, width in names
        )
    )


def memory_view(session: Session) -> MemoryMap:
    """Memory and its regions."""
    layout = session.layout
    regions = layout and tuple(
        Region(name, part.start, part.stop) for name, part in layout.regions().items()
    )
    return MemoryMap(len(session.core.memory), regions)
