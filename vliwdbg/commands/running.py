"""Running: forward, back, and to places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vliwdbg.commands.console import Console
from vliwdbg.commands.table import Command, Group, Handler, no_argument, whole_number
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.session import Run, Session
from vliwdbg.views.moves import Moved
from vliwdbg.views.program import CheckpointSet, MarkSet


def _counted(move: Callable[[Session, int], Run]) -> Handler:
    """The handler of a move that takes a count."""

    def handler(console: Console, text: str) -> Moved:
        count = whole_number("The count", text, 1)
        if count == 0:
            raise DebuggerError("The count is at least 1.")
        return console.move(move(console.session, count))

    return handler


def _plain(name: str, move: Callable[[Session], Run]) -> Handler:
    """The handler of a move that takes nothing."""

    def handler(console: Console, text: str) -> Moved:
        no_argument(name, text)
        return console.move(move(console.session))

    return handler


def until(console: Console, text: str) -> Moved:
    if not text:
        raise DebuggerError("Say where to go: until LOC, like `until engine valu`.")
    return console.move(console.session.advance_to(text))


def _restart(name: str, move: Callable[[Session], Run]) -> Handler:
    def handler(console: Console, text: str) -> Moved:
        no_argument(name, text)
        edited = console.session.core.edits > 0
        return replace(console.move(move(console.session)), edits_dropped=edited)

    return handler


def goto(console: Console, text: str) -> Moved:
    """To a cycle or a mark; every form of target is a row here."""
    session = console.session
    if text == "end":
        return console.move(session.goto_end(), strict=True)
    if text.startswith("'"):
        return console.move(session.goto_position(_marked(session, text[1:])), strict=True)
    if text.endswith("%"):
        percent = whole_number("The percentage", text[:-1])
        if percent > 100:
            raise DebuggerError("The whole program is 100%.")
        return console.move(session.goto_part(percent), strict=True)
    if text[:1] in ("+", "-"):
        return _goto_by(console, text)
    cycle = whole_number("A cycle to go to", text)
    return console.move(session.goto_cycle(cycle), strict=True)


def _goto_by(console: Console, text: str) -> Moved:
    session = console.session
    cycles = whole_number("The number of cycles", text[1:], 1)
    if text[0] == "-" and session.core.position == 0:
        session.reverse_step()  # which says that there is no history
    if text[0] == "+" and session.ended:
        session.step()
    target = session.core.cycle + (cycles if text[0] == "+" else -cycles)
    return console.move(session.goto_cycle(target), strict=True)


def _marked(session: Session, name: str) -> int:
    if name not in session.marks:
        known = ", ".join(session.marks) or "there is none; `mark a` sets one"
        raise DebuggerError(f"No mark is called {name!r}: {known}.")
    return session.marks[name]


def mark(console: Console, text: str) -> MarkSet:
    name = text.strip().lstrip("'")
    if not name.isidentifier():
        raise DebuggerError("A mark is named with letters: mark a.")
    core = console.session.core
    console.session.marks[name] = core.position
    return MarkSet(name, core.cycle, core.pc, core.position)


def checkpoint(console: Console, text: str) -> CheckpointSet:
    no_argument("checkpoint", text)
    session = console.session
    number = max(session.checkpoints, default=0) + 1
    session.checkpoints[number] = session.core.position
    core = session.core
    return CheckpointSet(number, core.cycle, core.pc, core.position)


def restart(console: Console, text: str) -> Moved:
    session = console.session
    number = whole_number("The checkpoint's number", text)
    if number not in session.checkpoints:
        known = ", ".join(map(str, session.checkpoints)) or "there is none; `checkpoint` sets one"
        raise DebuggerError(f"No checkpoint {number}: {known}.")
    return console.move(session.goto_position(session.checkpoints[number]))


GROUP = Group(
    "Running",
    (
        Command(("step", "s"), "step [N]", "N bundles on", _counted(Session.step)),
        Command(("next", "n"), "next [N]", "the same: nothing is called", _counted(Session.step)),
        Command(
            ("reverse-step", "rs"),
            "reverse-step [N]",
            "N bundles back",
            _counted(Session.reverse_step),
        ),
        Command(
            ("reverse-next", "rn"),
            "reverse-next [N]",
            "the same",
            _counted(Session.reverse_step),
        ),
        Command(
            ("continue", "c"),
            "continue [N]",
            "to the next stop, or the Nth",
            _counted(Session.resume),
        ),
        Command(
            ("reverse-continue", "rc"),
            "reverse-continue [N]",
            "to the previous stop, or the Nth",
            _counted(Session.reverse_resume),
        ),
        Command(("until", "u"), "until LOC", "to where a bundle meets LOC", until, "location"),
        Command(
            ("advance", "adv"), "advance LOC", "to where a bundle meets LOC", until, "location"
        ),
        Command(
            ("finish", "fin"),
            "finish",
            "out of the current tag, or to a pause, halt or the end",
            _plain("finish", Session.finish),
        ),
        Command(
            ("reverse-finish", "rfin"),
            "reverse-finish",
            "back out of the current tag",
            _plain("reverse-finish", Session.reverse_finish),
        ),
        Command(
            ("run", "r"),
            "run",
            "restart, and to the first stop",
            _restart("run", Session.run),
        ),
        Command(("start",), "start", "restart", _restart("start", Session.start)),
        Command(
            ("goto", "g"),
            "goto N | +N | -N | 50% | end | 'MARK",
            "to a cycle or a mark, either way, past all stops but faults",
            goto,
            "target",
        ),
        Command(("mark",), "mark NAME", "name this position, for goto 'NAME", mark),
        Command(("checkpoint",), "checkpoint", "number this position, for restart", checkpoint),
        Command(("restart",), "restart N", "to a checkpoint", restart, "checkpoint"),
    ),
)
