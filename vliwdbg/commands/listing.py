"""`list`: bundles around the cursor, or from a location."""

from __future__ import annotations

from machine.stops import Reason
from vliwdbg.commands.console import Console
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.locations import AtCycle, Location, location_of
from vliwdbg.session.places import Evaluator, parse
from vliwdbg.views.listing import Listing, listing_view

AROUND = 10
"""Bundles that `list` shows."""


def list_(console: Console, text: str) -> Listing:
    """Around the cursor, then further on; or from a location."""
    session = console.session
    location, count = parse(text, "listing").children
    evaluator = Evaluator(session.scope, text)
    bundles = AROUND if count is None else evaluator.parse_number(count)
    if location is not None:
        first = _pc_of_location(console, location_of(location, text, session.scope))
    elif console.listed_to is None:
        first = max(session.core.pc - AROUND // 2, 0)
    else:
        first = console.listed_to
    if first >= len(session.program):
        raise DebuggerError(f"The program ends there: it has {len(session.program)} bundles.")
    console.listed_to = first + bundles
    return listed(console, first, bundles)


def listed(console: Console, first: int, count: int) -> Listing:
    """Bundles first:first+count, as many as there are."""
    pcs = range(first, min(first + count, len(console.session.program)))
    return listing_view(console.session, console.asking(pcs))


def pc_of(console: Console, text: str) -> int:
    """The bundle that a LOC names: the next one that meets it. Raises DebuggerError."""
    location = location_of(parse(text, "location"), text, console.session.scope)
    return _pc_of_location(console, location)


def _pc_of_location(console: Console, location: Location) -> int:
    session = console.session
    if isinstance(location, AtCycle):
        return _pc_at_cycle(console, location.cycle)
    flags = location.flags(session.breakpoints.index)
    here = session.core.pc
    onward = (*range(here, len(flags)), *range(min(here, len(flags))))
    met: int | None = next((pc for pc in onward if flags[pc]), None)
    if met is None:
        raise DebuggerError(f"No bundle meets {location.text(session.names)}.")
    return met


def _pc_at_cycle(console: Console, cycle: int) -> int:
    there = console.drive(console.session.look_at_cycle(cycle))
    if there.reason is Reason.INTERRUPT:
        raise DebuggerError(f"Interrupted on the way to cycle {cycle}.")
    if there.cycle < cycle:
        raise DebuggerError(
            f"The program has ended at cycle {there.cycle}; no bundle is at {cycle}."
        )
    return there.pc
