"""Time travel for the model: what the compiled core does in its engine, in Python.

The nearest checkpoint, then forward until equal. Checkpoints are kept from the start of the run on,
some thousand bundles apart, where the machine was asked to remember any history at all.

    seek, seek_cycle          to a position, to the first position of a cycle
    last_flagged_before       where going back would stop
    memory_flags              a byte of flags for each word of memory
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

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
_CHECKPOINTS = 256
"""How many are kept before every other one goes."""


class _BreakError(Exception):
    """Raised between the halves of a bundle that touches memory flagged to stop before it."""


class ModelCore(Model):
    """The model, with a timeline and with flags for memory."""

    def __init__(self, program: Program, memory: Iterable[int], **options: Any) -> None:
        super().__init__(program, memory, **options)
        self._keeps = options.get("history", 0) > 0
        self._most_undone = max(options.get("history", 0), 1)
        self._reach = 0
        self._interval = 1000
        self._kept = [self.checkpoint()] if self._keeps else []
        self._frontier = self.position
        self._interrupted = False
        self._memory_flags: bytearray | None = None
        self._touched = 0
        self._pass_over = False
        self._heed_pauses = True

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
        while True:
            first = self.position
            budget = min(end, self._next_checkpoint()) - first
            stop = self._run_watching(budget, max_cycles, check_first)
            self._arrive(self.position - first)
            if stop.reason is not Reason.BUDGET or self.position >= end or self._interrupted:
                self._interrupted = False
                return stop
            check_first = True

    def _next_checkpoint(self) -> int:
        return self._kept[-1].position + self._interval if self._ahead else self.position + 10_000

    @property
    def _ahead(self) -> bool:
        return self._keeps and self.position < self._kept[-1].position + self._interval

    def _arrive(self, executed: int = 0) -> None:
        self._reach = min(self._reach + executed, self._most_undone)
        self._frontier = max(self._frontier, self.position)
        if self._keeps and self.position == self._kept[-1].position + self._interval:
            self._kept.append(self.checkpoint())
            if len(self._kept) > _CHECKPOINTS:
                self._kept = self._kept[::2]
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

    # Back, and anywhere.

    def last_commit(self) -> Commit | None:
        if self._reach == 0:
            return None
        if not self._history and self._keeps:
            self._recall()
        return super().last_commit()

    def undo(self) -> Commit | None:
        commit = super().undo()
        self._reach -= commit is not None
        return commit

    def _recall(self) -> None:
        """Execute the last bundle again, so that it is remembered."""
        position = self.position
        self._come_near(position - 1, bisect_right(self._kept, position - 1, key=_position) - 1)
        self._run_quietly(lambda: self.position < position)

    def restore(self, checkpoint: Checkpoint) -> None:
        super().restore(checkpoint)
        self._reach = 0
        self._frontier = self.position
        if self._keeps:
            self._kept = [checkpoint]

    def seek(self, position: int) -> Stop:
        """As `machine.core.compiled.CompiledCore.seek`."""
        self._come_near(position, bisect_right(self._kept, position, key=_position) - 1)
        return self._run_quietly(lambda: self.position < position)

    def seek_cycle(self, cycle: int) -> Stop:
        """As `machine.core.compiled.CompiledCore.seek_cycle`."""
        nearest = max(bisect_right(self._kept, cycle - 1, key=_cycle) - 1, 0)
        if self._kept and self._kept[0].cycle > cycle:
            raise ValueError(f"cycle {cycle} lies before all history")
        back = self.cycle >= cycle
        self._come_near(-1 if back else self.position, nearest)
        return self._run_quietly(lambda: self.cycle < cycle)

    def _come_near(self, position: int, nearest: int) -> None:
        if self._kept and nearest >= 0:
            kept = self._kept[nearest]
            if position < self.position or kept.position > self.position:
                super().restore(kept)
        elif position < self.position:
            raise ValueError(f"position {position} lies before all history")

    def _run_quietly(self, missing: Any) -> Stop:
        with self._undisturbed():
            while missing():
                self.debug = self._wants_debug and self.position >= self._frontier
                stop = super().run(1)
                self._arrive()
                if stop.reason in (Reason.END, Reason.HALT, Reason.FAULT) and missing():
                    break
            else:
                stop = self._stop(Reason.BUDGET)
        if self._kept:
            self._reach = min(self.position - self._kept[0].position, self._most_undone)
        return stop

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
        here, history = self.checkpoint(), self._history.copy()
        end = min(position, self._frontier)
        found = None
        for kept in reversed(self._kept):
            if kept.position < end and found is None:
                super().restore(kept)
                found = self._scan(end)
                end = kept.position
        super().restore(here)
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


def _position(checkpoint: Checkpoint) -> int:
    return checkpoint.position


def _cycle(checkpoint: Checkpoint) -> int:
    return checkpoint.cycle
