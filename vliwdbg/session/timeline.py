"""Time: a core that goes back and forth over one run.

    position  0 . . . . 1024 . . . . 2048 . . here
    kept      #         #            #                  checkpoints, the first at the start
    undo                                  <~~~~         what the core remembers of its last bundles

Back: undo where the core remembers and that is nearer, else the nearest checkpoint before, then
forward until equal. What is kept stays within `BYTES`: when it would not, every other checkpoint
goes. An edit (`set`) belongs to its position: going back over it takes it away, going forward
brings it again, and everything that was known past it is forgotten.

The moves are generators that yield between two stretches of bundles, so whoever drives them
stays alive and may drop them there. While they seek, nothing stops them but the end and faults
that are no compares: compares change nothing, so history does without them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from machine.machine import NO_LIMIT, Checkpoint, Core
from machine.stops import ENDINGS, Commit, Reason, State, Stop

BYTES = 48 * 2**20
"""What checkpoints may take; the rest of the 64 MB is for the core's own undo."""
UNDO = 2000
"""Bundles that the core remembers; the widest take some 8 kB each."""
INTERVAL = 1024
"""Bundles between two checkpoints, at first."""
_BYTES_A_WORD = 16
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
        for address, word in enumerate(words, self.start):
            room[address] = word


class Timeline:
    """One run of a core, from where it stands when given, which is the start."""

    def __init__(self, core: Core, *, interval: int = INTERVAL, limit: int = BYTES) -> None:
        self.core = core
        self.edits: dict[int, list[Edit]] = {}
        # What led to where there are edits: a core forgets it when its words are overwritten.
        self._commits: dict[int, Commit | None] = {}
        self.end: Stop | None = None
        """Where the program ends or faults, once that was seen."""
        self._pristine = core.checkpoint()
        self._kept = [self._pristine]
        # Where memory is large, copying it must stay cheap beside executing.
        self._first_interval = max(interval, len(core.memory) // 8)
        self._interval = self._first_interval
        self._limit = limit

    @property
    def kept(self) -> list[int]:
        """The positions of the checkpoints, in order."""
        return [checkpoint.position for checkpoint in self._kept]

    @property
    def ended(self) -> bool:
        """Whether nothing is left to execute, be it that the last bundle was a pause."""
        core = self.core
        return core.pc >= len(core.flags) or core.state is State.STOPPED

    # forward

    def run(self, budget: int, max_cycles: int = NO_LIMIT, *, check_first: bool = False) -> Stop:
        """As `Core.run`, for a stretch: it may stop for its budget before that is spent."""
        budget = min(budget, self._stretch())
        stop = self.core.run(budget, max_cycles, check_first=check_first)
        self._arrive(stop)
        return stop

    def run_past_compare(self) -> Stop:
        """Execute the next bundle without its compares."""
        debug, self.core.debug = self.core.debug, False
        try:
            return self.run(1)
        finally:
            self.core.debug = debug

    def _stretch(self) -> int:
        """How far to run at once: to the next checkpoint or edit."""
        here = self.core.position
        to_checkpoint = self._interval - here % self._interval
        to_edit = (position - here for position in self.edits if position > here)
        return min(to_checkpoint, *to_edit, to_checkpoint)

    def _arrive(self, stop: Stop) -> None:
        for edit in self.edits.get(self.core.position, ()):
            edit.poke(self.core, edit.new)
        if stop.reason in _DEAD and not _is_compare(stop):
            self.end = stop
        elif self.ended:
            self.end = Stop(Reason.END, self.core.pc, self.core.cycle, self.core.position)
        self._keep()

    def _keep(self) -> None:
        here = self.core.position
        if here % self._interval == 0 and here > self._kept[-1].position:
            self._kept.append(self.core.checkpoint())
            self._thin()

    def _thin(self) -> None:
        while len(self._kept) > 1 and self._bytes() > self._limit:
            self._interval *= 2
            self._kept = [kept for kept in self._kept if kept.position % self._interval == 0]

    def _bytes(self) -> int:
        last = self._kept[-1]
        words = len(last.scratch) + len(last.memory) + len(last.trace)
        return words * _BYTES_A_WORD * len(self._kept)

    # anywhere

    def seek(self, position: int) -> Seeking:
        """Become the state at a position, or as near as the program goes."""
        with self._undisturbed():
            self._come_near(position)
            while self.core.position < position:
                stop = self.run(position - self.core.position)
                if stop.reason in _DEAD:
                    return stop
                yield
        return None

    def seek_cycle(self, cycle: int) -> Seeking:
        """Become the state at the first position of a cycle, or as near as the program goes."""
        if cycle <= 0:
            return (yield from self.seek(0))
        with self._undisturbed():
            self._come_near_cycle(cycle)
            while self.core.cycle < cycle:
                stop = self.run(NO_LIMIT, cycle - 1)
                if stop.reason is Reason.MAX_CYCLES:
                    stop = self.run(1)
                if stop.reason in _DEAD:
                    return stop
                yield
        return None

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Without stop flags and compares."""
        core = self.core
        flags, debug = bytes(core.flags), core.debug
        core.flags[:] = bytes(len(flags))
        core.debug = False
        try:
            yield
        finally:
            core.flags[:] = flags
            core.debug = debug

    def _come_near(self, position: int) -> None:
        """Be at or before a position, at the nearest one known."""
        here = self.core.position
        before = self._kept[bisect_right(self._kept, position, key=_position) - 1]
        back = here - position
        if back > 0 and self._jump("seek", position):
            return
        if 0 < back <= position - before.position and self._undo(back):
            return
        if not before.position <= here <= position or self.core.position != here:
            self.core.restore(before)

    def _come_near_cycle(self, cycle: int) -> None:
        """Be at or before the first position of a cycle, at the nearest position known."""
        before = self._kept[max(bisect_left(self._kept, cycle, key=_cycle) - 1, 0)]
        if self.core.cycle >= cycle and self._jump("seek_cycle", cycle):
            return
        if self.core.cycle >= cycle or self.core.position < before.position:
            self.core.restore(before)

    def _jump(self, name: str, target: int) -> bool:
        """Go back in one leap, where the core keeps a history of its own and there are no edits."""
        leap = getattr(self.core, name, None)
        if leap is None or self.edits:
            return False
        try:
            leap(target)
        except ValueError:  # before what it remembers
            return False
        return True

    def _undo(self, bundles: int) -> bool:
        """Take bundles back; False if the core did not remember, and then it is anywhere."""
        for _ in range(bundles):
            self._take_edits_back()
            if self.core.undo() is None:
                return False
        return True

    def _take_edits_back(self) -> None:
        for edit in reversed(self.edits.get(self.core.position, [])):
            edit.poke(self.core, edit.old)

    def stretches(self, first: int, here: int) -> list[tuple[int, int]]:
        """The positions first:here in pieces that start at checkpoints, the last piece first."""
        cuts = [position for position in self.kept if first < position < here]
        return list(zip([first, *cuts], [*cuts, here], strict=True))[::-1]

    # what happened

    def last_commit(self) -> Commit | None:
        """What the bundle before this position did; None at the start."""
        position = self.core.position
        if position == 0:
            return None
        if position in self._commits:
            return self._commits[position]
        commit = self.core.last_commit()
        return commit if commit is not None else self._find_commit(position)

    def _find_commit(self, position: int) -> Commit | None:
        # The core has forgotten, or a checkpoint was just restored: come here from before.
        with self._undisturbed():
            before = self._kept[bisect_left(self._kept, position, key=_position) - 1]
            self.core.restore(before)
            while self.core.position < position:
                self.run(position - self.core.position)
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
        commit = self.last_commit()
        self._forget_from(here)
        self._commits[here] = commit
        edit.poke(core, edit.new)
        self.edits.setdefault(here, []).append(edit)
        self._kept.append(core.checkpoint())
        return edit

    def _forget_from(self, position: int) -> None:
        self._kept = [kept for kept in self._kept if kept.position < position]
        self.edits = {at: edits for at, edits in self.edits.items() if at <= position}
        self._commits = {at: commit for at, commit in self._commits.items() if at <= position}
        self.end = None

    def restart(self) -> bool:
        """Become the very start, without edits; whether there were any."""
        edited = bool(self.edits)
        if edited:
            self.edits.clear()
            self._commits.clear()
            self._kept = [self._pristine]
            self.end = None
        self.core.restore(self._pristine)
        return edited


def _position(checkpoint: Checkpoint) -> int:
    return checkpoint.position


def _cycle(checkpoint: Checkpoint) -> int:
    return checkpoint.cycle


def _is_compare(stop: Stop) -> bool:
    return stop.fault is not None and stop.fault.engine == "debug"
