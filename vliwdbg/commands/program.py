"""Program: what is loaded, listed, checked, built anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from machine.machine import Machine
from machine.problem import Problem
from machine.program import Program
from machine.stops import ENDINGS, Reason
from machine.verdict import check as check_memory
from vliwdbg.commands.console import Console
from vliwdbg.commands.files import name_of, write
from vliwdbg.commands.listing import list_
from vliwdbg.commands.table import Command, Group, find_unique, no_argument
from vliwdbg.files import format_words
from vliwdbg.programs import DEFAULT, Choice, Loaded, build_bundled, load
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Place, find_place
from vliwdbg.session.session import Session
from vliwdbg.views.places import words_at
from vliwdbg.views.program import (
    ASSUMED,
    Checked,
    Cycles,
    Dumped,
    ProgramLoaded,
    Rebuilt,
    checked_view,
    loaded_view,
    unmet_views,
)

MEASURED = 1_000_000
"""Bundles after which a program's cycles are not counted any further."""
MEASURED_AT_ONCE = 10_000


def with_notes(loaded: Loaded) -> Program:
    """The program, with what a user should know of how it was loaded."""
    program = loaded.program
    if loaded.problem_assumed:
        return replace(program, notes=(*program.notes, ASSUMED))
    return program


def file(console: Console, text: str) -> ProgramLoaded:
    if not text:
        raise DebuggerError("Say which: file PROGRAM, or file - for the one before rebuild.")
    if text == "-":
        return _return_to_users(console)
    reply = _load(console, console.files.choice(name_of(text)))
    console.before_rebuild = None
    return reply


def reload(console: Console, text: str) -> ProgramLoaded:
    no_argument("reload", text)
    if console.choice.program == "-":
        raise DebuggerError("Standard input cannot be read again; `run` restarts the program.")
    marks = dict(console.session.marks)
    reply = _load(console, console.choice)
    # Where the run was edited a mark may be a bundle off, but it is near what it marked.
    console.session.marks.update(marks)
    return reply


def _load(console: Console, choice: Choice) -> ProgramLoaded:
    loaded = load(choice, progress=console.progress)
    console.take_program(with_notes(loaded), loaded.memory)
    console.choice = choice
    return _loaded(console)


def _loaded(console: Console) -> ProgramLoaded:
    name = console.session.program.name or console.choice.program or ""
    return loaded_view(console.session, name)


def _return_to_users(console: Console) -> ProgramLoaded:
    if console.before_rebuild is None:
        raise DebuggerError("There is nothing to return to: no rebuild has taken its place.")
    choice, program, memory = console.before_rebuild
    console.before_rebuild = None
    console.choice = choice
    console.take_program(program, memory)
    return _loaded(console)


def check(console: Console, text: str) -> Checked:
    """Memory as it is now, held against what the reference kernel makes of it."""
    no_argument("check", text)
    session = console.session
    if session.layout is None:
        raise DebuggerError("There is no reference: memory's header tells no problem.")
    program, memory = session.program, list(session.core.memory)
    verdict = check_memory(session.layout, session.starting_memory, memory, program.outputs)
    return checked_view(session, verdict, assumed=ASSUMED in program.notes)


def dump(console: Console, text: str) -> Dumped:
    what, _, rest = text.partition(" ")
    memory = find_unique("thing to dump", what, {"memory": True, "scratch": False})
    name, chosen = console.files.first(rest.strip())
    if not name:
        raise DebuggerError(f"Say to which file: dump {what} FILE [RANGE].")
    place = _dumped(console.session, memory, chosen)
    words = tuple(place.words_in(console.session.core))
    written = write(name, format_words(words))
    return Dumped(name, words_at(place, console.session.names), None if written else words)


def _dumped(session: Session, memory: bool, chosen: str) -> Place:
    if not chosen:
        room = session.core.memory if memory else session.core.scratch
        return Place(memory, 0, len(room))
    bare = memory and re.fullmatch(r"[0-9x:a-fA-F ]+", chosen)
    place = find_place(f"mem {chosen}" if bare else chosen, session.scope, "range")
    if place.memory is not memory:
        raise DebuggerError(f"{chosen} is not in {'memory' if memory else 'scratch'}.")
    return place


# rebuild


