"""What was set in a session, as a workspace to be kept; and a workspace, set in a session again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from kernels.catalog import DEFAULT_KERNEL
from machine.program import Program
from vliwdbg.commands.console import Console, Display
from vliwdbg.programs import Choice
from vliwdbg.session.breakpoints import KINDS, Breakpoint
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Expression
from vliwdbg.settings.workspace import (
    Identity,
    KeptBreakpoint,
    KeptDisplay,
    KeptMark,
    Workspace,
)
from vliwdbg.views.radix import RADIXES

STANDARD_INPUT = "-"


def identity_of(console: Console) -> Identity:
    """Whose workspace it is: the user's program, even while a rebuild stands in its place."""
    choice, program = console.choice, console.session.program
    if console.before_rebuild is not None:
        choice, program, _ = console.before_rebuild
    return Identity(origin_of(choice), digest_of(program))


def origin_of(choice: Choice) -> str:
    """Where a program comes from: its file, or the bundled kernel; empty for standard input."""
    if choice.program is None or choice.bundled:
        return f"kernel {choice.kernel or DEFAULT_KERNEL}"
    return "" if choice.program == STANDARD_INPUT else os.path.realpath(choice.program)


def digest_of(program: Program) -> str:
    """Equal for equal bundles, in hexadecimal; some milliseconds for 200,000 of them."""
    columns = program.columns
    digest = hashlib.sha256(repr((columns.payloads, columns.wide)).encode())
    for column in columns.arrays:
        digest.update(column.tobytes())
        digest.update(b"\0")
    return digest.hexdigest()


def workspace_of(console: Console) -> Workspace:
    """What is set now."""
    session = console.session
    return Workspace(
        tuple(map(_kept, session.breakpoints.all.values())),
        tuple(
            KeptDisplay(row.radix or "", row.expression.text) for row in console.displays.values()
        ),
        tuple(KeptMark(name, position) for name, position in session.marks.items()),
    )


def _kept(stop: Breakpoint) -> KeptBreakpoint:
    condition = stop.condition.text if stop.condition else ""
    return KeptBreakpoint(
        stop.command, stop.source, condition, stop.enabled, stop.ignore, stop.commands
    )


def set_again(workspace: Workspace, console: Console) -> Iterator[str]:
    """Set what is not set yet; what there is to say of it, a line each."""
    there = workspace_of(console)
    for breakpoint in workspace.breakpoints:
        if breakpoint not in there.breakpoints and breakpoint.command in KINDS:
            yield from _set_breakpoint(breakpoint, console)
    for display in workspace.displays:
        if display not in there.displays and display.radix in ("", *RADIXES):
            yield from _set_display(display, console)
    for mark in workspace.marks:
        console.session.marks.setdefault(mark.name, mark.position)
    console.session.version += 1


def _set_breakpoint(kept: KeptBreakpoint, console: Console) -> Iterator[str]:
    try:
        stop = console.session.breakpoints.add_again(kept.command, kept.source, kept.condition)
    except DebuggerError as wrong:
        yield f"{kept.command} {kept.source} is not set again: {wrong.message}"
        return
    stop.enabled, stop.ignore, stop.commands = kept.enabled, kept.ignore, kept.commands
    if stop.cause:
        yield f"{stop.noun} {stop.number} cannot be met here: {stop.cause}"


def _set_display(kept: KeptDisplay, console: Console) -> Iterator[str]:
    try:
        expression = Expression.parse(kept.expression)
    except DebuggerError as wrong:
        yield f"display {kept.expression} is not set again: {wrong.message}"
        return
    number, letter = console.next_display, RADIXES[kept.radix].letter if kept.radix else None
    console.displays[number] = Display(number, letter, expression)
    console.next_display += 1
