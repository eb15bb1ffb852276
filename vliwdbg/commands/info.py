"""`info`: what is known of the state and the program, one subject a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from machine.isa import SLOT_LIMITS
from vliwdbg.commands.console import Console
from vliwdbg.commands.table import Command, find_unique
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import find_place
from vliwdbg.views.base import View
from vliwdbg.views.breakpoints import BreakpointList, breakpoint_views
from vliwdbg.views.data import Displays, memory_view, named_scratch_view, range_view
from vliwdbg.views.listing import used_slots
from vliwdbg.views.moves import here_view
from vliwdbg.views.program import (
    EngineRow,
    Engines,
    SchedulerRow,
    Schedulers,
    history_view,
    program_view,
)


def scratch(console: Console, text: str) -> View:
    """All names with their words, or a range of scratch."""
    session = console.session
    if not text:
        return named_scratch_view(session)
    place = find_place(text, session.scope, "range")
    if place.memory:
        raise DebuggerError("This is memory; `info memory` shows it.")
    return range_view(place, session)


def memory(console: Console, text: str) -> View:
    """Its regions, or a range of it."""
    session = console.session
    if not text:
        return memory_view(session)
    written = text if text.startswith("mem") else f"mem {text}"
    return range_view(find_place(written, session.scope, "range"), session)


def engines(console: Console, _text: str) -> Engines:
    """Slots used and free in the bundle at the cursor."""
    session = console.session
    pc = session.core.pc
    used = used_slots(session.program.bundle(pc)) if pc < len(session.program) else {}
    rows = (EngineRow(engine, used.get(engine, 0), n) for engine, n in SLOT_LIMITS.items())
    return Engines(pc, tuple(rows))


def schedulers(_console: Console, _text: str) -> Schedulers:
    from kernels.schedule import SCHEDULERS

    rows = (SchedulerRow(name, getattr(row, "help", "")) for name, row in SCHEDULERS.items())
    return Schedulers(tuple(rows))


def breakpoints(console: Console, _text: str) -> BreakpointList:
    return BreakpointList(breakpoint_views(console.session))


Subject = Callable[[Console, str], View]
SUBJECTS: Mapping[str, Subject] = {
    "scratch": scratch,
    "memory": memory,
    "engines": engines,
    "history": lambda console, _: history_view(console.session),
    "schedulers": schedulers,
    "program": lambda console, _: program_view(console.session),
    "pc": lambda console, _: here_view(console.session),
    "breakpoints": breakpoints,
    "watchpoints": breakpoints,
    "display": lambda console, _: Displays(console.displayed()),
}
_SHORT = {"b": "breakpoints", "s": "scratch", "m": "memory", "p": "program"}


def _info(console: Console, text: str) -> View:
    name, _, rest = text.partition(" ")
    if not name:
        raise DebuggerError(f"Say about what: info {'|'.join(SUBJECTS)}.")
    subject = find_unique("subject of info", _SHORT.get(name, name), SUBJECTS)
    return subject(console, rest.strip())


info = Command(
    ("info", "i"),
    "info scratch|memory|engines|history|schedulers|program|pc|breakpoints",
    "what is known of one subject",
    _info,
    "info",
)
