"""What a debugger tells whoever listens to it.

    Progressed*  Printed*  Said  [PositionChanged] [BreakpointsChanged] [ProgramChanged]  …  Rested

For each command of an entry there is a `Said`; what it changed follows. `Rested` is the last of an
entry, `Failed` in its place where the debugger itself has a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from vliwdbg.commands.table import Reply
from vliwdbg.scripts import Entry
from vliwdbg.views.breakpoints import BreakpointView
from vliwdbg.views.moves import Here


class Progress(NamedTuple):
    """What is being done, and which part of it is over: 0 to 1, None where nobody knows.

    `cycle` is where a move is.
    """

    what: str
    part: float | None
    cycle: int | None = None


@dataclass(frozen=True)
class Progressed:
    """How far what is under way has come."""

    progress: Progress


@dataclass(frozen=True)
class Printed:
    """A dprintf has printed, and the move goes on."""

    text: str


@dataclass(frozen=True)
class Said:
    """What came of a command."""

    reply: Reply


@dataclass(frozen=True)
class PositionChanged:
    """The session is somewhere else, or words were set where it is."""

    here: Here


@dataclass(frozen=True)
class BreakpointsChanged:
    """All breakpoints and watchpoints, of which some are new, gone, or were met."""

    breakpoints: tuple[BreakpointView, ...]


@dataclass(frozen=True)
class ProgramChanged:
    """Another program is being debugged."""

    name: str
    bundles: int


@dataclass(frozen=True)
class Rested:
    """All that follows from an entry is done. `origin` is what it was submitted with."""

    entry: Entry
    origin: Any = None


@dataclass(frozen=True)
class Failed:
    """A fault of ours ended the debugger's thread."""

    error: Exception


Event = (
    Progressed
    | Printed
    | Said
    | PositionChanged
    | BreakpointsChanged
    | ProgramChanged
    | Rested
    | Failed
)
