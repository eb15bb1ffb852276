"""Stops: breakpoints, watchpoints, and what is done with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vliwdbg.commands.console import Console
from vliwdbg.commands.files import write
from vliwdbg.commands.table import Command, Group, Handler, find_unique, numbers, whole_number
from vliwdbg.scripts import STDIN, TooLongError, read_script
from vliwdbg.session.breakpoints import KINDS, Breakpoint
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.breakpoints import (
    BreakpointChanged,
    BreakpointsChanged,
    Change,
    GroupChange,
    Saved,
    breakpoint_view,
    breakpoint_views,
)
from vliwdbg.views.general import Nothing


def _sets(command: str) -> Handler:
    """The handler of a command that sets one of `KINDS`."""

    def handler(console: Console, text: str) -> BreakpointChanged:
        if not text and command in ("break", "tbreak"):
            text = f"pc {console.session.core.pc}"
        stop = console.session.breakpoints.add(command, text)
        return _changed(console, "set", stop)

    return handler


def _changed(console: Console, change: Change, stop: Breakpoint) -> BreakpointChanged:
    console.session.version += 1
    return BreakpointChanged(change, breakpoint_view(console.session, stop))


LAST = "$bpnum"
"""Stands for the number of the breakpoint that was set last, as in gdb."""


def _number(console: Console, text: str) -> int:
    if text.strip() == LAST:
        return max(console.session.breakpoints.all, default=0)
    return whole_number("The breakpoint's number", text)


def _numbers(console: Console, text: str) -> list[int]:
    return (
        [_number(console, LAST)]
        if text.strip() == LAST
        else numbers("The breakpoint's number", text)
    )


def condition(console: Console, text: str) -> BreakpointChanged:
    first, _, rest = text.partition(" ")
    stop = console.session.breakpoints.set_condition(_number(console, first), rest.strip())
    return _changed(console, "condition", stop)


def ignore(console: Console, text: str) -> BreakpointChanged:
    first, _, rest = text.partition(" ")
    stop = console.session.breakpoints.find(_number(console, first))
    stop.ignore = whole_number("How often to pass it", rest)
    return _changed(console, "ignore", stop)


def commands(console: Console, text: str) -> BreakpointChanged:
    stop = console.session.breakpoints.find(_number(console, text or LAST))
    console.gather_for(stop)
    return _changed(console, "gathering", stop)


def _chosen(console: Console, text: str) -> list[Breakpoint]:
    found = _numbers(console, text)
    breakpoints = console.session.breakpoints
    return [breakpoints.find(n) for n in found] if found else list(breakpoints.all.values())


def _all_changed(
    console: Console, change: GroupChange, stops: Iterable[Breakpoint]
) -> BreakpointsChanged:
    console.session.version += 1
    return BreakpointsChanged(change, breakpoint_views(console.session, stops))


def delete(console: Console, text: str) -> BreakpointsChanged:
    stops = _chosen(console, text.removeprefix("breakpoints"))
    for stop in stops:
        console.session.breakpoints.all.pop(stop.number, None)
    return _all_changed(console, "deleted", stops)


def _enabling(enabled: bool) -> Handler:
    def handler(console: Console, text: str) -> BreakpointsChanged:
        stops = _chosen(console, text)
        for stop in stops:
            stop.enabled = enabled
        return _all_changed(console, "enabled" if enabled else "disabled", stops)

    return handler


def clear(console: Console, text: str) -> BreakpointsChanged:
    """Deletes what stops at a LOC, as `break LOC` would set it."""
    breakpoints = console.session.breakpoints
    there = breakpoints.read("break", text or f"pc {console.session.core.pc}").what
    stops = [stop for stop in breakpoints.all.values() if stop.what == there]
    if not stops:
        where = there.text(console.session.names)
        raise DebuggerError(f"No breakpoint at {where}; `info breakpoints` lists them.")
    for stop in stops:
        breakpoints.delete(stop.number)
    return _all_changed(console, "deleted", stops)


def save(console: Console, text: str) -> Saved:
    what, _, file = text.partition(" ")
    find_unique("thing to save", what, {"breakpoints": 0})
    if not file.strip():
        raise DebuggerError("Say to which file: save breakpoints FILE.")
    name = console.files.named(file)
    stops = console.session.breakpoints.all.values()
    lines = tuple(line for stop in stops for line in _saved(stop))
    written = write(name, "".join(f"{line}\n" for line in lines))
    return Saved(name, len(stops), None if written else lines)


def _saved(stop: Breakpoint) -> Iterator[str]:
    """The commands that set it again as it is, but for its hits."""
    if stop.printing and stop.condition:
        yield f"{stop.command} {stop.source}"
        yield f"condition {LAST} {stop.condition.text}"
    else:
        yield stop.written()
    if stop.ignore:
        yield f"ignore {LAST} {stop.ignore}"
    if stop.commands:
        yield from ("commands", *stop.commands, "end")
    if not stop.enabled:
        yield f"disable {LAST}"


def source(console: Console, text: str) -> Nothing:
    if not text:
        raise DebuggerError("Say which file: source FILE.")
    file = console.files.named(text)
    if file == STDIN:
        raise DebuggerError("source reads a file; `exec -x -` reads standard input.")
    try:
        lines = read_script(file)
    except UnicodeDecodeError:
        raise DebuggerError(f"{file} is not UTF-8 text; source reads lines of commands.") from None
    except TooLongError as wrong:
        raise DebuggerError(f"{file} {wrong}.") from None
    console.source(lines)
    return Nothing()


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
_COMMANDS = """\
Where the first of a breakpoint's commands is `silent`, its stops are not told. Commands after one
that moves are dropped; a list may hold another one. `$bpnum` is the number of the breakpoint that
was set last."""
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
            _COMMANDS,
        ),
        Command(("delete", "d"), "delete [N…]", "delete some, or all", delete, "breakpoint"),
        Command(
            ("disable", "dis"),
            "disable [N…]",
            "pass some over, or all",
            _enabling(False),
            "breakpoint",
        ),
        Command(
            ("enable", "en"),
            "enable [N…]",
            "heed some again, or all",
            _enabling(True),
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
