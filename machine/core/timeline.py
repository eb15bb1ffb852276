"""Time travel for the model: what the compiled core does in its engine, in Python.

The nearest state that is kept, then forward until equal. States are kept from the start of the run
on, some thousand bundles apart, where the machine was asked to remember any history at all; when
they would take more than `KEPT_BYTES`, every other one goes.

    seek, seek_cycle          to a position, to the first position of a cycle
    last_flagged_before       where going back would stop
    memory_flags              a byte of flags for each word of memory

A word or the pc set by hand starts another line of history: what was known past it is forgotten,
and the state is kept, since no other way leads to it. Who goes back before it takes it back.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from machine.model import BREAK_AFTER, NO_LIMIT, Checkpoint, Model
from machine.program import Program
from machine.stops import Commit, Reason, State, Stop

BREAK_BEFORE_READ = 1
"""Flags for a word of memory: stop a run before the bundle that reads it, and so on."""
BREAK_BEFORE_WRITE = 2
BREAK_AFTER_READ = 4
BREAK_AFTER_WRITE = 8
_READS = BREAK_BEFORE_READ | BREAK_AFTER_READ
_WRITES = BREAK_BEFORE_WRITE | BREAK_AFTER_WRITE
_BEFORE = BREAK_BEFORE_READ | BREAK_BEFORE_WRITE
_AFTER = BREAK_AFTER_READ | BREAK_AFTER_WRITE
KEPT_BYTES = 48 * 2**20
"""What the kept states may take; the rest of some 64 MB is for what can be undone at once."""
UNDONE_AT_ONCE = 2000
"""Bundles; the widest take some 8 kB each. What lies further back is executed again."""
_BYTES_A_WORD = 16
_FEWEST_KEPT = 2


class _BreakError(Exception):
    """Raised between the halves of a bundle that touches memory flagged to stop before it."""


class _Kept(NamedTuple):
    """A state to come back to. Where it was `edited` no other way leads to it."""

    position: int
    cycle: int
    state: Checkpoint
    visits: array[int] | None
    edited: bool


class _Words(list[int]):
    """Words that tell before they are set."""

    def __init__(self, words: Iterable[int], before_change: Callable[[], None]) -> None:
        super().__init__(words)
        self._before_change = before_change

    def __setitem__(self, index: Any, value: Any) -> None:
        self._before_change()
        super().__setitem__(index, value)


class ModelCore(Model):
    """The model, with a timeline and with flags for memory."""

    _by_hand = False
    """Whether words that are set now are set by somebody else."""

    def __init__(self, program: Program, memory: Iterable[int], **options: Any) -> None:
        history = options.pop("history", 0)
        super().__init__(program, memory, history=min(history, UNDONE_AT_ONCE), **options)
        self._keeps = history > 0
        if self._keeps:  # without history no edit needs to be known, and plain lists are quicker
            self.scratch = _Words(self.scratch, self._before_change)
            self.memory = _Words(self.memory, self._before_change)
        self._most_undone = max(history, 1)
        self._most_kept = max(KEPT_BYTES // (_BYTES_A_WORD * self._kept_words()), _FEWEST_KEPT)
        self._reach = 0
        self._interrupted = False
        self._memory_flags: bytearray | None = None
        self._touched = 0
        self._pass_over = False
        self._led_to_edits: dict[int, Commit | None] = {}
        self._unsettled = False
        # Where memory is large, copying it must stay cheap beside executing.
        self.set_interval(max(1000, len(self.memory) // 8))
        self._by_hand = True

    def _kept_words(self) -> int:
        return len(self.scratch) + len(self.memory) + (len(self.visits) if self.visits else 0)

    def set_interval(self, bundles: int) -> None:
        """Have so many bundles between states kept, from here on; history restarts."""
        self._interval = bundles
        self._restart()

    def _restart(self) -> None:
        self.frontier = self.position
        self._reach = 0
        self._led_to_edits.clear()
        self._unsettled = False
        self._kept = [self._kept_here()] if self._keeps else []

    @property
    def memory_flags(self) -> bytearray:
        """One byte a word of memory: stop before or after the bundle that reads or writes it."""
        if self._memory_flags is None:
            self._memory_flags = bytearray(len(self.memory))
        return self._memory_flags

    def interrupt(self) -> None:
        """End the run under way, or the next one, at its next look around."""
        self._interrupted = True

    # Forward.

    def run(self, budget: int, max_cycles: int = NO_LIMIT, *, check_first: bool = False) -> Stop:
        end = self.position + budget
        with self._at_work():
            while True:
                first = self.position
                budget = min(end, self._next_look()) - first
                stop = self._run_watching(budget, max_cycles, check_first)
                self._arrive(self.position - first)
                if stop.reason is not Reason.BUDGET or self.position >= end or self._interrupted:
                    self._interrupted = False
                    return stop
                check_first = True

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """What is set meanwhile is set by the machine itself."""
        by_hand, self._by_hand = self._by_hand, False
        try:
            if self._unsettled:
                self._unsettled = False
                self._keep(edited=self.position > self._origin)
            yield
        finally:
            self._by_hand = by_hand

    def _next_look(self) -> int:
        following = self._kept[-1].position + self._interval if self._keeps else 0
        return following if following > self.position else self.position + 10_000

    def _arrive(self, executed: int = 0) -> None:
        self._reach = min(self._reach + executed, self._most_undone)
        self.frontier = max(self.frontier, self.position)
        if self._keeps and self.position >= self._kept[-1].position + self._interval:
            self._keep()

    def _kept_here(self, *, edited: bool = False) -> _Kept:
        visits = None if self.visits is None else self.visits[:]
        return _Kept(self.position, self.cycle, self.checkpoint(), visits, edited)

    def _keep(self, *, edited: bool = False) -> None:
        self._kept.append(self._kept_here(edited=edited))
        if len(self._kept) > self._most_kept:
            self._kept = [kept for i, kept in enumerate(self._kept) if i % 2 == 0 or kept.edited]
            self._interval *= 2

    def _run_watching(self, budget: int, max_cycles: int, check_first: bool) -> Stop:
        if self._memory_flags is None:
            return super().run(budget, max_cycles, check_first=check_first)
        end = self.position + budget
        stop = self._stop(Reason.BUDGET)
        while self.position < end:
            self._touched, self._pass_over = 0, not check_first
            try:
                stop = super().run(1, max_cycles, check_first=check_first)
            except _BreakError:
                return self._stop(Reason.BREAKPOINT)
            check_first = True
            if stop.reason is not Reason.BUDGET:
                return stop
            if self._touched & _AFTER:
                return self._stop(Reason.WATCHPOINT)
        return super().run(0) if self._state is State.STOPPED else stop

    def reach(self, operand: int, address: int, lane: int | None = None) -> int:
        reached = super().reach(operand, address, lane)
        if self._memory_flags is not None:
            # A load has its address at operand 1, a store at operand 0.
            self._touched |= self._memory_flags[reached] & (_READS if operand else _WRITES)
        return reached

    def _commit(self, pc: int, before: State) -> None:
        if self._touched & _BEFORE and not self._pass_over:
            self._forget_staged()
            self._state = before
            raise _BreakError
        super()._commit(pc, before)

    # By hand.

    _pc = 0

    @property
    def pc(self) -> int:
        return self._pc

    @pc.setter
    def pc(self, pc: int) -> None:
        self._before_change()
        self._pc = pc
        if self._by_hand and self._state is State.STOPPED:
            self._state = State.RUNNING

    def _before_change(self) -> None:
        """What comes after this position is another story, if this is somebody else's doing."""
        if not self._by_hand or not self._keeps:
            return
        here = self.position
        if here not in self._led_to_edits:
            self._led_to_edits[here] = self.last_commit()
        self._kept = [kept for kept in self._kept if kept.position < here]
        self._history.clear()
        self.frontier = here
        self._unsettled = True

    def _forget_edits(self) -> None:
        """Whoever goes back before an edit takes it back, and all that came of it."""
        here = self.position
        if not any(at > here for at in self._led_to_edits):
            return
        self._led_to_edits = {at: led for at, led in self._led_to_edits.items() if at <= here}
        first = next(i for i, kept in enumerate(self._kept) if kept.edited and kept.position > here)
        self.frontier = self._kept[first].position
        del self._kept[first:]

    # Back, and anywhere.

    @property
    def _origin(self) -> int:
        return self._kept[0].position if self._kept else self.position

    def last_commit(self) -> Commit | None:
        if self.position in self._led_to_edits:
            return self._led_to_edits[self.position]
        if self._reach == 0:
            return None
        if not self._history and self._keeps:
            with self._at_work():
                self._recall()
        return super().last_commit()

    def undo(self) -> Commit | None:
        with self._at_work():
            commit = self.last_commit()
            if commit is None:
                return None
            reach = self._reach - 1
            if self._history:
                super().undo()
            else:
                self._go(self.position - 1)
            self._reach = reach
            self._forget_edits()
        return commit

    def _recall(self) -> None:
        """Execute the last bundle again, so that it is remembered."""
        position, reach = self.position, self._reach
        self._load(self._nearest(position - 1))
        self._run_quietly(position)
        self._reach = reach

    def restore(self, checkpoint: Checkpoint) -> None:
        with self._at_work():
            super().restore(checkpoint)
        self._restart()

    def seek(self, position: int) -> Stop:
        """As `machine.core.compiled.CompiledCore.seek`."""
        with self._at_work():
            stop = self._go(position)
            self._forget_edits()
        return stop

    def _go(self, position: int) -> Stop:
        nearest = self._nearest(position)
        if position < self.position:
            if nearest is None:
                raise ValueError(f"position {position} lies before all history")
            if not self._undo_to(position, nearest):
                self._load(nearest)
        elif nearest and nearest.position > self.position:
            self._load(nearest)
        return self._run_quietly(position)

    def _undo_to(self, position: int, nearest: _Kept) -> bool:
        """Undo bundles where they are remembered and that is the shorter way."""
        back = self.position - position
        if back > min(len(self._history), position - nearest.position):
            return False
        for _ in range(back):
            super().undo()
        return True

    def _nearest(self, position: int) -> _Kept | None:
        count = bisect_right(self._kept, position, key=_position)
        return self._kept[count - 1] if count else None

    def _load(self, kept: _Kept | None) -> None:
        assert kept is not None
        super().restore(kept.state)
        if self.visits is not None and kept.visits is not None:
            self.visits[:] = kept.visits

    def seek_cycle(self, cycle: int) -> Stop:
        """As `machine.core.compiled.CompiledCore.seek_cycle`."""
        with self._at_work():
            count = bisect_right(self._kept, cycle - 1, key=_cycle)
            back = self.cycle >= cycle
            if back and (not self._kept or self._kept[0].cycle > cycle):
                raise ValueError(f"cycle {cycle} lies before all history")
            nearest = self._kept[max(count - 1, 0)] if self._kept else None
            if back or (nearest and nearest.position > self.position):
                self._load(nearest)
            stop = self._run_quietly(NO_LIMIT, cycle)
            nearest = self._nearest(self.position)
            if nearest and nearest.edited and nearest.position == self.position:
                self._load(nearest)
            self._forget_edits()
        return stop

    def _run_quietly(self, position: int, cycle: int = NO_LIMIT) -> Stop:
        """Run on to a position, or the first position of a cycle, past all stops but faults."""
        stop = self._stop(Reason.BUDGET)
        with self._undisturbed():
            while self.position < position and self.cycle < cycle:
                stop = self._run_stretch(position, cycle)
                self._arrive()
                if stop.reason in (Reason.END, Reason.HALT, Reason.FAULT):
                    break
        if self._kept:
            self._reach = min(self.position - self._kept[0].position, self._most_undone)
        arrived = self.position >= position or self.cycle >= cycle
        return self._stop(Reason.BUDGET) if arrived else stop

    def _run_stretch(self, position: int, cycle: int) -> Stop:
        known = self.position < self.frontier
        self.debug = self._wants_debug and not known
        end = min(position, self._next_look(), self.frontier if known else NO_LIMIT)
        stop = super().run(end - self.position, cycle - 1)
        # The bundle that takes the machine to the cycle.
        return super().run(1) if stop.reason is Reason.MAX_CYCLES else stop

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Without stops, and without compares where the machine has been before."""
        flags, memory_flags, debug = self.flags, self._memory_flags, self.debug
        self.flags, self._memory_flags = bytearray(len(flags)), None
        self._wants_debug, self._touched = debug, 0
        try:
            yield
        finally:
            self.flags, self._memory_flags, self.debug = flags, memory_flags, debug

    def last_flagged_before(self, position: int) -> int | None:
        """As `machine.core.compiled.CompiledCore.last_flagged_before`."""
        with self._at_work():
            here, history = self._kept_here(), self._history.copy()
            end = min(position, self.frontier)
            found = None
            for kept in reversed(self._kept):
                if kept.position < end and found is None:
                    self._load(kept)
                    found = self._scan(end)
                    end = kept.position
            self._load(here)
            self._history = history
        return found

    def _scan(self, end: int) -> int | None:
        found = None
        debug, self.debug = self.debug, False
        check_first = True
        while self.position < end:
            stop = self._run_watching(end - self.position, NO_LIMIT, check_first)
            check_first = stop.reason is not Reason.BREAKPOINT
            if stop.reason is Reason.BREAKPOINT:
                found = self.position
            elif self._last_watched(stop):
                found = self.position - 1
            elif stop.reason is not Reason.PAUSE:
                break
        self.debug = debug
        return found

    def _last_watched(self, stop: Stop) -> bool:
        """Whether the last bundle had a flag to stop after it, even if it paused instead."""
        if stop.reason is Reason.WATCHPOINT:
            return True
        if stop.reason not in (Reason.PAUSE, Reason.HALT) or not self._history:
            return False
        return bool(self.flags[self._history[-1].pc] & BREAK_AFTER or self._touched & _AFTER)


def _position(kept: _Kept) -> int:
    return kept.position


def _cycle(kept: _Kept) -> int:
    return kept.cycle
