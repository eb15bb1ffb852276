"""Stops: breakpoints, watchpoints, and what is done with them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vliwdbg.commands.console import Console
from vliwdbg.commands.table import (
    Command,
    Group,
    Handler,
    Reply,
    columns,
    find_unique,
    numbers,
    said,
    whole_number,
)
from vliwdbg.session.breakpoints import KINDS, Breakpoint
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.session import Session


def _sets(command: str) -> Handler:
    """The handler of a command that sets one of `KINDS`."""

    def handler(console: Console, text: str) -> Reply:
        if not text and command in ("break", "tbreak"):
            text = f"pc {console.session.core.pc}"
        stop = console.session.breakpoints.add(command, text)
        console.session.version += 1
        return said(describe(console.session, stop), breakpoint=stop.number)

    return handler


def describe(session: Session, stop: Breakpoint) -> str:
    """What was understood: `Breakpoint 2: scratch v_val (64:72), if $cycle > 3.`"""
    condition = f", if {stop.condition.text}" if stop.condition else ""
    met = sum(map(bool, stop.flags))
    bundles = "" if stop.cycle is not None else f"; {met} of {len(stop.flags)} bundles may meet it"
    what = stop.what.text(session.names)
    access = f" {stop.watched.access.value}" if stop.watched else ""
    return f"{stop.noun.capitalize()} {stop.number}: {what}{access}{condition}{bundles}."


def condition(console: Console, text: str) -> Reply:
    first, _, rest = text.partition(" ")
    number = whole_number("The breakpoint's number", first)
    stop = console.session.breakpoints.set_condition(number, rest.strip())
    if stop.condition is None:
        return said(f"{stop.noun.capitalize()} {number} is unconditional now.")
    return said(f"{stop.noun.capitalize()} {number} stops if {stop.condition.text}.")


def ignore(console: Console, text: str) -> Reply:
    first, _, rest = text.partition(" ")
    stop = console.session.breakpoints.find(whole_number("The breakpoint's number", first))
    stop.ignore = whole_number("How often to pass it", rest)
    times = "1 time" if stop.ignore == 1 else f"{stop.ignore} times"
    return said(f"{stop.noun.capitalize()} {stop.number} is passed over the next {times}.")


def commands(console: Console, text: str) -> Reply:
    all_stops = console.session.breakpoints.all
    number = whole_number("The breakpoint's number", text, max(all_stops, default=0))
    stop = console.session.breakpoints.find(number)
    console.attach_to(stop)
    return said(f"Commands for {stop.noun} {stop.number}, one a line, up to `end`.")


def _chosen(console: Console, text: str) -> list[Breakpoint]:
    found = numbers("The breakpoint's number", text)
    breakpoints = console.session.breakpoints
    return [breakpoints.find(n) for n in found] if found else list(breakpoints.all.values())


def _changed(console: Console, stops: Iterable[Breakpoint], participle: str) -> Reply:
    console.session.version += 1
    names = [f"{stop.noun} {stop.number}" for stop in stops]
    return said(f"{participle} {', '.join(names)}." if names else "There are no breakpoints.")


def delete(console: Console, text: str) -> Reply:
    stops = _chosen(console, text.removeprefix("breakpoints"))
    for stop in stops:
        console.session.breakpoints.all.pop(stop.number, None)
    return _changed(console, stops, "Deleted")


def _enabling(enabled: bool, participle: str) -> Handler:
    def handler(console: Console, text: str) -> Reply:
        stops = _chosen(console, text)
        for stop in stops:
            stop.enabled = enabled
        return _changed(console, stops, participle)

    return handler


def clear(console: Console, text: str) -> Reply:
    """Deletes what stops at a LOC, as `break LOC` would set it."""
    breakpoints = console.session.breakpoints
    there = breakpoints.read("break", text or f"pc {console.session.core.pc}").what
    stops = [stop for stop in breakpoints.all.values() if stop.what == there]
    if not stops:
        where = there.text(console.session.names)
        raise DebuggerError(f"No breakpoint at {where}; `info breakpoints` lists them.")
    for stop in stops:
        breakpoints.delete(stop.number)
    return _changed(console, stops, "Deleted")


def info_breakpoints(console: Console, _text: str) -> Reply:
    session = console.session
    stops = list(session.breakpoints.all.values())
    if not stops:
        return said("No breakpoints or watchpoints.")
    table = columns(
        ("Num", "Type", "Enb", "Hits", "What"),
        (
            (stop.number, stop.noun, "y" if stop.enabled else "n", stop.hits, _what(session, stop))
            for stop in stops
        ),
    )
    data = [
        {"number": stop.number, "command": stop.written(), "enabled": stop.enabled}
        | {"hits": stop.hits, "ignore": stop.ignore}
        for stop in stops
    ]
    return Reply(table=table, data={"breakpoints": data})


def _what(session: Session, stop: Breakpoint) -> str:
    parts = [stop.source if stop.cause else stop.what.text(session.names)]
    if stop.printing:
        parts.append(repr(stop.printing.form))
    if stop.condition:
        parts.append(f"if {stop.condition.text}")
    if stop.ignore:
        parts.append(f"passed over {stop.ignore} more")
    if stop.commands:
        parts.append(f"{len(stop.commands)} commands")
    if stop.cause:
        parts.append(f"cannot be met: {stop.cause}")
    return ", ".join(parts)


def save(console: Console, text: str) -> Reply:
    what, _, file = text.partition(" ")
    find_unique("thing to save", what, {"breakpoints": 0})
    if not file.strip():
        raise DebuggerError("Say to which file: save breakpoints FILE.")
    stops = console.session.breakpoints.all.values()
    lines = [line for stop in stops for line in _saved(stop)]
    Path(file.strip()).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return said(f"Saved {len(stops)} breakpoints to {file.strip()}.")


def _saved(stop: Breakpoint) -> Iterable[str]:
    yield stop.written()
    if stop.commands:
        yield from ("commands", *stop.commands, "end")


def source(console: Console, text: str) -> Reply:
    if not text:
        raise DebuggerError("Say which file: source FILE.")
    try:
        lines = Path(text).read_text(encoding="utf-8-sig").splitlines()
    except ValueError:
        raise DebuggerError(f"{text} is not UTF-8 text; source reads lines of commands.") from None
    console.follow_with([line for line in lines if line.strip()], deeper=1)
    return Reply()


_HELP = {
    "break": ("LOC [if EXPR]", "stop before a bundle there"),
    "tbreak": ("LOC [if EXPR]", "the same, once"),
    "watch": ("RANGE [if EXPR]", "stop after a bundle that changed a word; old and new are told"),
    "rwatch": ("RANGE [if EXPR]", "stop after a bundle that read a word"),
    "awatch": ("RANGE [if EXPR]", "stop after a bundle that read or wrote a word"),
    "dprintf": ('LOC, "FORMAT", EXPR, …', "print there, and go on"),
}
_SHORT = {"break": "b", "tbreak": "tb", "watch": "wa", "rwatch": "rw", "awatch": "aw"}
_LOC = """\
LOC is a cycle (120, cycle 120), a bundle (pc 30, *30), words of scratch that an operand names
(v_val, scratch 64:72), an engine (engine valu), an opcode (valu:multiply_add), words of memory
that are touched (mem 2310:2318), or the name of a tag."""
_MORE = {"break": _LOC, "tbreak": _LOC}


def _setting(command: str) -> Command:
    usage, summary = _HELP[command]
    names = (command, _SHORT[command]) if command in _SHORT else (command,)
    completes = "range" if KINDS[command].access else "location"
    more = _MORE.get(command, "")
    return Command(names, f"{command} {usage}", summary, _sets(command), completes, more)


GROUP = Group(
    "Stops",
    (
        *(_setting(command) for command in KINDS),
        Command(
            ("condition",), "condition N [EXPR]", "give one a condition", condition, "breakpoint"
        ),
        Command(("ignore",), "ignore N K", "pass one over K times", ignore, "breakpoint"),
        Command(
            ("commands",),
            "commands [N]",
            "what to do at one: lines up to `end`",
            commands,
            "breakpoint",
        ),
        Command(("delete", "d"), "delete [N…]", "delete some, or all", delete, "breakpoint"),
        Command(
            ("disable", "dis"),
            "disable [N…]",
            "pass some over, or all",
            _enabling(False, "Disabled"),
            "breakpoint",
        ),
        Command(
            ("enable", "en"),
            "enable [N…]",
            "heed some again, or all",
            _enabling(True, "Enabled"),
            "breakpoint",
        ),
        Command(("clear",), "clear [LOC]", "delete what stops at LOC", clear, "location"),
        Command(
            ("save",),
            "save breakpoints FILE",
            "write them as commands, for source",
            save,
            "file",
        ),
        Command(("source", "so"), "source FILE", "execute the commands in a file", source, "file"),
    ),
)
