"""Time: a core that can be at any position of its run.

    run            on, as the core does, in stretches
    seek           to a position, or to the first position of a cycle, either way
    undo           back by one bundle

The core takes back the bundles it has a record of. What lies further back is executed again, from
the nearest keyframe: a state saved whole, some thousand bundles apart, from the start of the run
on. When keyframes would take more than `KEYFRAME_BYTES`, every other one goes.

Words and a pc set by hand are a part of history. The state after such an edit is a keyframe, for
nothing else leads to it: who goes back before it has the words of before, who comes to it again
has the edit again. An edit forgets what was known past its position.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Any, NamedTuple

from machine.conditions import Trap
from machine.core import CoreChoice
from machine.core.words import Words
from machine.interrupts import deferred_sigint
from machine.program import Program
from machine.protocol import NO_LIMIT, Checkpoint, Core
from machine.stops import ENDINGS, Commit, Reason, State, Stop

KEYFRAME_BYTES = 64 * 2**20
"""What all keyframes together may take."""
_FEWEST_KEYFRAMES = 2
UNDONE_AT_ONCE = 2000
"""Bundles that a core is asked to remember at most; what lies further back is executed again."""
_DEAD = ENDINGS | {Reason.FAULT}

GoesOn = Callable[[], bool]


def _on() -> bool:
    return True


def _nothing() -> None:
    pass


class Keyframe(NamedTuple):
    """A state to come back to. Where it was `edited`, `led` is what the bundle before it did."""

    position: int
    cycle: int
    saved: Any
    edited: bool
    led: Commit | None


class Timeline:
    """A core with its history; what the two have in common means the same.

    `history` is how many bundles can be undone; 0 keeps nothing but the last one, and then there is
    no way to a position before.
    """

    @classmethod
    def on(
        cls,
        choice: CoreChoice,
        program: Program,
        memory: Iterable[int],
        *,
        history: int = 0,
        **options: Any,
    ) -> Timeline:
        """A machine on the core that was chosen, with a program and memory, at its start.

        The options are those of `machine.model.Model`.
        """
        remembered = min(history, UNDONE_AT_ONCE)
        return cls(choice.make_core(program, memory, history=remembered, **options), history)

    def __init__(self, core: Core, history: int) -> None:
        self.core = core
        self._keeps = history > 0
        self._most_undone = max(history, 1)
        self._interrupted = False
        self._work = Lock()
        self._let_through: Callable[[], None] = _nothing
        self._scratch = Words(core.scratch, self._before_edit)
        self._memory = Words(core.memory, self._before_edit)
        self.set_interval(core.keyframe_interval)

    def set_interval(self, bundles: int) -> None:
        """Have so many bundles between keyframes, at least 1; history restarts here."""
        if bundles < 1:
            raise ValueError("keyframes are at least one bundle apart")
        self._interval = bundles
        self._start_history()

    def _start_history(self) -> None:
        self._frontier = self._undoable_from = self.position
        self.keyframes: list[Keyframe] = []
        self._edits: list[int] = []
        self._edit_unsaved = False
        self._commit_before_edit: Commit | None = None
        if self._keeps:
            self._keep()

    # The state.

    @property
    def pc(self) -> int:
        """Index of the next bundle."""
        return self.core.pc

    @pc.setter
    def pc(self, pc: int) -> None:
        self._before_edit()
        self.core.jump(pc)

    @property
    def cycle(self) -> int:
        """Cycles so far."""
        return self.core.cycle

    @property
    def position(self) -> int:
        """Bundles executed so far."""
        return self.core.position

    @property
    def state(self) -> State:
        """Running, paused or stopped."""
        return self.core.state

    @property
    def scratch(self) -> Words:
        """The words of scratch."""
        return self._scratch

    @property
    def memory(self) -> Words:
        """The words of memory."""
        return self._memory

    @property
    def trace(self) -> Sequence[int]:
        """The words written to the trace buffer."""
        return self.core.trace

    @property
    def visits(self) -> Sequence[int] | None:
        """How often each pc was executed, up to here; None where that is not counted."""
        return self.core.visits

    @property
    def flags(self) -> bytearray:
        """One byte a pc: BREAK_BEFORE and BREAK_AFTER stop a run there."""
        return self.core.flags

    @property
    def memory_flags(self) -> bytearray:
        """One byte a word of memory: stop before or after the bundle that reads or writes it."""
        return self.core.memory_flags

    def set_traps(self, traps: Sequence[Trap]) -> None:
        """Have flags stop a run only where one of these may be met; none, and each flag does."""
        self.core.set_traps(traps)

    @property
    def debug(self) -> bool:
        """Whether compares are checked."""
        return self.core.debug

    @debug.setter
    def debug(self, debug: bool) -> None:
        self.core.debug = debug

    @property
    def pauses(self) -> bool:
        """Whether a pause is more than its cycle."""
        return self.core.pauses

    @pauses.setter
    def pauses(self, pauses: bool) -> None:
        self.core.pauses = pauses

    @property
    def reference(self) -> Mapping[Any, int] | None:
        """The values for compares, by key; None where compares are passed over."""
        return self.core.reference

    @reference.setter
    def reference(self, reference: Mapping[Any, int] | None) -> None:
        self.core.reference = reference

    @property
    def stretch(self) -> int:
        """Bundles that take a tenth of a second at most."""
        return self.core.stretch

    # Forward.

    def interrupt(self) -> None:
        """End the run under way in another thread, or the next one, at its next look around."""
        self._interrupted = True

    def run(self, budget: int, max_cycles: int = NO_LIMIT, *, check_first: bool = False) -> Stop:
        """Execute at most `budget` bundles and at most to cycle `max_cycles`; say why it stopped.

        Other threads run meanwhile. A handler of Ctrl+C may raise; the machine then stands between
        two bundles.
        """
        with self._alone():
            end = self.core.position + budget
            while True:
                stop = self._execute(end, max_cycles, check_first=check_first)
                arrived = stop.reason is not Reason.BUDGET or stop.position >= end
                if arrived or not self._goes_on():
                    return stop
                check_first = True

    def _alone(self, *, edit: bool = False) -> AbstractContextManager[Any]:
        """To be held while the core moves, with what was set by hand saved.

        Ctrl+C waits where its handler, which may raise, could find something half done: at an edit,
        within a bundle of a core in Python, between a position and what was set there. Raises
        RuntimeError where another thread is at it.
        """
        if self._work.locked():
            raise RuntimeError("the machine is running in another thread")
        if self._edit_unsaved:
            self._keep(edited=True, led=self._commit_before_edit)
            self._edit_unsaved = False
        waits = edit or self._edits or not self.core.atomic
        return self._uninterrupted() if waits else self._work

    @contextmanager
    def _uninterrupted(self) -> Iterator[None]:
        with self._work, deferred_sigint() as let_through:
            self._let_through = let_through
            try:
                yield
            finally:
                self._let_through = _nothing

    def _goes_on(self) -> bool:
        """Between two stretches: whether nobody has called `interrupt`. Ctrl+C may raise here."""
        self._let_through()
        interrupted, self._interrupted = self._interrupted, False
        return not interrupted

    @property
    def frontier(self) -> int:
        """The greatest position known on this line of history."""
        return max(self._frontier, self.core.position)

    def _note_how_far(self) -> None:
        """To be done before going back; on the way forward the core's position says it."""
        position = self.core.position
        self._undoable_from = max(self._undoable_from, position - self._most_undone)
        self._frontier = max(self._frontier, position)

    def _execute(
        self, end: int, max_cycles: int, *, check_first: bool = False, heed: bool = True
    ) -> Stop:
        """Execute a stretch: to a position, a keyframe or a look around, whatever comes first."""
        before = self.core.position
        most = min(end, self._stretch_end())
        stop = self.core.run(most - before, max_cycles, check_first=check_first, heed=heed)
        return self._put_edit_in_place(stop) if self._edits and stop.position > before else stop

    def _stretch_end(self) -> int:
        here = self.core.position
        keyframe_due = self.keyframes[-1].position + self._interval if self.keyframes else NO_LIMIT
        if keyframe_due <= here:
            self._keep()
            keyframe_due = here + self._interval
        most = min(here + self.core.stretch, keyframe_due)
        return min(most, self.next_edit) if self._edits else most

    def _put_edit_in_place(self, stop: Stop) -> Stop:
        """Where this position was edited, become that state; a halt may have been taken back."""
        edited = self._edited_state()
        if edited is None:
            return stop
        self.core.load(edited.saved)
        revived = stop.reason is Reason.HALT and self.state is not State.STOPPED
        return stop._replace(pc=self.pc, reason=Reason.BUDGET if revived else stop.reason)

    # Keyframes.

    def _keep(self, *, edited: bool = False, led: Commit | None = None) -> None:
        core = self.core
        self.keyframes.append(Keyframe(core.position, core.cycle, core.save(), edited, led))
        self._thin_out()

    def _thin_out(self) -> None:
        """Where they take too much, let every other one go, but for the first."""
        count = len(self.keyframes)
        if count > _FEWEST_KEYFRAMES and count > KEYFRAME_BYTES // self.core.saved_bytes:
            numbered = enumerate(self.keyframes)
            self.keyframes = [kept for i, kept in numbered if i % 2 == 0 or kept.edited]
            self._interval *= 2

    def _keyframe_to(self, position: int) -> Keyframe | None:
        """The last one at or before a position; of two at one position the edited one."""
        count = bisect_right(self.keyframes, position, key=_position)
        return self.keyframes[count - 1] if count else None

    def _forget_past(self, position: int) -> None:
        """Keep what leads to a position as it was before anything was set there."""
        self.keyframes = [
            kept
            for kept in self.keyframes
            if kept.position < position or (kept.position == position and not kept.edited)
        ]
        self._edits = [at for at in self._edits if at < position]
        self._frontier = position

    # By hand.

    @property
    def edits(self) -> int:
        """At how many positions words or the pc were set by hand."""
        return len(self._edits)

    @property
    def next_edit(self) -> int:
        """The first position past here at which something was set by hand; NO_LIMIT for none."""
        following = bisect_right(self._edits, self.position)
        return self._edits[following] if following < len(self._edits) else NO_LIMIT

    def _edited_state(self) -> Keyframe | None:
        """The keyframe of this position where it was edited."""
        return self._keyframe_to(self.position) if self.position in self._edits else None

    def _before_edit(self) -> None:
        """What comes after this position is another story from now on."""
        here = self.position
        if not self._keeps or self._edit_unsaved:
            return
        with self._alone(edit=True):
            self._commit_before_edit = self._last_commit()
            self.core.forget()
            self._forget_past(here)
            self._edits.append(here)
            self._edit_unsaved = True

    def restart(self) -> None:
        """Become the start of history, as it was before anything was set by hand."""
        with self._alone():
            self._note_how_far()
            if self._edits:
                self._forget_past(self._edits[0])
            if self.keyframes:
                self.core.load(self.keyframes[0].saved)

    # Back, and anywhere.

    def checkpoint(self) -> Checkpoint:
        """A copy of the whole state."""
        return self.core.checkpoint()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what a checkpoint holds; history starts there."""
        with self._alone(edit=True):
            self.core.restore(checkpoint)
            self._start_history()

    def last_commit(self) -> Commit | None:
        """What the last bundle did; None at the start and beyond what can be undone."""
        with self._alone():
            return self._last_commit()

    def _last_commit(self) -> Commit | None:
        self._note_how_far()
        edited = self._edited_state()
        if edited is not None:
            return edited.led
        if self.position <= self._undoable_from:
            return None
        commit = self.core.last_commit()
        if commit is None and self._keeps:
            self._recall()
            commit = self.core.last_commit()
        return commit

    def _recall(self) -> None:
        """Execute the last bundle again, so that the core has a record of it."""
        here, state, undoable_from = self.position, self.state, self._undoable_from
        with deferred_sigint():
            self._go(here - 1)
            self._run_quietly(here, NO_LIMIT, _on)
            if state is not State.PAUSED:
                self.core.pass_pause()
            self._undoable_from = undoable_from

    def undo(self) -> Commit | None:
        """Take back the last bundle and return what it had done; None where none is remembered."""
        with self._alone():
            commit = self._last_commit()
            if commit is not None and not self.core.take_back(1):
                undoable_from = self._undoable_from
                self._go(self.position - 1)
                self._undoable_from = undoable_from
        return commit

    def seek(self, position: int) -> Stop:
        """Go to a position, back or forth, past breakpoints and pauses.

        The reason is BUDGET on arrival; END, HALT or FAULT where the program ends before. Compares
        count only where nobody has been. Raises ValueError for a position before all history.
        """
        with self._alone():
            return self._go(position, self._goes_on)

    def seek_cycle(self, cycle: int) -> Stop:
        """Go to the first position that has this cycle number; else as `seek`."""
        with self._alone():
            before = bisect_right(self.keyframes, cycle - 1, key=_cycle)
            nearest = self.keyframes[max(before - 1, 0)] if self.keyframes else None
            back = self.cycle >= cycle
            if back and (nearest is None or nearest.cycle > cycle):
                raise ValueError(f"cycle {cycle} lies before all history")
            if nearest and (back or nearest.position > self.position):
                self._load(nearest)
            return self._run_quietly(NO_LIMIT, cycle, self._goes_on)

    def _go(self, position: int, goes_on: GoesOn = _on) -> Stop:
        here, nearest = self.position, self._keyframe_to(position)
        if position < here:
            if nearest is None:
                raise ValueError(f"position {position} lies before all history")
            if not self._take_back_to(position, nearest):
                self._load(nearest)
        elif nearest and nearest.position > here:
            self._load(nearest)
        return self._run_quietly(position, NO_LIMIT, goes_on)

    def _take_back_to(self, position: int, nearest: Keyframe) -> bool:
        """Take bundles back where that is the shorter way, and the core remembers them."""
        self._note_how_far()
        back = self.position - position
        return back <= position - nearest.position and self.core.take_back(back) == back

    def _load(self, keyframe: Keyframe) -> None:
        """Become the state at a keyframe, and with it what was set by hand there."""
        self._note_how_far()
        self.core.load(keyframe.saved)
        edited = self._edited_state()
        if edited and edited is not keyframe:
            self.core.load(edited.saved)

    def _run_quietly(self, position: int, cycle: int, goes_on: GoesOn) -> Stop:
        """Run on to a position, or the first position of a cycle, past all stops but faults."""
        core = self.core
        stop = self._here(Reason.BUDGET)
        debug = core.debug
        try:
            while core.position < position and core.cycle < cycle:
                known = core.position < self.frontier
                core.debug = debug and not known
                end = min(position, self.frontier) if known else position
                stop = self._execute(end, cycle - 1, heed=False)
                if stop.reason is Reason.MAX_CYCLES:  # the bundle that takes it to the cycle
                    stop = self._execute(core.position + 1, NO_LIMIT, heed=False)
                if stop.reason in _DEAD or not goes_on():
                    break
        finally:
            core.debug = debug
            if self.keyframes:
                origin = self.keyframes[0].position
                self._undoable_from = max(origin, core.position - self._most_undone)
        arrived = core.position >= position or core.cycle >= cycle
        return self._here(Reason.BUDGET) if arrived else stop

    def _here(self, reason: Reason) -> Stop:
        return Stop(reason, self.pc, self.cycle, self.position)


def _position(keyframe: Keyframe) -> int:
    return keyframe.position


def _cycle(keyframe: Keyframe) -> int:
    return keyframe.cycle
