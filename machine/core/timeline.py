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
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from machine.access import ACCESS, AccessKind
from machine.core.signals import ctrl_c_held_back
from machine.core.words import Words
from machine.model import BREAK_AFTER, NO_LIMIT, Checkpoint, Model
from machine.program import Bundle, Program
from machine.stops import Commit, Reason, State, Stop

BREAK_BEFORE_READ = 1
"""Flags for a word of memory: stop a run before the bundle that reads it, and so on."""
BREAK_BEFORE_WRITE = 2
BREAK_AFTER_READ = 4
BREAK_AFTER_WRITE = 8
_FLAGS_MET = {
    AccessKind.READ: BREAK_BEFORE_READ | BREAK_AFTER_READ,
    AccessKind.WRITE: BREAK_BEFORE_WRITE | BREAK_AFTER_WRITE,
}
_BEFORE = BREAK_BEFORE_READ | BREAK_BEFORE_WRITE
_AFTER = BREAK_AFTER_READ | BREAK_AFTER_WRITE
KEPT_BYTES = 48 * 2**20
"""What the kept states may take; the rest of some 64 MB is for what can be undone at once."""
UNDONE_AT_ONCE = 2000
"""Bundles; the widest take some 6 kB each. What lies further back is executed again."""
_BYTES_A_WORD = 16
_FEWEST_KEPT = 2
STRETCH = 2000
"""Bundles between two looks at interrupts and Ctrl+C: a tenth of a second of the densest."""

GoesOn = Callable[[], bool]


def _always() -> bool:
    return True


class _Kept(NamedTuple):
    """A state to come back to. Where it was `edited` no other way leads to it."""

    position: int
    cycle: int
    state: Checkpoint
    visits: array[int] | None
    edited: bool


Touch = tuple[int, int, int]
"""The scratch word that holds an address, how many words of memory from there on, and the flags
that may stop it."""


def _touches_of(bundle: Bundle) -> Iterator[Touch]:
    for slot in bundle:
        access = ACCESS[slot.opcode.code]
        address = access.address_word(slot.operands)
        if address is not None and access.memory:
            yield address, access.lanes, _FLAGS_MET[access.memory]


