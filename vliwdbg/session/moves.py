"""Moves: what takes a session from one position to another, and where that was.

A move is driven in slices by whoever started it, and knows nothing of who that is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machine.stops import Fault, Reason

if TYPE_CHECKING:
    from vliwdbg.session.breakpoints import Hit
    from vliwdbg.session.debuggee import Debuggee

SLICE_SECONDS = 0.02
"""Between two looks at whether a move is to go on."""
NO_MORE_HISTORY = "No more reverse-execution history."

Move = Generator[None, None, "StopEvent"]
"""A move under way: it yields between stretches of bundles and returns where it came to."""


@dataclass(frozen=True)
class StopEvent:
    """Where a move ended, and why.

    `reason` BUDGET means that it went as far as it was asked to. `hits` are the breakpoints and
    watchpoints met there. `cut_short` says why it did not get where it was asked to go.
    """

    reason: Reason
    pc: int
    cycle: int
    position: int
    hits: tuple[Hit, ...] = ()
    fault: Fault | None = None
    cut_short: str = ""

    @property
    def label(self) -> str:
        """In a few words: `breakpoint 2`, `watchpoint 3, end`; empty where nothing happened."""
        said = [hit.label for hit in self.hits if hit.breakpoint.number]
        told_by_hits = {Reason.BREAKPOINT, Reason.WATCHPOINT, Reason.BUDGET}
        return ", ".join(said if self.reason in told_by_hits else [*said, self.reason.value])


class Run:
    """A move to be driven in slices, so that whoever drives it stays alive.

    `target` is the cycle it goes to, where that is known. `printed` gathers what dprintf prints;
    whoever shows it empties it. A move that `keeps` its place goes back there when interrupted; one
    that only `looks` comes back in any case, and nobody has arrived anywhere.
    """

    def __init__(
        self,
        debuggee: Debuggee,
        move: Move,
        *,
        keeps: bool = False,
        looks: bool = False,
        target: int | None = None,
    ) -> None:
        self.printed: list[str] = debuggee.printed
        self.target = target
        self.stop_event: StopEvent | None = None
        self._debuggee = debuggee
        self._move = move
        self._looks = looks
        self._home = debuggee.core.position if keeps or looks else None

    def advance(self, seconds: float = SLICE_SECONDS) -> StopEvent | None:
        """Go on for a while; where it ended, once it has.

        Raises DebuggerError if it cannot be done after all.
        """
        deadline = time.monotonic() + seconds
        while self.stop_event is None:
            try:
                next(self._move)
            except StopIteration as done:
                self.stop_event = self._end(done.value)
            if time.monotonic() >= deadline:
                break
        return self.stop_event

    def finish(self, reason_to_end: Callable[[], Reason | None] = lambda: None) -> StopEvent:
        """Go on until it has ended, or a reason to end it is given between two slices."""
        while (stop_event := self.advance()) is None:
            if reason := reason_to_end():
                return self.end(reason)
        return stop_event

    def end(self, reason: Reason) -> StopEvent:
        """End it here; a move to a place of its own ends where it began."""
        self._move.close()
        if self._home is not None:
            self._debuggee.go(self._home)
        self.stop_event = self._end(self._debuggee.here(reason))
        return self.stop_event

    def _end(self, event: StopEvent) -> StopEvent:
        return event if self._looks else self._debuggee.arrive(event)

    @property
    def progress(self) -> float | None:
        """Which part of it is done, 0 to 1; None where nobody knows."""
        end = self._debuggee.end
        target = self.target if self.target is not None else end and end.cycle
        return min(self._debuggee.core.cycle / target, 1.0) if target else None
