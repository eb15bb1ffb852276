"""The compiled core: `machine.machine.Core` on the engine in C.

The engine executes, undoes and keeps history; here its numbers become the values that every core
speaks: `Stop`, `Fault`, `Commit`, `Checkpoint`. Importing this module hands the instruction set to
the engine, and fails if the two disagree.

History reaches back to where the machine started or was last given a checkpoint, however long the
run: what the engine no longer remembers it executes again, from the nearest of the states that it
keeps some thousand bundles apart. Words set by hand are a part of history: who goes back before
them takes them back.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self, cast

from machine.core import _core
from machine.core.words import Words
from machine.isa import ENGINES, OPCODES, SCRATCH_SIZE, TARGET_ROLES, VLEN, WORD_MASK, Opcode, Role
from machine.model import NO_LIMIT, Checkpoint
from machine.program import WORKS, Columns, Program
from machine.stops import Commit, Fault, FaultKind, Reason, State, Stop, Write

# How operations.h writes a role; the words that an operand spans follow.
_LETTERS = {
    Role.DEF: "d",
    Role.USE: "u",
    Role.ADDRESS: "a",
    Role.IMMEDIATE: "i",
    Role.OFFSET: "o",
    Role.TARGET: "t",
    Role.RELATIVE: "r",
    Role.KEY: "k",
    Role.KEYS: "K",
    Role.ANYTHING: "x",
}

# In the order of the engine's Reason, FaultKind and Status.
STOPS = (
    Reason.END,
    Reason.HALT,
    Reason.PAUSE,
    Reason.FAULT,
    Reason.BREAKPOINT,
    Reason.WATCHPOINT,
    Reason.MAX_CYCLES,
    Reason.BUDGET,
)
FAULTS = (
    FaultKind.DIVISION,
    FaultKind.MEMORY,
    FaultKind.TARGET,
    FaultKind.DIFFERS,
    FaultKind.UNRECORDED,
)
STATES = (State.RUNNING, State.PAUSED, State.STOPPED)

FAR = 2**62
"""A pc from here on stands for a target that the engine does not hold; see engine.h."""
HAND_SET = FAR + 2**32
"""And from here on for one that was set by hand."""
UNRECORDED = -1
NO_WORD = 2**32
"""The expected value of a compare that no word equals."""


def written_operands(row: Opcode) -> str:
    """The operands of a row as operations.h writes them: `d8 u8 u8`."""
    return " ".join(
        _LETTERS[operand.role] + str(operand.lanes or operand.width or "")
        for operand in row.operands
    )


def adopt_instruction_set() -> None:
    """Hand the numbering of the opcodes to the engine; ImportError if it disagrees with a row."""
    if (_core.VLEN, _core.SCRATCH_SIZE) != (VLEN, SCRATCH_SIZE):
        raise ImportError("it was built for another size of vectors or scratch")
    try:
        _core.adopt_rows([(row.engine, row.name, written_operands(row)) for row in OPCODES])
    except ValueError as error:
        raise ImportError(f"it was built for another instruction set: {error}") from error


adopt_instruction_set()


def lowered(columns: Columns) -> _core.Lowered:
    """A program as the engine executes it, made once and kept with the columns."""
    made = columns.lowered
    if made is None:
        made = _core.Lowered(columns.arrays, WORKS)
        for (slot, position), value in columns.wide.items():
            if OPCODES[columns.opcodes[slot]].operands[position].role in TARGET_ROLES:
                made.set_far(slot, value < 0)
        columns.lowered = made
    return cast("_core.Lowered", made)


class CompiledCore(_core.Machine):
    """A machine with a program and memory loaded, at its start; as `machine.model.Model`.

    `reference` is read when it is set, not at each compare: whoever fills a mapping sets it anew.
    """

    _scratch: Words
    _memory: Words
    _flags: bytearray
    _visits: array[int] | None
    _memory_flags: bytearray | None
    _columns: Columns
    _reference: Mapping[Any, int] | None
    _keeps: bool
    _reach: int
    _most_undone: int
    _far_pcs: dict[int, int]
    _led_to_edits: dict[int, Commit | None]

    def __new__(
        cls,
        program: Program,
        memory: Iterable[int],
        *,
        reference: Mapping[Any, int] | None = None,
        debug: bool = True,
        pauses: bool = True,
        history: int = 0,
        count: bool = False,
    ) -> Self:
        columns = program.columns
        scratch = array("I", bytes(4 * SCRATCH_SIZE))
        words = array("I", memory)
        flags = bytearray(len(program))
        visits = array("Q", bytes(8 * len(program))) if count else None
        self = super().__new__(cls, lowered(columns), scratch, words, flags, visits, history > 0)
        self._scratch = Words(scratch, self._before_edit)
        self._memory = Words(words, self._before_edit)
        self._flags = flags
        self._visits = visits
        self._columns = columns
        self._keeps = history > 0
        self._reach = 0
        self._most_undone = max(history, 1)
        self._far_pcs = {}
        self._led_to_edits = {}
        self._memory_flags = None
        self.debug = debug
        self.pauses = pauses
        self.reference = reference
        return self

    # The state.

    @property
    def scratch(self) -> Words:
        """The words of scratch."""
        return self._scratch

    @property
    def memory(self) -> Words:
        """The words of memory."""
        return self._memory

    @property
    def trace(self) -> list[int]:
        """The words written to the trace buffer."""
        return array("I", self.trace_bytes).tolist()

    @property
    def flags(self) -> bytearray:
        """One byte a pc: BREAK_BEFORE and BREAK_AFTER stop a run there."""
        return self._flags

    @property
    def visits(self) -> array[int] | None:
        """How often each pc was executed, up to here; None where that is not counted."""
        return self._visits

    @property
    def memory_flags(self) -> bytearray:
        """One byte a word of memory: what in `machine.core.timeline` starts with BREAK_ stops a run
        before or after the bundle that reads or writes the word."""
        if self._memory_flags is None:
            self._memory_flags = bytearray(len(self._memory))
            self.watch(self._memory_flags)
        return self._memory_flags

    @property
    def pc(self) -> int:
        """Index of the next bundle."""
        pc = self.raw_pc
        return pc if pc < FAR else self._far_pcs.get(pc) or self._target(pc - FAR)

    @pc.setter
    def pc(self, pc: int) -> None:
        self._before_edit()
        self.jump(self._raw(pc))

    @property
    def state(self) -> State:
        """Running, paused or stopped."""
        state = STATES[self.status]
        ended = state is State.RUNNING and self.raw_pc >= len(self._flags)
        return State.STOPPED if ended else state

    @property
    def reference(self) -> Mapping[Any, int] | None:
        """The values for compares, by key; None where compares are passed over."""
        return self._reference

    @reference.setter
    def reference(self, reference: Mapping[Any, int] | None) -> None:
        self._reference = reference
        if reference is None:
            self.expect(None)
        else:
            self.expect(array("q", self._expected(reference)))

    def _expected(self, reference: Mapping[Any, int]) -> Iterator[int]:
        for slot, lane in self._compared():
            expected = reference.get(self._key(slot, lane))
            yield UNRECORDED if expected is None else _word(expected)

    def _compared(self) -> Iterator[tuple[int, int | None]]:
        """Slot number and lane of each word that compares look at, in order."""
        slots = iter(lowered(self._columns).compared())
        for slot in slots:
            if OPCODES[self._columns.opcodes[slot]].operands[1].role is Role.KEY:
                yield slot, None
            else:
                yield slot, 0
                yield from ((next(slots), lane) for lane in range(1, VLEN))

    def _key(self, slot: int, lane: int | None) -> Any:
        keys = self._columns.operands_of(slot)[1]
        return keys if lane is None else keys[lane]

    def _target(self, slot: int) -> int:
        """Where a jump goes that the engine has no number for."""
        columns = self._columns
        *_, target = columns.operands_of(slot)
        relative = OPCODES[columns.opcodes[slot]].operands[-1].role is Role.RELATIVE
        return int(target) + (self._bundle_of(slot) + 1 if relative else 0)

    def _bundle_of(self, slot: int) -> int:
        columns = self._columns
        return bisect_right(columns.first_group, _group_of(columns, slot)) - 1

    def _raw(self, pc: int) -> int:
        """The engine's number for a pc, however large."""
        if pc < FAR:
            return pc
        raw = HAND_SET + len(self._far_pcs)
        self._far_pcs[raw] = pc
        return raw

    # Forward.

    def run(self, budget: int, max_cycles: int = NO_LIMIT, *, check_first: bool = False) -> Stop:
        """Execute at most `budget` bundles and at most to cycle `max_cycles`; say why it stopped.

        Other threads run meanwhile. A signal's handler is called some ten times a second, and may
        raise; the machine then stands between two bundles.
        """
        start = self.position - self._reach
        try:
            reason = self.advance(min(budget, NO_LIMIT), min(max_cycles, NO_LIMIT), check_first)
        finally:
            self._reach = min(self.position - start, self._most_undone)
        return self._stop(STOPS[reason])

    def _stop(self, reason: Reason) -> Stop:
        fault = self._fault() if reason is Reason.FAULT else None
        return Stop(reason, self.pc, self.cycle, self.position, fault)

    def _fault(self) -> Fault:
        kind_code, slot, lane_or_none, operand, value = self.fault
        kind = FAULTS[kind_code]
        columns = self._columns
        lane = None if lane_or_none < 0 else lane_or_none
        group = _group_of(columns, slot)
        expected = None
        if kind in (FaultKind.UNRECORDED, FaultKind.DIFFERS):
            key = self._key(slot, lane)
            if kind is FaultKind.UNRECORDED:
                value = key
            else:
                assert self._reference is not None
                expected = self._reference.get(key)
        elif value <= -FAR:
            value = self._target(slot)
        return Fault(
            kind,
            self.cycle,
            self.pc,
            ENGINES[columns.group_engine[group]],
            slot - columns.first_slot[group],
            lane,
            operand,
            value,
            expected,
        )

    # Back, and anywhere.

    def _before_edit(self) -> None:
        """Words are about to be set by hand. The log then tells no more what led here."""
        if self._keeps and self.position not in self._led_to_edits:
            self._led_to_edits[self.position] = self.last_commit()
        self.fork()

    def _forget_edits(self) -> None:
        led, here = self._led_to_edits, self.position
        if led:
            self._led_to_edits = {at: commit for at, commit in led.items() if at <= here}

    def last_commit(self) -> Commit | None:
        """What the last bundle did; None at the start and beyond what can be undone."""
        if self.position in self._led_to_edits:
            return self._led_to_edits[self.position]
        last = self.last() if self._reach else None
        if last is None:
            return None
        pc, cost, scratch, memory, traced = last
        return Commit(
            pc,
            self.cycle - cost,
            self.position - 1,
            _writes(scratch, self._scratch),
            _writes(memory, self._memory),
            tuple(self.trace[-traced:]) if traced else (),
        )

    def undo(self) -> Commit | None:
        """Take back the last bundle and return what it had done; None where none is remembered."""
        commit = self.last_commit()
        if commit is None or not self.back():
            return None
        self._reach = max(self._reach - 1, 0)
        self._forget_edits()
        return commit

    def seek(self, position: int) -> Stop:
        """Go to a position, back or forth, past breakpoints and pauses.

        The reason is BUDGET on arrival; END, HALT or FAULT where the program ends before. Raises
        ValueError for a position before all history.
        """
        return self._travel(self.go, position, "position")

    def seek_cycle(self, cycle: int) -> Stop:
        """Go to the first position that has this cycle number; else as `seek`."""
        return self._travel(self.go_to_cycle, cycle, "cycle")

    def _travel(self, go: Callable[[int], int | None], to: int, what: str) -> Stop:
        try:
            reason = go(to)
        except BaseException:  # of a signal's handler, on the way
            self._settle_in()
            raise
        if reason is None:
            raise ValueError(f"{what} {to} lies before all history")
        self._settle_in()
        return self._stop(STOPS[reason])

    def _settle_in(self) -> None:
        self._reach = min(self.position - self.origin, self._most_undone)
        self._forget_edits()

    def last_flagged_before(self, position: int) -> int | None:
        """The last position before this one whose bundle a flag would stop at; None without one.

        It is looked for where the machine has been; the machine stays where it is.
        """
        found = self.flagged_before(position)
        return None if found < 0 else found

    def checkpoint(self) -> Checkpoint:
        """A copy of the whole state."""
        return Checkpoint(
            self.pc,
            self.cycle,
            self.position,
            STATES[self.status],
            tuple(self._scratch),
            tuple(self._memory),
            tuple(self.trace),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what a checkpoint holds. What could be undone before is forgotten."""
        trace = array("I", checkpoint.trace)
        self._scratch[:] = checkpoint.scratch
        self._memory[:] = checkpoint.memory
        status = STATES.index(checkpoint.state)
        self.become(self._raw(checkpoint.pc), checkpoint.cycle, checkpoint.position, status, trace)
        self._reach = 0
        self._led_to_edits = {}


def _group_of(columns: Columns, slot: int) -> int:
    return bisect_right(columns.first_slot, slot) - 1


def _writes(undone: list[tuple[int, int]], now: Words) -> tuple[Write, ...]:
    # Of a word that was written twice the first old value is the one before the bundle.
    oldest = dict(reversed(undone))
    return tuple(Write(address, oldest[address], now[address]) for address in sorted(oldest))


def _word(expected: Any) -> int:
    """An expected value as the engine compares it."""
    try:
        word = int(expected)
    except (TypeError, ValueError, OverflowError):
        return NO_WORD
    return word if word == expected and 0 <= word <= WORD_MASK else NO_WORD