def rebuild(console: Console, text: str) -> Rebuilt:
    """Build the bundled kernel, put it in the session's place, and say cycles before and after."""
    asked = dict(_options(text))
    session = console.session
    built = session.program.build
    sizes = {option: asked[option] for option in _SIZES if option in asked}
    kernel = asked.get("kernel", built.get("kernel"))
    # Another kernel is built by the scheduler that suits it, the same one as it was.
    usual = built.get("scheduler") if kernel == built.get("kernel") else None
    choice = replace(
        console.choice if console.choice.bundled else console.files.choice(DEFAULT),
        kernel=kernel,
        scheduler=asked.get("scheduler", usual),
        sizes=_as_sizes(replace(session.program.problem or Problem(), **sizes)),
    )
    before = _cycles_of(console)
    program = build_bundled(choice, console.progress)
    replaced = _keep_users(console)
    console.take_program(program)
    console.choice = choice
    after = _cycles_of(console)
    return Rebuilt(program.name, len(program), before, after, replaced, unmet_views(session))


def _keep_users(console: Console) -> str:
    """Keep the user's program, to return to; its name, empty where the bundled one was here."""
    if console.choice.bundled:
        return ""
    session = console.session
    console.before_rebuild = (console.choice, session.program, session.starting_memory)
    return str(console.choice.program)


def _as_sizes(problem: Problem) -> dict[str, int]:
    return {name: getattr(problem, name) for name in _SIZES}


def _cycles_of(console: Console) -> Cycles:
    """How many cycles a program takes."""
    end = console.session.end
    return Cycles(end.cycle, end.reason) if end and end.reason in ENDINGS else measure(console)


def measure(console: Console) -> Cycles:
    """The cycles of a run of its own."""
    session = console.session
    machine = Machine(session.program, session.starting_memory, pauses=False)
    for _ in console.asking(range(0, MEASURED, MEASURED_AT_ONCE)):
        stop = machine.run(MEASURED_AT_ONCE)
        if stop.reason is not Reason.BUDGET:
            break
    return Cycles(stop.cycle if stop.reason in ENDINGS else None, stop.reason)


Option = tuple[str, Callable[[str], Any]]


def _size(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise DebuggerError(f"A size is a whole number, not {text!r}.")
    return int(text)


_OPTIONS: Mapping[str, Option] = {
    "--scheduler": ("scheduler", str),
    "--kernel": ("kernel", str),
    "height": ("forest_height", _size),
    "rounds": ("rounds", _size),
    "batch": ("batch_size", _size),
    "seed": ("seed", _size),
}
_SIZES = ("forest_height", "rounds", "batch_size", "seed")


def _options(text: str) -> Iterator[tuple[str, Any]]:
    """The options of a text: `--scheduler list`, `--scheduler=list`, `rounds=4`."""
    words = iter(text.split())
    for word in words:
        name, equals, value = word.partition("=")
        if name not in _OPTIONS:
            raise DebuggerError(f"rebuild does not know {name!r}; it takes {', '.join(_OPTIONS)}.")
        if not equals:
            value = next(words, "") if name.startswith("--") else ""
        if not value:
            raise DebuggerError(
                f"{name} needs a value, like `rebuild --scheduler serial rounds=4`."
            )
        field, read = _OPTIONS[name]
        yield field, read(value)


GROUP = Group(
    "Program",
    (
        Command(
            ("list", "l"),
            "list [LOC[,N]]",
            "bundles around the cursor or from LOC, with operand values",
            list_,
            "location",
        ),
        Command(("disassemble",), "disassemble [LOC[,N]]", "the same", list_, "location"),
        Command(
            ("file",), "file PROGRAM", "debug another program; file - after a rebuild", file, "file"
        ),
        Command(("reload",), "reload", "read the program again", reload),
        Command(("check",), "check", "hold memory against the reference kernel", check),
        Command(
            ("rebuild", "reb"),
            "rebuild [--scheduler S] [--kernel K] [height= rounds= batch= seed=]",
            "build the bundled kernel and debug it, with the same breakpoints",
            rebuild,
            "rebuild",
        ),
        Command(
            ("dump",),
            "dump memory|scratch FILE [RANGE]",
            "write words as a JSON list",
            dump,
            "file",
        ),
    ),
)
