"""`list`: bundles around the cursor, or from a location."""

from __future__ import annotations

from vliwdbg.commands.console import Console
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.locations import AtCycle, Location, location_of
from vliwdbg.session.places import parse
from vliwdbg.session.session import Session
from vliwdbg.views.listing import Listing, listing_view

AROUND = 10
"""Bundles that `list` shows."""


def list_(console: Console, text: str) -> Listing:
    """Around the cursor, then further on; or from a location."""
    session = console.session
    location, count = parse(text, "listing").children
    bundles = int(str(count), 0) if count is not None else AROUND
    if location is not None:
        first = _pc_of_location(session, location_of(location, text, session.scope))
    elif console.listed_to is None:
        first = max(session.core.pc - AROUND // 2, 0)
    else:
        first = console.listed_to
    if first >= len(session.program):
        raise DebuggerError(f"The program ends there: it has {len(session.program)} bundles.")
    console.listed_to = first + bundles
    return listing_view(session, first, bundles)


def pc_of(session: Session, text: str) -> int:
    """The bundle that a LOC names: the next one that meets it. Raises DebuggerError."""
    return _pc_of_location(session, location_of(parse(text, "location"), text, session.scope))


def _pc_of_location(session: Session, location: Location) -> int:
    if isinstance(location, AtCycle):
        return _pc_at_cycle(session, location.cycle)
    flags = location.flags(session.breakpoints.where)
    here = session.core.pc
    onward = (*range(here, len(flags)), *range(min(here, len(flags))))
    met: int | None = next((pc for pc in onward if flags[pc]), None)
    if met is None:
        raise DebuggerError(f"No bundle meets {location.text(session.names)}.")
    return met


def _pc_at_cycle(session: Session, cycle: int) -> int:
    """Go there, look, and come back."""
    home = session.core.position
    for _ in session.timeline.seek_cycle(cycle):
        pass
    pc: int = session.core.pc
    reached = session.core.cycle
    session.go(home)
    if reached < cycle:
        raise DebuggerError(f"The program has ended at cycle {reached}; no bundle is at {cycle}.")
    return pc
