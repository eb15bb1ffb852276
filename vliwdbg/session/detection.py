"""What stops a session at the position where it is.

A position is one stop, whatever holds there: breakpoints that its bundle meets, watchpoints that
the bundle before met, a pause just executed, a compare that fails, the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from machine.stops import Fault, Reason, Stop
from vliwdbg.session.breakpoints import Breakpoint, Hit
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.moves import StopEvent

if TYPE_CHECKING:
    from vliwdbg.session.session import Session


def stop_here(session: Session, stop: Stop | None, *, new: bool, moved: bool) -> StopEvent | None:
    """The stop that this position is, if it is one; its hits are counted where they are new."""
    hits = counted(session, _met(session, moved=moved)) if new else []
    fault = stop.fault if stop else None
    if fault and hits and not is_compare(fault):
        fault = None  # what is met comes first; the fault repeats
    reason = reason_of(session, stop, hits, fault)
    if reason is None:
        return None
    if fault is None and (fault := _failing_compare(session)):
        reason = Reason.FAULT
    return session.here(reason, hits=tuple(hits), fault=fault)


def compare_here(session: Session) -> StopEvent | None:
    """The stop of a compare that fails, where nothing else stops."""
    fault = _failing_compare(session)
    return session.here(Reason.FAULT, fault=fault) if fault else None


def met_before(session: Session) -> list[Hit]:
    """What the bundle about to be executed meets, not counted."""
    return session.breakpoints.before(lambda: session.timeline.fresh)


def _met(session: Session, *, moved: bool) -> list[Hit]:
    after = session.breakpoints.after(session.timeline.last_commit) if moved else []
    before = met_before(session)
    return after if before and session.ended else after + before


def reason_of(
    session: Session, stop: Stop | None, hits: Sequence[Hit], fault: Fault | None
) -> Reason | None:
    """Why the session stops here, of all that holds the reason that comes first; None for none."""
    if fault:
        return Reason.FAULT
    if session.ended:
        return ending(session)
    if stop and stop.reason is Reason.PAUSE and session.pauses:
        return Reason.PAUSE
    if not hits:
        return None
    watched = hits[0].breakpoint.watched
    return Reason.WATCHPOINT if watched else Reason.BREAKPOINT


def ending(session: Session) -> Reason:
    """How the program ended."""
    end = session.timeline.end
    return end.reason if end else Reason.END


def counted(session: Session, hits: Sequence[Hit]) -> list[Hit]:
    """Count them; those that stop. A dprintf prints instead."""
    stopping = []
    for hit in session.breakpoints.count(hits):
        if hit.breakpoint.printing:
            _print(session, hit.breakpoint)
        else:
            stopping.append(hit)
    return stopping


def _print(session: Session, stop: Breakpoint) -> None:
    assert stop.printing
    try:
        session.printed.append(stop.printing.text(session.scope))
    except DebuggerError as wrong:
        session.printed.append(f"{stop.noun} {stop.number}: {wrong.message}")


def _failing_compare(session: Session) -> Fault | None:
    """The compare of the bundle at the cursor that fails, found by trying it."""
    core = session.core
    if session.ended or not (session.debug and session.compares[core.pc : core.pc + 1] == b"\1"):
        return None
    fault = core.run(1).fault
    if fault is None:
        core.undo()
    return fault if fault and is_compare(fault) else None


def is_compare(fault: Fault) -> bool:
    """Whether it is a compare that failed, which can be gone past."""
    return fault.engine == "debug"
