"""Time in a session: the core goes back and forth; here are edits, and long ways in slices.

The core knows the past and goes anywhere in it at once. What is ahead has to be executed: the
moves are generators that yield between stretches of bundles, so whoever drives them stays alive
and may drop them there. While they seek, nothing stops them but the end and faults that are no
compares: compares change nothing, so history does without them.

An edit (`set`) belongs to its position: going back over it takes it away, which the core does, and
going forward brings it again, which is done here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from machine.machine import NO_LIMIT, Core
from machine.stops import ENDINGS, Commit, Reason, State, Stop

SLICE = 2048
"""Bundles executed at once at most: some 0.2 ms compiled, and some 50 ms of the model."""
_FIRST_STRETCH = 64
_DEAD = ENDINGS | {Reason.FAULT}

Seeking = Generator[None, None, "Stop | None"]
"""Yields between stretches; returns the stop that kept it from its target, or None."""


class Edit(NamedTuple):
    """Words that a user overwrote: `room` is scratch or memory; or the pc, in room pc."""

    room: str
    start: int
    old: tuple[int, ...]
    new: tuple[int, ...]

    def poke(self, core: Core, words: Sequence[int]) -> None:
        if self.room == "pc":
            (core.pc,) = words
            return
        room = core.memory if self.room == "memory" else core.scratch
        room[self.start : self.start + len(words)] = words


class Timeline:
    """One run of a core, which remembers all of it, from its start."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.edits: dict[int, list[Edit]] = {}
        self.end: Stop | None = None
        """Where the program ends or faults, once that was seen."""
        self._bundles = len(core.flags)

    @property
    def ended(self) -> bool:
        """Whether nothing is left to execute, be it that the last bundle was a pause."""
        core = self.core
        return core.pc >= self._bundles or core.state is State.STOPPED

    # forward

    def run(
        self,
        budget: int,
        max_cycles: int = NO_LIMIT,
        *,
        check_first: bool = False,
        false_alarm: Callable[[], bool] | None = None,
    ) -> Stop:
        """As `Core.run`, for a stretch: it may stop for its budget before that is spent.

        Breakpoints that are a `false_alarm` are passed over at once: there may be very many.
        """
        core, before = self.core, self.core.position
        end = min(before + min(budget, SLICE), self._next_edit())
        stop = core.run(end - before, max_cycles, check_first=check_first)
        while stop.reason is Reason.BREAKPOINT and false_alarm and false_alarm():
            stop = core.run(end - stop.position, max_cycles)
        self._came_from(before, stop)
        return stop

    def run_past_compare(self) -> Stop:
        """Execute the next bundle without its compares."""
        with self._without_compares():
            return self.run(1)

    def _next_edit(self) -> int:
        if not self.edits:
            return NO_LIMIT
        here = self.core.position
        return min((position for position in self.edits if position > here), default=NO_LIMIT)

    def _came_from(self, before: int, stop: Stop) -> None:
        edits = self.edits.get(stop.position, ()) if stop.position > before else ()
        for edit in edits:
            edit.poke(self.core, edit.new)
        if edits and not self.ended:
            return  # it may have been the end before the pc was set
        if stop.reason in _DEAD:
            if not _is_compare(stop):
                self.end = stop
        elif stop.pc >= self._bundles:
            self.end = stop._replace(reason=Reason.END)

    # anywhere

    def seek(self, position: int) -> Seeking:
        """Become the state at a position, or as near as the program goes."""
        while self.core.position != position:
            stop = self._leap(position)
            if stop.reason in _DEAD:
                return stop
            yield
        return None

    def seek_cycle(self, cycle: int) -> Seeking:
        """Become the state at the first position of a cycle, or as near as the program goes."""
        while self.core.cycle < cycle:
            stop = self._leap(NO_LIMIT)
            if stop.reason in _DEAD and self.core.cycle < cycle:
                return stop
            yield
        with self._without_compares():
            self.core.seek_cycle(cycle)
        return None

    def _leap(self, position: int) -> Stop:
        """Come nearer to a position: through what is known at once, beyond that by a slice."""
        core, before = self.core, self.core.position
        known = max(core.frontier, before + SLICE)
        with self._without_compares():
            stop = core.seek(min(position, known, self._next_edit()))
        self._came_from(before, stop)
        return stop

    @contextmanager
    def _without_compares(self) -> Iterator[None]:
        debug, self.core.debug = self.core.debug, False
        try:
            yield
        finally:
            self.core.debug = debug

    @staticmethod
    def stretches(first: int, here: int) -> Iterator[tuple[int, int]]:
        """The positions first:here in pieces, the last one first, each twice as long."""
        length = _FIRST_STRETCH
        while here > first:
            yield max(here - length, first), here
            here -= length
            length *= 2

    # what happened

    def last_commit(self) -> Commit | None:
        """What the bundle before this position did; None at the start."""
        return self.core.last_commit()

    @property
    def fresh(self) -> bool:
        """Whether this is the first position of its cycle."""
        commit = self.last_commit()
        return commit is None or commit.cycle < self.core.cycle

    # edits

    def edit(self, room: str, start: int, words: Sequence[int]) -> Edit:
        """Overwrite words here. What was known past here is forgotten."""
        core, here = self.core, self.core.position
        old = {
            "pc": [core.pc],
            "scratch": core.scratch[start : start + len(words)],
            "memory": core.memory[start : start + len(words)],
        }[room]
        edit = Edit(room, start, tuple(old), tuple(words))
        edit.poke(core, edit.new)
        self.edits = {at: edits for at, edits in self.edits.items() if at <= here}
        self.edits.setdefault(here, []).append(edit)
        self.end = None
        return edit

    def restart(self) -> bool:
        """Become the very start, without edits; whether there were any."""
        edited = bool(self.edits)
        self.core.seek(0)
        # The core takes back what came after its start. What was set there is its start.
        for edit in reversed(self.edits.get(0, [])):
            edit.poke(self.core, edit.old)
        if edited:
            self.edits.clear()
            self.end = None
        return edited


def _is_compare(stop: Stop) -> bool:
    return stop.fault is not None and stop.fault.engine == "debug"
