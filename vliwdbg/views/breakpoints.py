"""Breakpoints and watchpoints, as lists and panes show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from vliwdbg.session.breakpoints import Breakpoint
from vliwdbg.session.locations import Access
from vliwdbg.session.session import Session
from vliwdbg.views.base import View


@dataclass(frozen=True)
class BreakpointView:
    """One of them: `command` sets it, `written` is that command at length, `what` its location.

    `may_meet` counts the bundles that may meet it, of `bundles`; None where no pc tells. `cause` is
    why it cannot be met in the program at hand. `access` is what a watchpoint waits for.
    """

    number: int
    command: str
    noun: str
    written: str
    source: str
    what: str
    access: Access | None
    condition: str
    format: str | None
    enabled: bool
    hits: int
    ignore: int
    commands: tuple[str, ...]
    cause: str
    may_meet: int | None
    bundles: int
    just_met: bool

    @property
    def label(self) -> str:
        return f"{self.noun} {self.number}"


@dataclass(frozen=True)
class BreakpointList(View, kind="breakpoints"):
    """All of them, by number."""

    breakpoints: tuple[BreakpointView, ...]


Change = Literal["set", "condition", "ignore", "gathering", "commands"]
"""What was done to one; gathering is the beginning of its commands, which follow line by line."""


@dataclass(frozen=True)
class BreakpointChanged(View, kind="breakpoint"):
    """One of them was set, or changed."""

    change: Change
    breakpoint: BreakpointView


GroupChange = Literal["deleted", "disabled", "enabled"]


@dataclass(frozen=True)
class BreakpointsChanged(View, kind="breakpoints-changed"):
    """Something was done to some of them, or to all."""

    change: GroupChange
    breakpoints: tuple[BreakpointView, ...]


@dataclass(frozen=True)
class Saved(View, kind="saved"):
    """Breakpoints were written to a file; to standard output, which is `-`, they are `lines`."""

    file: str
    breakpoints: int
    lines: tuple[str, ...] | None = None


def breakpoint_view(session: Session, breakpoint_: Breakpoint) -> BreakpointView:
    """One of them as data."""
    b = breakpoint_
    return BreakpointView(
        b.number,
        b.command,
        b.noun,
        b.written(),
        b.source,
        b.source if b.cause else b.what.text(session.names),
        b.watched.access if b.watched else None,
        b.condition.text if b.condition else "",
        b.printing.form if b.printing else None,
        b.enabled,
        b.hits,
        b.ignore,
        b.commands,
        b.cause,
        None if b.cycle is not None else len(b.flags) - b.flags.count(0),
        len(b.flags),
        any(hit.breakpoint is b for hit in session.stop_event.hits),
    )


def breakpoint_views(
    session: Session, breakpoints: Iterable[Breakpoint] | None = None
) -> tuple[BreakpointView, ...]:
    """Those, or all of them by number."""
    chosen = session.breakpoints.all.values() if breakpoints is None else breakpoints
    return tuple(breakpoint_view(session, b) for b in chosen)
