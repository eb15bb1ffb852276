"""Bundles as text, with the values of their operands where those are known.

=>    140  valu (2) | alu (1)
            valu  v_val = v_val ^ v_node        {1, 2, …} ^ …
"""

from __future__ import annotations

from collections.abc import Iterator

from machine.disassembly import format_slot, summarize
from machine.program import Slot
from machine.stops import Reason
from vliwdbg.commands.console import Console
from vliwdbg.commands.table import Reply
from vliwdbg.session.breakpoints import format_value
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.locations import AtCycle, Location, location_of
from vliwdbg.session.places import Place, parse
from vliwdbg.session.session import Session

AROUND = 10
"""Bundles that `list` shows."""


def list_(console: Console, text: str) -> Reply:
    """Around the cursor, then further on; or from a location."""
    session = console.session
    location, count = parse(text, "listing").children
    bundles = int(str(count), 0) if count is not None else AROUND
    if location is not None:
        first = _pc_of_location(console, location_of(location, text, session.scope))
    elif console.listed_to is None:
        first = max(session.core.pc - AROUND // 2, 0)
    else:
        first = console.listed_to
    if first >= len(session.program):
        raise DebuggerError(f"The program ends there: it has {len(session.program)} bundles.")
    console.listed_to = first + bundles
    return Reply(tuple(bundle_lines(session, first, bundles)))


def pc_of(console: Console, text: str) -> int:
    """The bundle that a LOC names: the next one that meets it. Raises DebuggerError."""
    return _pc_of_location(
        console, location_of(parse(text, "location"), text, console.session.scope)
    )


def _pc_of_location(console: Console, location: Location) -> int:
    session = console.session
    if isinstance(location, AtCycle):
        return _pc_at_cycle(console, location.cycle)
    flags = location.flags(session.breakpoints.where)
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


def bundle_lines(session: Session, first: int, count: int) -> Iterator[str]:
    """Bundles first:first+count, the one at the cursor with the values that it reads."""
    program, names = session.program, session.names
    for pc in range(first, min(first + count, len(program))):
        bundle = program.bundle(pc)
        here = pc == session.core.pc
        stops = ",".join(str(stop.number) for stop in session.breakpoints.at_pc(pc))
        mark = "=>" if here else "  "
        yield f"{mark} {pc:>6}  {summarize(bundle)}{f'  [{stops}]' if stops else ''}"
        for slot in bundle:
            text = f"{slot.engine:>14}  {format_slot(slot, names)}"
            values = "; ".join(operand_values(session, slot)) if here else ""
            yield f"{text:<56}  {values}".rstrip()


def operand_values(session: Session, slot: Slot) -> Iterator[str]:
    """What a slot of the bundle at the cursor reads: `v_val = {…}`."""
    for address, width in dict.fromkeys(slot.uses):
        words = tuple(Place(False, address, address + width).words_in(session.core))
        value = format_value(words[0] if width == 1 else words)
        yield f"{session.names.text(address, width)} = {value}"
