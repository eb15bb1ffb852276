"""The program at hand: its facts, how it was loaded, whether its result is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from machine.stops import Reason
from machine.verdict import Verdict
from vliwdbg.session.session import Session
from vliwdbg.views.base import View, to_json
from vliwdbg.views.breakpoints import BreakpointView, breakpoint_views
from vliwdbg.views.places import WordsAt

ASSUMED = "the program tells no problem, so the standard one is assumed"


@dataclass(frozen=True)
class EngineRow:
    """An engine with the slots that a bundle uses of it, and how many it has."""

    engine: str
    used: int
    limit: int


@dataclass(frozen=True)
class Engines(View, kind="engines"):
    """Slots used in the bundle at the cursor."""

    pc: int
    engines: tuple[EngineRow, ...]


@dataclass(frozen=True)
class History(View, kind="history"):
    """Where in time the session is; `end` is the cycle at which the program ends, if known.

    Marks and checkpoints are positions, by name and by number.
    """

    step: int
    cycle: int
    end: int | None
    edits: int
    marks: Mapping[str, int]
    checkpoints: Mapping[int, int]


@dataclass(frozen=True)
class SchedulerRow:
    """A scheduler and what it does."""

    name: str
    help: str


@dataclass(frozen=True)
class Schedulers(View, kind="schedulers"):
    """All schedulers."""

    schedulers: tuple[SchedulerRow, ...]


@dataclass(frozen=True)
class Sizes:
    """Those of a problem."""

    forest_height: int
    rounds: int
    batch_size: int


@dataclass(frozen=True)
class ProgramFacts(View, kind="program"):
    """What a program is, what it claims, how it was built, and what is odd about it."""

    name: str
    bundles: int
    slots: int
    names: int
    problem: Sizes | None
    outputs: tuple[str, ...]
    build: Mapping[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class MarkSet(View, kind="mark"):
    """A position that has a name now."""

    name: str
    cycle: int
    pc: int
    step: int


@dataclass(frozen=True)
class CheckpointSet(View, kind="checkpoint"):
    """A position that has a number now."""

    number: int
    cycle: int
    pc: int
    step: int


@dataclass(frozen=True)
class ProgramLoaded(View, kind="loaded"):
    """Another program is in the session's place; `unmet` are breakpoints it cannot meet."""

    name: str
    bundles: int
    unmet: tuple[BreakpointView, ...]


@dataclass(frozen=True)
class Cycles:
    """How many cycles a program takes; None where it does not end, for the reason given."""

    cycles: int | None
    reason: Reason


@dataclass(frozen=True)
class Rebuilt(View, kind="rebuilt"):
    """The bundled kernel was built and put in the session's place; `replaced` is a user's file."""

    name: str
    bundles: int
    before: Cycles
    after: Cycles
    replaced: str
    unmet: tuple[BreakpointView, ...]


@dataclass(frozen=True)
class WrongArea:
    """An area of memory with words other than the reference's: how many, and the first of them.

    `claimed` says that the program claims to leave it right.
    """

    area: str
    claimed: bool
    differ: int
    element: int
    address: int
    got: int
    expected: int


@dataclass(frozen=True)
class Checked(View, kind="check"):
    """Memory as it is now, held against what the reference kernel makes of it.

    `assumed` says that the program tells no problem, so that the standard one was taken.
    """

    correct: bool
    ended: bool
    cycle: int
    pc: int
    outputs: tuple[str, ...]
    wrong: tuple[WrongArea, ...]
    assumed: bool

    @property
    def ok(self) -> bool:
        return self.correct


@dataclass(frozen=True)
class Dumped(View, kind="dumped"):
    """Words were written to a file; to standard output, which is `-`, they are `content`."""

    file: str
    words: WordsAt
    content: tuple[int, ...] | None = None


def history_view(session: Session) -> History:
    """Where in time the session is."""
    core, end = session.core, session.end
    return History(
        core.position,
        core.cycle,
        end.cycle if end else None,
        core.edits,
        dict(session.marks),
        dict(session.checkpoints),
    )


def program_view(session: Session) -> ProgramFacts:
    """What the program is."""
    program, layout = session.program, session.layout
    return ProgramFacts(
        program.name,
        len(program),
        program.columns.slot_count,
        len(session.names),
        layout and Sizes(layout.forest_height, layout.rounds, layout.batch_size),
        tuple(program.outputs),
        {key: to_json(value) for key, value in program.build.items()},
        tuple(session.notes()),
    )


def loaded_view(session: Session, name: str) -> ProgramLoaded:
    """The program as it was just loaded."""
    return ProgramLoaded(name, len(session.program), unmet_views(session))


def unmet_views(session: Session) -> tuple[BreakpointView, ...]:
    """The breakpoints that cannot be met in this program."""
    return breakpoint_views(session, [b for b in session.breakpoints.all.values() if b.cause])


def checked_view(session: Session, verdict: Verdict, *, assumed: bool) -> Checked:
    """A verdict about memory as it is now."""
    wrong = tuple(
        WrongArea(
            name, name in verdict.claimed, area.differ, w.element, w.address, w.got, w.expected
        )
        for name, area in verdict.areas.items()
        if (w := area.first)
    )
    core, outputs = session.core, tuple(session.program.outputs)
    untold = assumed and not verdict.correct
    return Checked(verdict.correct, session.ended, core.cycle, core.pc, outputs, wrong, untold)
