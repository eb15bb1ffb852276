"""What stops a program at the position where it is.

A position is one stop, whatever holds there: breakpoints that its bundle meets, watchpoints that
the bundle before met, a pause just executed, a compare that fails, the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from machine.stops import Fault, Reason, Stop
from vliwdbg.session.debuggee import Debuggee, is_compare
from vliwdbg.session.moves import StopEvent

if TYPE_CHECKING:
    from vliwdbg.session.breakpoints import Hit


def stop_here(debuggee: Debuggee, stop: Stop | None, *, new: bool, moved: bool) -> StopEvent | None:
    """The stop that this position is, if it is one; its hits are counted where they are new."""
    hits = debuggee.count(_met(debuggee, moved=moved)) if new else []
    fault = stop.fault if stop else None
    if fault and hits and not is_compare(fault):
        fault = None  # what is met comes first; the fault repeats
    reason = reason_of(debuggee, stop, hits, fault)
    if reason is None:
        return None
    if fault is None and (fault := _failing_compare(debuggee)):
        reason = Reason.FAULT
    return debuggee.here(reason, hits=tuple(hits), fault=fault)


def compare_here(debuggee: Debuggee) -> StopEvent | None:
    """The stop of a compare that fails, where nothing else stops."""
    fault = _failing_compare(debuggee)
    return debuggee.here(Reason.FAULT, fault=fault) if fault else None


def _met(debuggee: Debuggee, *, moved: bool) -> list[Hit]:
    after = debuggee.met_after() if moved else []
    before = debuggee.met_before()
    return after if before and debuggee.ended else after + before


def reason_of(
    debuggee: Debuggee, stop: Stop | None, hits: Sequence[Hit], fault: Fault | None
) -> Reason | None:
    """Why the program stops here, of all that holds the reason that comes first; None for none."""
    if fault:
        return Reason.FAULT
    if debuggee.ended:
        return ending(debuggee)
    if stop and stop.reason is Reason.PAUSE and debuggee.pauses:
        return Reason.PAUSE
    if not hits:
        return None
    watched = hits[0].breakpoint.watched
    return Reason.WATCHPOINT if watched else Reason.BREAKPOINT


def ending(debuggee: Debuggee) -> Reason:
    """How the program ended."""
    end = debuggee.end
    return end.reason if end else Reason.END


def _failing_compare(debuggee: Debuggee) -> Fault | None:
    """The compare of the bundle at the cursor that fails, found by trying it."""
    core = debuggee.core
    if debuggee.ended or not (debuggee.debug and debuggee.compares[core.pc : core.pc + 1] == b"\1"):
        return None
    fault = core.run(1).fault
    if fault is None:
        core.undo()
    return fault if fault and is_compare(fault) else None