class ModelCore:
    """The model, with a timeline around it and with flags for memory.

    The model alone executes, so that nothing is paid for each bundle; only where a word of memory
    is flagged each bundle is looked at before.
    """

    def __init__(
        self, program: Program, memory: Iterable[int], *, history: int = 0, **options: Any
    ) -> None:
        self._program = program
        self._keeps = history > 0
        self._most_undone = max(history, 1)
        # One more than can be undone at once: a flag for memory may take the last bundle back.
        remembered = min(self._most_undone, UNDONE_AT_ONCE) + 1
        self._model = Model(program, memory, history=remembered, **options)
        self._scratch = self._words(self._model.scratch)
        self._memory = self._words(self._model.memory)
        self._memory_flags: bytearray | None = None
        self._touches: dict[int, list[Touch]] = {}
        self._touched = 0
        self._interrupted = False
        self._led_to_edits: dict[int, Commit | None] = {}
        self._most_kept = max(KEPT_BYTES // (_BYTES_A_WORD * self._kept_words()), _FEWEST_KEPT)
        # Where memory is large, copying it must stay cheap beside executing.
        self.set_interval(max(1000, len(self._memory) // 8))

    def _words(self, words: list[int]) -> Words | list[int]:
        """The words as they can be set by hand; without history nobody needs to know of it."""
        return Words(words, self._before_edit) if self._keeps else words

    def _kept_words(self) -> int:
        return len(self._scratch) + len(self._memory) + len(self.visits or ())

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

    # The state.

    @property
    def pc(self) -> int:
        """Index of the next bundle."""
        return self._model.pc

    @pc.setter
    def pc(self, pc: int) -> None:
        self._before_edit()
        self._model.pc = pc
        if self.state is State.STOPPED:
            self._model.become(State.RUNNING)

    @property
    def cycle(self) -> int:
        """Cycles so far."""
        return self._model.cycle

    @property
    def position(self) -> int:
        """Bundles executed so far."""
        return self._model.position

    @property
    def state(self) -> State:
        """Running, paused or stopped."""
        return self._model.state

    @property
    def scratch(self) -> Words | list[int]:
        """The words of scratch."""
        return self._scratch

    @property
    def memory(self) -> Words | list[int]:
        """The words of memory."""
        return self._memory

    @property
    def trace(self) -> list[int]:
        """The words written to the trace buffer."""
        return self._model.trace

    @property
    def visits(self) -> array[int] | None:
        """How often each pc was executed, up to here; None where that is not counted."""
        return self._model.visits

    @property
    def flags(self) -> bytearray:
        """One byte a pc: BREAK_BEFORE and BREAK_AFTER stop a run there."""
        return self._model.flags

    @property
    def memory_flags(self) -> bytearray:
        """One byte a word of memory: stop before or after the bundle that reads or writes it."""
        if self._memory_flags is None:
            self._memory_flags = bytearray(len(self._memory))
        return self._memory_flags

    @property
    def debug(self) -> bool:
        """Whether compares are checked."""
        return self._model.debug

    @debug.setter
    def debug(self, debug: bool) -> None:
        self._model.debug = debug

    @property
    def pauses(self) -> bool:
        """Whether a pause is more than its cycle."""
        return self._model.pauses

    @pauses.setter
    def pauses(self, pauses: bool) -> None:
        self._model.pauses = pauses

    @property
    def reference(self) -> Mapping[Any, int] | None:
        """The values for compares, by key; None where compares are passed over."""
        return self._model.reference

    @reference.setter
    def reference(self, reference: Mapping[Any, int] | None) -> None:
        self._model.reference = reference

    # Forward.

    def interrupt(self) -> None:
        """End the run under way, or the next one, at its next look around."""
        self._interrupted = True

    def run(self, budget: int, max_cycles: int = NO_LIMIT, *, check_first: bool = False) -> Stop:
        """As `machine.model.Model.run`.

        A handler of Ctrl+C may raise; the machine then stands between two bundles.
        """
        end = self.position + budget
        with self._at_work() as goes_on:
            while True:
                first = self.position
                stop = self._run_heeding(self._look_before(end) - first, max_cycles, check_first)
                self._arrive(self.position - first)
                ended = stop.reason is not Reason.BUDGET or self.position >= end
                if ended or not goes_on():
                    return stop
                check_first = True

    @contextmanager
    def _at_work(self) -> Iterator[GoesOn]:
        """What is to be asked between two stretches: whether to go on. It may raise there."""
        with ctrl_c_held_back() as let_through:

            def goes_on() -> bool:
                let_through()
                interrupted, self._interrupted = self._interrupted, False
                return not interrupted

            if self._unsettled:
                self._unsettled = False
                self._keep(edited=self.position > self._origin)
            try:
                yield goes_on
            finally:
                self._forget_edits()

    def _look_before(self, end: int) -> int:
        """Where the stretch from here on ends: to keep the state there, or to look around."""
        following = self._kept[-1].position + self._interval if self._keeps else NO_LIMIT
        stretch = self.position + STRETCH
        return min(end, stretch, following if following > self.position else NO_LIMIT)

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

    # Where memory is flagged.

    def _run_heeding(self, budget: int, max_cycles: int, check_first: bool) -> Stop:
        """Run and heed all flags."""
        self._touched = 0
        flags = self._memory_flags
        if flags is not None and flags.count(0) < len(flags):
            return self._run_watching(budget, max_cycles, check_first)
        return self._model.run(budget, max_cycles, check_first=check_first)

    def _run_watching(self, budget: int, max_cycles: int, check_first: bool) -> Stop:
        model = self._model
        end = model.position + budget
        stop = model.run(0)
        while model.position < end and stop.reason is Reason.BUDGET:
            position, touched = model.position, self._flags_touched()
            stop = model.run(1, max_cycles, check_first=check_first)
            if model.position == position:
                break
            # Only now: where the bundle faults, no flag of memory is met.
            if touched & _BEFORE and check_first:
                model.undo()
                return self._here(Reason.BREAKPOINT)
            self._touched = touched
            check_first = True
            if stop.reason is Reason.BUDGET and touched & _AFTER:
                return self._here(Reason.WATCHPOINT)
        return stop

    def _flags_touched(self) -> int:
        """The flags for what the next bundle does to memory, of all words that it reaches."""
        assert self._memory_flags is not None
        found = 0
        for address, lanes, kinds in self._touches_of(self.pc):
            start = self._model.scratch[address]
            for flags in self._memory_flags[start : start + lanes]:
                found |= flags & kinds
        return found

    def _touches_of(self, pc: int) -> list[Touch]:
        if pc not in self._touches and pc < len(self._program):
            self._touches[pc] = list(_touches_of(self._program.bundle(pc)))
        return self._touches.get(pc, [])

    def _here(self, reason: Reason) -> Stop:
        return Stop(reason, self.pc, self.cycle, self.position)

    # By hand.

    def _before_edit(self) -> None:
        """What comes after this position is another story from now on."""
        if not self._keeps:
            return
        here = self.position
        if here not in self._led_to_edits:
            self._led_to_edits[here] = self.last_commit()
        self._kept = [kept for kept in self._kept if kept.position < here]
        self._model.forget()
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

    def checkpoint(self) -> Checkpoint:
        """A copy of the whole state."""
        return self._model.checkpoint()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what a checkpoint holds. What could be undone before is forgotten."""
        with ctrl_c_held_back():
            self._model.restore(checkpoint)
            self._restart()

    def last_commit(self) -> Commit | None:
        """What the last bundle did; None at the start and beyond what can be undone."""
        if self.position in self._led_to_edits:
            return self._led_to_edits[self.position]
        if self._reach == 0:
            return None
        commit = self._model.last_commit()
        if commit is None and self._keeps:
            with self._at_work():
                self._recall()
            commit = self._model.last_commit()
        return commit

    def _recall(self) -> None:
        """Execute the last bundle again, so that it is remembered."""
        here, reach = self.checkpoint(), self._reach
        self._load(self._nearest(here.position - 1))
        self._run_quietly(here.position)
        self._model.become(here.state)  # a pause at the end may have been passed since
        self._reach = reach

    def undo(self) -> Commit | None:
        """Take back the last bundle and return what it had done; None where none is remembered."""
        with self._at_work():
            commit = self.last_commit()
            if commit is not None:
                reach = max(self._reach - 1, 0)
                if not self._model.undo():
                    self._go(self.position - 1)
                self._reach = reach
        return commit

    def seek(self, position: int) -> Stop:
        """As `machine.core.compiled.CompiledCore.seek`."""
        with self._at_work() as goes_on:
            return self._go(position, goes_on)

    def _go(self, position: int, goes_on: GoesOn = _always) -> Stop:
        nearest = self._nearest(position)
        if position < self.position:
            if nearest is None:
                raise ValueError(f"position {position} lies before all history")
            if not self._undo_to(position, nearest):
                self._load(nearest)
        elif nearest and nearest.position > self.position:
            self._load(nearest)
        return self._run_quietly(position, goes_on=goes_on)

    def _undo_to(self, position: int, nearest: _Kept) -> bool:
        """Undo bundles where they are remembered and that is the shorter way."""
        if self.position - position > position - nearest.position:
            return False
        while self.position > position and self._model.undo():
            pass
        return self.position == position

    def _nearest(self, position: int) -> _Kept | None:
        count = bisect_right(self._kept, position, key=_position)
        return self._kept[count - 1] if count else None

    def _load(self, kept: _Kept | None) -> None:
        assert kept is not None
        self._model.restore(kept.state)
        if self.visits is not None and kept.visits is not None:
            self.visits[:] = kept.visits

    def seek_cycle(self, cycle: int) -> Stop:
        """As `machine.core.compiled.CompiledCore.seek_cycle`."""
        with self._at_work() as goes_on:
            count = bisect_right(self._kept, cycle - 1, key=_cycle)
            back = self.cycle >= cycle
            if back and (not self._kept or self._kept[0].cycle > cycle):
                raise ValueError(f"cycle {cycle} lies before all history")
            nearest = self._kept[max(count - 1, 0)] if self._kept else None
            if back or (nearest and nearest.position > self.position):
                self._load(nearest)
            stop = self._run_quietly(NO_LIMIT, cycle, goes_on)
            nearest = self._nearest(self.position)
            if nearest and nearest.edited and nearest.position == self.position:
                self._load(nearest)
        return stop._replace(pc=self.pc)

    def _run_quietly(self, position: int, cycle: int = NO_LIMIT, goes_on: GoesOn = _always) -> Stop:
        """Run on to a position, or the first position of a cycle, past all stops but faults."""
        stop = self._here(Reason.BUDGET)
        with self._undisturbed() as compares:
            while self.position < position and self.cycle < cycle:
                known = self.position < self.frontier
                self.debug = compares and not known
                stop = self._run_stretch(min(position, self.frontier) if known else position, cycle)
                self._arrive()
                if stop.reason in (Reason.END, Reason.HALT, Reason.FAULT) or not goes_on():
                    break
        arrived = self.position >= position or self.cycle >= cycle
        return self._here(Reason.BUDGET) if arrived else stop

    def _run_stretch(self, position: int, cycle: int) -> Stop:
        end = self._look_before(position)
        stop = self._model.run(end - self.position, cycle - 1)
        # The bundle that takes the machine to the cycle.
        return self._model.run(1) if stop.reason is Reason.MAX_CYCLES else stop

    @contextmanager
    def _undisturbed(self) -> Iterator[bool]:
        """Without stops; whether compares are checked otherwise."""
        model = self._model
        flags, debug = model.flags, model.debug
        model.flags = bytearray(len(flags))
        try:
            yield debug
        finally:
            model.flags, model.debug = flags, debug
            if self._kept:
                self._reach = min(self.position - self._origin, self._most_undone)

    def last_flagged_before(self, position: int) -> int | None:
        """As `machine.core.compiled.CompiledCore.last_flagged_before`."""
        if not self._keeps:
            return None
        with self._at_work() as goes_on:
            here = self._kept_here()
            end = min(position, self.frontier)
            try:
                for kept in reversed(self._kept):
                    if kept.position < end:
                        self._load(kept)
                        found = self._scan(end)
                        if found is not None:
                            return found
                        end = kept.position
                    goes_on()
            finally:
                self._load(here)
        return None

    def _scan(self, end: int) -> int | None:
        found = None
        debug, self.debug = self.debug, False
        check_first = True
        while self.position < end:
            stop = self._run_heeding(end - self.position, NO_LIMIT, check_first)
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
        last = self._model.last_commit() if stop.reason in (Reason.PAUSE, Reason.HALT) else None
        return last is not None and bool(
            self.flags[last.pc] & BREAK_AFTER or self._touched & _AFTER
        )


def _position(kept: _Kept) -> int:
    return kept.position


def _cycle(kept: _Kept) -> int:
    return kept.cycle
