"""Navigation: how a move gets from one position of a run to another.

    forward   run to a candidate, judge it, and on from it if it is none
    back      go over a stretch before here once more, note its stops, and seek the last of them
    to_…      to a place in time, past all stops but faults

Each is a `Move`: it yields between stretches of bundles and returns where it came to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from machine.machine import NO_LIMIT
from machine.stops import ENDINGS, Fault, Reason, State, Stop
from vliwdbg.session.debuggee import Debuggee, is_compare
from vliwdbg.session.detection import compare_here, ending, reason_of, stop_here
from vliwdbg.session.moves import NO_MORE_HISTORY, Move, StopEvent

if TYPE_CHECKING:
    from vliwdbg.session.breakpoints import Breakpoint, Hit


def repeated(move: Callable[[], Move], times: int) -> Move:
    """The same search again and again, until there is nothing left to find."""
    stop_event = yield from move()
    for _ in range(times - 1):
        if stop_event.cut_short or stop_event.reason in ENDINGS or _faulted(stop_event):
            break
        stop_event = yield from move()
    return stop_event


def _faulted(stop_event: StopEvent) -> bool:
    return stop_event.fault is not None and not is_compare(stop_event.fault)


# forward


def forward(
    debuggee: Debuggee,
    bundles: int = NO_LIMIT,
    *,
    max_cycles: int = NO_LIMIT,
    check_first: bool = False,
    extra: Sequence[Breakpoint] = (),
) -> Move:
    """That many bundles on, or to the first stop before, which may be here if `check_first`.

    It stops where a cycle past `max_cycles` would begin, too.
    """
    core = debuggee.core
    debuggee.arm(extra)
    max_cycles = min(max_cycles, debuggee.most_cycles)
    start = core.position
    looked_at = None if check_first else start
    stop: Stop | None = None
    while True:
        landed = core.position - start == bundles
        if landed or looked_at is None or (stop and stop.reason is not Reason.BUDGET):
            new, moved = looked_at != core.position, core.position > start
            event = stop_here(debuggee, stop, new=new, moved=moved)
            if event is None and stop and stop.reason is Reason.MAX_CYCLES:
                event = debuggee.here(Reason.MAX_CYCLES)
            if event is None and (landed or looked_at is None):
                event = compare_here(debuggee) or (debuggee.here(Reason.BUDGET) if landed else None)
            if event is not None:
                return event
            looked_at = core.position
        budget = bundles - (core.position - start)
        stop = _execute(debuggee, budget, looked_at, max_cycles)
        if stop.fault and is_compare(stop.fault) and core.position == start == looked_at:
            stop = _candidate(debuggee.pass_compare())
        yield


def _execute(
    debuggee: Debuggee, budget: int, looked_at: int | None, max_cycles: int = NO_LIMIT
) -> Stop:
    """Run to the next candidate, or a stretch on.

    A candidate is a stop of the core, a cycle that is waited for, and where words were set.
    """
    core = debuggee.core
    edit, waited = core.next_edit, debuggee.next_cycle()
    limit = max_cycles if waited is None else min(max_cycles, waited - 1)
    stop = debuggee.run_stretch(budget, limit, check_first=core.position != looked_at)
    if stop.reason is Reason.MAX_CYCLES and limit < max_cycles:
        # The bundle that takes the cycle to the one waited for.
        return _candidate(
            debuggee.run_stretch(1, max_cycles, check_first=core.position != looked_at)
        )
    return _candidate(stop) if stop.position == edit else stop


def _candidate(stop: Stop) -> Stop:
    """The stop as one to be looked at, although the core came to its end of budget."""
    return stop._replace(reason=Reason.BREAKPOINT) if stop.reason is Reason.BUDGET else stop


# back


FIRST_STRETCH = 64
"""Bundles that are gone over first."""
MOST_FOUND = 1024
"""Stops of a stretch that are kept."""


@dataclass
class _Met:
    """What holds at one position, found while going back."""

    position: int
    hits: list[Hit] = field(default_factory=list)
    fault: Fault | None = None
    paused: bool = False


class _Found:
    """The last stops of a stretch, in order; `forgotten` where there were more before."""

    def __init__(self) -> None:
        self.stops: deque[_Met] = deque(maxlen=MOST_FOUND)
        self.forgotten = False

    def at(self, position: int) -> _Met:
        """What is noted at a position, which is the last one so far or comes after it."""
        if not self.stops or self.stops[-1].position != position:
            self.forgotten |= len(self.stops) == MOST_FOUND
            self.stops.append(_Met(position))
        return self.stops[-1]


def back(debuggee: Debuggee, floor: int = -NO_LIMIT, *, extra: Sequence[Breakpoint] = ()) -> Move:
    """To the last stop before here, or to the position `floor` where there is none after it."""
    end, lowest = debuggee.core.position, max(floor, 0)
    length = FIRST_STRETCH
    while end > lowest:
        first = max(end - length, lowest)
        found = yield from _find_stops(debuggee, first, end, extra)
        for met in reversed(found.stops):
            hits = debuggee.count(met.hits)
            if hits or met.fault or met.paused:
                yield from debuggee.seek(met.position)
                return _event_back(debuggee, hits, met)
        if found.forgotten:
            first = found.stops[0].position
        length = 2 * (end - first)
        end = first
    yield from debuggee.seek(lowest)
    cut_short = NO_MORE_HISTORY if floor < 0 else ""
    return debuggee.here(Reason.BUDGET, cut_short=cut_short)


def _event_back(debuggee: Debuggee, hits: list[Hit], met: _Met) -> StopEvent:
    stop = Stop(Reason.PAUSE, 0, 0, 0) if met.paused else None
    reason = reason_of(debuggee, stop, hits, met.fault)
    assert reason is not None
    return debuggee.here(reason, hits=tuple(hits), fault=met.fault)


def _find_stops(
    debuggee: Debuggee, first: int, end: int, extra: Sequence[Breakpoint]
) -> Generator[None, None, _Found]:
    """The stops at positions first:end, by going over them once more."""
    core, found = debuggee.core, _Found()
    yield from debuggee.seek(first)
    debuggee.arm(extra)
    _note_before(debuggee, found)
    looked_at = first
    while core.position < end:
        stop = _execute(debuggee, end - core.position, looked_at)
        if stop.fault:
            if core.position != looked_at:
                _note_before(debuggee, found)
            found.at(core.position).fault = stop.fault
            stop = _candidate(debuggee.pass_compare())
        if stop.reason is not Reason.BUDGET:
            _note_after(debuggee, found)
            if core.position < end:
                _note_before(debuggee, found)
            looked_at = core.position
        yield
    return found


def _note_before(debuggee: Debuggee, found: _Found) -> None:
    """Note what stops at this position before its bundle."""
    hits = debuggee.met_before()
    paused = debuggee.pauses and debuggee.core.state is State.PAUSED
    if hits or paused:
        met = found.at(debuggee.core.position)
        met.hits += hits
        met.paused = paused


def _note_after(debuggee: Debuggee, found: _Found) -> None:
    """Note what the bundle that led here does to watched words, at the position before it."""
    hits = debuggee.met_after()
    if hits:
        met = found.at(debuggee.core.position - 1)
        met.hits[:0] = hits


# to places in time


def to_position(debuggee: Debuggee, position: int) -> Move:
    stop = yield from debuggee.seek(max(position, 0))
    return _came(debuggee, stop, NO_MORE_HISTORY if position < 0 else "")


def to_cycle(debuggee: Debuggee, cycle: int) -> Move:
    stop = yield from debuggee.seek_cycle(max(cycle, 0))
    return _came(debuggee, stop, NO_MORE_HISTORY if cycle < 0 else "")


def to_end(debuggee: Debuggee) -> Move:
    stop = yield from debuggee.seek(NO_LIMIT)
    return replace(_came(debuggee, stop), cut_short="")


def to_part(debuggee: Debuggee, percent: float) -> Move:
    """To so many hundredths of all cycles."""
    yield from debuggee.seek(NO_LIMIT)
    return (yield from to_cycle(debuggee, int(debuggee.core.cycle * percent / 100)))


def look_at_cycle(debuggee: Debuggee, cycle: int) -> Move:
    """What is at the first position of a cycle, or where the program ends before; and back here."""
    home = debuggee.core.position
    yield from debuggee.seek_cycle(cycle)
    event = debuggee.here(Reason.BUDGET)
    yield from debuggee.seek(home)
    return event


def _came(debuggee: Debuggee, stop: Stop | None, cut_short: str = "") -> StopEvent:
    """The stop event of a search in time, which `stop` may have kept from its target."""
    if stop and stop.fault:
        return debuggee.here(Reason.FAULT, fault=stop.fault)
    if stop:
        cut_short = debuggee.end_message
    return debuggee.here(ending(debuggee) if debuggee.ended else Reason.BUDGET, cut_short=cut_short)
