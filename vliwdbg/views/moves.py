"""Where a session is, and what stopped it there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from machine.disassembly import ScratchNames
from machine.program import Program
from machine.stops import Fault, Reason, Write, differing
from vliwdbg.session.breakpoints import Hit
from vliwdbg.session.locations import Access
from vliwdbg.session.places import Place
from vliwdbg.session.session import Session, StopEvent
from vliwdbg.views.base import View
from vliwdbg.views.data import DisplayRow
from vliwdbg.views.listing import used_slots
from vliwdbg.views.places import WordsAt, words_at


@dataclass(frozen=True)
class WordWritten:
    """A word that a bundle wrote; `text` is how a user would write its place."""

    text: str
    address: int
    old: int
    new: int


@dataclass(frozen=True)
class HitView:
    """A breakpoint that was met, or a watchpoint, with the words it watches.

    `writes` are what the bundle wrote to them, `read` their values before it. `note` says why a
    condition could not be computed.
    """

    number: int
    noun: str
    what: str
    words: WordsAt | None
    access: Access | None
    writes: tuple[WordWritten, ...]
    read: tuple[int, ...]
    note: str

    @property
    def label(self) -> str:
        return f"{self.noun} {self.number}"


@dataclass(frozen=True)
class FaultView:
    """What the program did wrong, and where; `sentence` says all of it."""

    sentence: str
    fault: str
    cycle: int
    pc: int
    engine: str
    slot: int
    lane: int | None
    operand: str
    value: int | str
    expected: int | None

    def told(self, word_text: Callable[[int], str]) -> str:
        """The sentence, with the words that differ written otherwise than in decimal."""
        if self.expected is None or isinstance(self.value, str):
            return self.sentence
        words = self.value, self.expected
        return self.sentence.replace(differing(*words), differing(*words, word_text))


@dataclass(frozen=True)
class At(View):
    """A position, and what stopped there; `stop` None means that nothing did.

    `slots` counts those of the bundle about to be executed, by engine; None where there is none.
    """

    cycle: int
    pc: int
    step: int
    stop: Reason | None
    breakpoints: tuple[int, ...]
    hits: tuple[HitView, ...]
    slots: Mapping[str, int] | None

    @property
    def label(self) -> str:
        """In a few words: `breakpoint 2`, `watchpoint 3, end`; empty where nothing happened."""
        labels = [hit.label for hit in self.hits]
        told_by_hits = self.stop in (None, Reason.BREAKPOINT, Reason.WATCHPOINT)
        return ", ".join(labels if told_by_hits else [*labels, str(self.stop)])


@dataclass(frozen=True)
class Moved(At, kind="moved"):
    """Where a move came to, what was printed on the way, and what is displayed there.

    `cut_short` says why it did not come where it was asked to go; `reached` False makes a failure
    of that. `edits_dropped` says that a restart has undone what was set. `silent` says that people
    are not to be told of the stop.
    """

    fault: FaultView | None = None
    cut_short: str = ""
    reached: bool = True
    edits_dropped: bool = False
    silent: bool = False
    printed: tuple[str, ...] = ()
    displays: tuple[DisplayRow, ...] = ()

    @property
    def ok(self) -> bool:
        return self.reached


@dataclass(frozen=True)
class TagView:
    """A stretch of the program, pc:end."""

    name: str
    pc: int
    end: int


@dataclass(frozen=True)
class Here(At, kind="here"):
    """The position, with its bundle's place in the program and the tag around it."""

    bundles: int = 0
    tag: TagView | None = None


@dataclass(frozen=True)
class Logged(View, kind="logged"):
    """What a dprintf prints while a move is under way."""

    text: str


def moved_view(session: Session, event: StopEvent) -> Moved:
    """Where a move came to."""
    fault = fault_view(event.fault, session.program) if event.fault else None
    return Moved(**_at(session, event), fault=fault, cut_short=event.cut_short)


def here_view(session: Session) -> Here:
    """Where the session is."""
    tag = session.program.tag_at(session.core.pc)
    inside = TagView(tag.name, tag.pc, tag.end) if tag else None
    return Here(**_at(session, session.stop_event), bundles=len(session.program), tag=inside)


def _at(session: Session, event: StopEvent) -> dict[str, Any]:
    """The fields of `At`."""
    program = session.program
    hits = tuple(hit_view(hit, session.names) for hit in event.hits if hit.breakpoint.number)
    return {
        "cycle": event.cycle,
        "pc": event.pc,
        "step": event.position,
        "stop": None if event.reason is Reason.BUDGET else event.reason,
        "breakpoints": tuple(hit.number for hit in hits),
        "hits": hits,
        "slots": used_slots(program.bundle(event.pc)) if event.pc < len(program) else None,
    }


def hit_view(hit: Hit, names: ScratchNames) -> HitView:
    """What was met, as data."""
    breakpoint_, watched = hit.breakpoint, hit.breakpoint.watched
    place = watched.place if watched else None
    return HitView(
        breakpoint_.number,
        breakpoint_.noun,
        breakpoint_.what.text(names),
        words_at(place, names) if place else None,
        watched.access if watched else None,
        tuple(_written(place, write, names) for write in hit.writes) if place else (),
        hit.read,
        hit.note,
    )


def _written(place: Place, write: Write, names: ScratchNames) -> WordWritten:
    one = place._replace(start=write.address, stop=write.address + 1)
    return WordWritten(one.text(names), *write)


def fault_view(fault: Fault, program: Program) -> FaultView:
    """A fault as data."""
    slot = dict(program.bundle(fault.pc).groups)[fault.engine][fault.slot]
    return FaultView(
        fault.sentence(program),
        fault.kind.value,
        fault.cycle,
        fault.pc,
        fault.engine,
        fault.slot,
        fault.lane,
        slot.opcode.operands[fault.operand].name,
        fault.value if isinstance(fault.value, int) else str(fault.value),
        fault.expected,
    )
