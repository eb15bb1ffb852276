"""Texts of breakpoints and watchpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from vliwdbg.render.text import table, text
from vliwdbg.views.breakpoints import (
    BreakpointChanged,
    BreakpointList,
    BreakpointsChanged,
    BreakpointView,
    Saved,
)


@text.register
def _(view: BreakpointChanged) -> Iterator[str]:
    yield _CHANGES[view.change](view.breakpoint)


def _set(b: BreakpointView) -> str:
    """What was understood: `Breakpoint 2: v_val (scratch 64:72), if $cycle > 3; …`."""
    access = f" {b.access.value}" if b.access else ""
    condition = f", if {b.condition}" if b.condition else ""
    may_meet = f"; {b.may_meet} of {b.bundles} bundles may meet it"
    bundles = "" if b.may_meet is None else may_meet
    return f"{_title(b)}: {b.what}{access}{condition}{bundles}."


def _conditioned(b: BreakpointView) -> str:
    return f"{_title(b)} " + (
        f"stops if {b.condition}." if b.condition else "is unconditional now."
    )


def _ignored(b: BreakpointView) -> str:
    return f"{_title(b)} is passed over the next {_count(b.ignore, 'time')}."


def _gathering(b: BreakpointView) -> str:
    return f"Commands for {b.label}, one a line, up to `end`."


def _attached(b: BreakpointView) -> str:
    return f"{_title(b)}: {_count(len(b.commands), 'command')}."


def _title(b: BreakpointView) -> str:
    return f"{b.noun.capitalize()} {b.number}"


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


_CHANGES: Mapping[str, Callable[[BreakpointView], str]] = {
    "set": _set,
    "condition": _conditioned,
    "ignore": _ignored,
    "gathering": _gathering,
    "commands": _attached,
}


@text.register
def _(view: BreakpointsChanged) -> Iterator[str]:
    names = ", ".join(b.label for b in view.breakpoints)
    yield f"{view.change.capitalize()} {names}." if names else "There are no breakpoints."


@text.register
def _(view: BreakpointList) -> Iterator[str]:
    if not view.breakpoints:
        yield "No breakpoints or watchpoints."
        return
    yield from table(
        ("Num", "Type", "Enb", "Hits", "What"),
        ((b.number, b.noun, "y" if b.enabled else "n", b.hits, _what(b)) for b in view.breakpoints),
    )


def _what(b: BreakpointView) -> str:
    parts = [
        b.what,
        "" if b.format is None else repr(b.format),
        f"if {b.condition}" if b.condition else "",
        f"passed over {b.ignore} more" if b.ignore else "",
        f"{len(b.commands)} commands" if b.commands else "",
        f"cannot be met: {b.cause}" if b.cause else "",
    ]
    return ", ".join(filter(None, parts))


@text.register
def _(view: Saved) -> Iterator[str]:
    if view.lines is not None:
        yield from view.lines
    else:
        yield f"Saved {view.breakpoints} breakpoints to {view.file}."
