"""`info`: what is known of the state and the program, one subject a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from machine.disassembly import summarize
from machine.isa import SLOT_LIMITS, VLEN
from vliwdbg.commands.console import Console, where
from vliwdbg.commands.stops import info_breakpoints
from vliwdbg.commands.table import Command, Reply, columns, find_unique, said
from vliwdbg.session.breakpoints import format_value
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Place, find_place


def scratch(console: Console, text: str) -> Reply:
    """All names with their words, or a range of scratch."""
    session = console.session
    if text:
        place = find_place(text, session.scope, "range")
        if place.memory:
            raise DebuggerError("This is memory; `info memory` shows it.")
        return _words(console, place)
    if not len(session.names):
        return said("The program names no scratch; `info scratch 0:64` shows words.")
    rows = [
        (f"{start}:{start + width}", session.names.label(start), _shown(console, start, width))
        for start, _, width in session.names
    ]
    return Reply(table=columns(("Scratch", "Name", "Words"), rows))


def _shown(console: Console, start: int, width: int) -> str:
    words = console.session.core.scratch[start : start + width]
    return format_value(words[0] if width == 1 else tuple(words))


def _words(console: Console, place: Place) -> Reply:
    session = console.session
    pieces = [
        Place(place.memory, start, min(start + VLEN, place.stop))
        for start in range(place.start, place.stop, VLEN)
    ]
    rows = [
        (piece.text(session.names), " ".join(map(str, piece.words_in(session.core))))
        for piece in pieces
    ]
    return Reply(table=columns(("Place", "Words"), rows))


def memory(console: Console, text: str) -> Reply:
    """Its regions, or a range of it."""
    session = console.session
    if text:
        written = text if text.startswith("mem") else f"mem {text}"
        return _words(console, find_place(written, session.scope, "range"))
    words = len(session.core.memory)
    if session.layout is None:
        return said(f"Memory: {words} words; the header tells no problem.")
    rows = [
        (name, f"{part.start}:{part.stop}", len(part))
        for name, part in session.layout.regions().items()
    ]
    return Reply((f"Memory: {words} words.",), columns(("Region", "Addresses", "Words"), rows))


def engines(console: Console, _text: str) -> Reply:
    """Slots used and free in the bundle at the cursor."""
    session = console.session
    pc = session.core.pc
    groups = dict(session.program.bundle(pc).groups) if pc < len(session.program) else {}
    rows = [(engine, len(groups.get(engine, ())), limit) for engine, limit in SLOT_LIMITS.items()]
    return Reply(table=columns(("Engine", "Used", "Limit"), rows))


def history(console: Console, _text: str) -> Reply:
    session = console.session
    core, end = session.core, session.end
    edits = core.edits
    marks = ", ".join(f"'{name} at step {at}" for name, at in session.marks.items())
    numbered = ", ".join(f"{n} at step {at}" for n, at in session.checkpoints.items())
    known = f"the program ends at cycle {end.cycle}" if end else "the end is not known yet"
    lines = [
        f"Step {core.position}, cycle {core.cycle}; {known}.",
        f"{edits} edits." if edits else "",
        f"Marks: {marks}." if marks else "",
        f"Checkpoints: {numbered}." if numbered else "",
    ]
    return said(*filter(None, lines))


def schedulers(_console: Console, _text: str) -> Reply:
    from kernels.schedule import SCHEDULERS

    rows = [(name, getattr(row, "help", "")) for name, row in SCHEDULERS.items()]
    return Reply(table=columns(("Scheduler", "What it does"), rows))


def program(console: Console, _text: str) -> Reply:
    session = console.session
    loaded, layout = session.program, session.layout
    size = f"{len(loaded)} bundles, {loaded.columns.slot_count} slots, {len(session.names)} names"
    lines = [
        f"{loaded.name or 'unnamed'}: {size}.",
        f"Claims to leave right: {', '.join(loaded.outputs)}.",
        *(f"{key}: {value}" for key, value in loaded.build.items()),
        *session.notes(),
    ]
    if layout:
        sizes = f"height {layout.forest_height}, rounds {layout.rounds}, batch {layout.batch_size}"
        lines.insert(1, f"Problem: {sizes}.")
    return said(*lines)


def pc(console: Console, _text: str) -> Reply:
    session = console.session
    lines = [where(session, session.arrival)]
    here = session.core.pc
    if here < len(session.program):
        tag = session.program.tag_at(here)
        lines.append(f"bundle {here} of {len(session.program)}: {summarize(session.program[here])}")
        lines.extend([f"in {tag.name}, pc {tag.pc}:{tag.end}"] if tag else [])
    return said(*lines)


def display(console: Console, _text: str) -> Reply:
    return Reply(tuple(console.shown()) or ("Nothing is displayed.",))


Subject = Callable[[Console, str], Reply]
SUBJECTS: Mapping[str, Subject] = {
    "scratch": scratch,
    "memory": memory,
    "engines": engines,
    "history": history,
    "schedulers": schedulers,
    "program": program,
    "pc": pc,
    "breakpoints": info_breakpoints,
    "watchpoints": info_breakpoints,
    "display": display,
}
_SHORT = {"b": "breakpoints", "s": "scratch", "m": "memory", "p": "program"}


def _info(console: Console, text: str) -> Reply:
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
