"""Searches: how a move gets from one position of a session to another.

    forward   run to a candidate, judge it, and on from it if it is none
    back      go over a stretch before here once more, note its stops, and seek the last of them
    to_…      to a place in time, past all stops but faults

Each is a `Move`: it yields between stretches of bundles and returns where it came to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from machine.machine import NO_LIMIT
from machine.stops import ENDINGS, Fault, Reason, State, Stop
from vliwdbg.session.breakpoints import Breakpoint, Hit
from vliwdbg.session.detection import (
    compare_here,
    counted,
    ending,
    is_compare,
    met_before,
    reason_of,
    stop_here,
)
from vliwdbg.session.moves import NO_MORE_HISTORY, Move, StopEvent

if TYPE_CHECKING:
    from vliwdbg.session.session import Session


def repeated(move: Callable[[], Move], times: int) -> Move:
    """The same search again and again, until there is nothing left to find."""
    arrival = yield from move()
    for _ in range(times - 1):
        if arrival.cut_short or arrival.reason in ENDINGS or _faulted(arrival):
            break
        arrival = yield from move()
    return arrival


def _faulted(arrival: StopEvent) -> bool:
    return arrival.fault is not None and not is_compare(arrival.fault)


# forward


def forward(
    session: Session,
    bundles: int = NO_LIMIT,
    *,
    check_first: bool = False,
    extra: Sequence[Breakpoint] = (),
) -> Move:
    """That many bundles on, or to the first stop before, which may be here if `check_first`."""
    core = session.core
    _arm(session, extra)
    start = core.position
    looked_at = None if check_first else start
    stop: Stop | None = None
    while True:
        landed = core.position - start == bundles
        if landed or looked_at is None or (stop and stop.reason is not Reason.BUDGET):
            new, moved = looked_at != core.position, core.position > start
            arrival = stop_here(session, stop, new=new, moved=moved)
            if arrival is None and (landed or looked_at is None):
                arrival = compare_here(session) or (session.here(Reason.BUDGET) if landed else None)
            if arrival is not None:
                return arrival
            looked_at = core.position
        stop = _execute(session, bundles - (core.position - start), looked_at)
        if stop.fault and is_compare(stop.fault) and core.position == start == looked_at:
            stop = _pass_compare(session)
        yield


def _arm(session: Session, extra: Sequence[Breakpoint]) -> None:
    session.breakpoints.arm(extra)
    session.core.debug = session.debug


def _execute(session: Session, budget: int, looked_at: int | None) -> Stop:
    """Run to the next candidate: a flagged bundle, a cycle waited for, a pause, the end."""
    cycle = session.breakpoints.next_cycle(session.core.cycle)
    limit = NO_LIMIT if cycle is None else cycle - 1
    stop = _run_checking(session, budget, limit, looked_at)
    if stop.reason is not Reason.MAX_CYCLES:
        return stop
    # The bundle that takes the cycle to the one waited for.
    return _candidate(_run_checking(session, 1, NO_LIMIT, looked_at))


def _run_checking(session: Session, budget: int, max_cycles: int, looked_at: int | None) -> Stop:
    return session.timeline.run(
        budget,
        max_cycles,
        check_first=session.core.position != looked_at,
        false_alarm=lambda: not met_before(session),
    )


def _pass_compare(session: Session) -> Stop:
    return _candidate(session.timeline.run_past_compare())


def _candidate(stop: Stop) -> Stop:
    """The stop as one to be looked at, although the core came to its end of budget."""
    return stop._replace(reason=Reason.BREAKPOINT) if stop.reason is Reason.BUDGET else stop


# back


@dataclass
class _Met:
    """What holds at one position, found while going back."""

    hits: list[Hit] = field(default_factory=list)
    fault: Fault | None = None
    paused: bool = False


def back(session: Session, floor: int = -NO_LIMIT, *, extra: Sequence[Breakpoint] = ()) -> Move:
    """To the last stop before here, or to the position `floor` where there is none after it."""
    here, lowest = session.core.position, max(floor, 0)
    for first, end in session.timeline.stretches(lowest, here):
        found = yield from _find_stops(session, first, end, extra)
        for position in sorted(found, reverse=True):
            met = found[position]
            hits = counted(session, met.hits)
            if hits or met.fault or met.paused:
                yield from session.timeline.seek(position)
                return _event_back(session, hits, met)
    yield from session.timeline.seek(lowest)
    cut_short = NO_MORE_HISTORY if floor < 0 else ""
    return session.here(Reason.BUDGET, cut_short=cut_short)


def _event_back(session: Session, hits: list[Hit], met: _Met) -> StopEvent:
    stop = Stop(Reason.PAUSE, 0, 0, 0) if met.paused else None
    reason = reason_of(session, stop, hits, met.fault)
    assert reason is not None
    return session.here(reason, hits=tuple(hits), fault=met.fault)


def _find_stops(
    session: Session, first: int, end: int, extra: Sequence[Breakpoint]
) -> Generator[None, None, Mapping[int, _Met]]:
    """The stops at positions first:end, by going over them once more."""
    core = session.core
    yield from session.timeline.seek(first)
    _arm(session, extra)
    found: dict[int, _Met] = defaultdict(_Met)
    _note_before(session, found)
    looked_at = first
    while core.position < end:
        stop = _execute(session, end - core.position, looked_at)
        if stop.fault:
            if core.position != looked_at:
                _note_before(session, found)
            found[core.position].fault = stop.fault
            stop = _pass_compare(session)
        if stop.reason is not Reason.BUDGET:
            _note_after(session, found)
            if core.position < end:
                _note_before(session, found)
            looked_at = core.position
        yield
    return found


def _note_before(session: Session, found: dict[int, _Met]) -> None:
    """Note what stops at this position before its bundle."""
    met = found[session.core.position]
    met.hits += met_before(session)
    met.paused = session.pauses and session.core.state is State.PAUSED


def _note_after(session: Session, found: dict[int, _Met]) -> None:
    """Note what the bundle that led here does to watched words, at the position before it."""
    commit = session.timeline.last_commit()
    assert commit is not None
    found[commit.position].hits[:0] = session.breakpoints.after(lambda: commit)


# to places in time


def to_position(session: Session, position: int) -> Move:
    stop = yield from session.timeline.seek(max(position, 0))
    return _came(session, stop, NO_MORE_HISTORY if position < 0 else "")


def to_cycle(session: Session, cycle: int) -> Move:
    stop = yield from session.timeline.seek_cycle(max(cycle, 0))
    return _came(session, stop, NO_MORE_HISTORY if cycle < 0 else "")


def to_end(session: Session) -> Move:
    stop = yield from session.timeline.seek(NO_LIMIT)
    return replace(_came(session, stop), cut_short="")


def to_part(session: Session, percent: float) -> Move:
    """To so many hundredths of all cycles."""
    yield from session.timeline.seek(NO_LIMIT)
    return (yield from to_cycle(session, int(session.core.cycle * percent / 100)))


def _came(session: Session, stop: Stop | None, cut_short: str = "") -> StopEvent:
    """The arrival of a search in time, which `stop` may have kept from its target."""
    if stop and stop.fault:
        return session.here(Reason.FAULT, fault=stop.fault)
    if stop:
        cut_short = session.end_message
    return session.here(ending(session) if session.ended else Reason.BUDGET, cut_short=cut_short)
