"""The compiled core: `machine.protocol.Core` on the engine in C.

The engine executes, records, takes back and saves; here its numbers become the values that every
core speaks: `Stop`, `Fault`, `Commit`, `Checkpoint`. Importing this module hands the instruction
set to the engine, and fails if the two disagree.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from machine.access import MEMORY, Kind
from machine.core import _core
from machine.isa import (
    ENGINES,
    OPCODES,
    SCRATCH_SIZE,
    SLOT_LIMITS,
    TARGET_ROLES,
    VLEN,
    WORD_MASK,
    Opcode,
    Role,
)
from machine.program import MAX_OPERANDS, Columns, Program
from machine.protocol import NO_LIMIT, Checkpoint
from machine.stops import Commit, Fault, FaultKind, Reason, State, Stop, Write

# How operations.h writes a role; the words that an operand spans follow.
_LETTERS = {
    Role.DEF: "d",
    Role.USE: "u",
    Role.IMMEDIATE: "i",
    Role.OFFSET: "o",
    Role.TARGET: "t",
    Role.RELATIVE: "r",
    Role.KEY: "k",
    Role.KEYS: "K",
    Role.ANYTHING: "x",
}
_ADDRESS_LETTERS = {Kind.READ: "l", Kind.WRITE: "s"}

# What the engine's sizes have to be; and what some have to be at least.
_SIZES = {
    "VLEN": VLEN,
    "SCRATCH_SIZE": SCRATCH_SIZE,
    "MAX_OPERANDS": MAX_OPERANDS,
    "alu slots": SLOT_LIMITS["alu"],
    "valu slots": SLOT_LIMITS["valu"],
}
_ROOM = {
    "store slots": SLOT_LIMITS["store"],
    "opcodes": len(OPCODES),
    "engines": len(ENGINES),
    "letters of a name": max(len(name) for row in OPCODES for name in (row.engine, row.name)),
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
_BYTES_OF_A_BUNDLE = 16
"""Of a saved state, for each bundle between it and the next one."""
UNRECORDED = -1
NO_WORD = 2**32
"""The expected value of a compare that no word equals."""


def written_operands(row: Opcode) -> str:
    """The operands of a row as operations.h writes them: `d8 u8 u8`."""
    kind = MEMORY[row.code]
    letters = _LETTERS if kind is None else {**_LETTERS, Role.ADDRESS: _ADDRESS_LETTERS[kind]}
    return " ".join(
        letters[operand.role] + str(operand.lanes or operand.width or "")
        for operand in row.operands
    )


def instruction_rows() -> list[tuple[str, str, str, bool]]:
    """What the engine has to agree with: engine, name, operands, whether it jumps, by number."""
    return [(row.engine, row.name, written_operands(row), row.jumps) for row in OPCODES]


def adopt_instruction_set() -> None:
    """Hand the numbering of the opcodes to the engine; ImportError if it disagrees with a row."""
    wrong = [name for name, size in _SIZES.items() if _core.LIMITS[name] != size]
    wrong += [name for name, least in _ROOM.items() if _core.LIMITS[name] < least]
    for name in wrong:
        raise ImportError(f"it was built for {_core.LIMITS[name]} {name}")
    try:
        _core.adopt_rows(instruction_rows())
    except ValueError as error:
        raise ImportError(f"it was built for another instruction set: {error}") from error


adopt_instruction_set()


class CompiledCore(_core.Machine):
    """A machine with a program and memory loaded, at its start; as `machine.model.Model`.

    `reference` is read when it is set, not at each compare: whoever fills a mapping sets it anew.
    """

    _scratch: array[int]
    _memory: array[int]
    _flags: bytearray
    _visits: array[int] | None
    _memory_flags: bytearray | None
    _columns: Columns
    _reference: Mapping[Any, int] | None
    _far_pcs: dict[int, int]

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
        arrays = (
            columns.first_group,
            columns.first_slot,
            columns.costs(),
            columns.opcodes,
            *columns.operands,
        )
        self = super().__new__(cls, arrays, scratch, words, flags, visits, history > 0)
        self._scratch = scratch
        self._memory = words
        self._flags = flags
        self._visits = visits
        self._columns = columns
        self._far_pcs = {}
        self._memory_flags = None
        for (slot, position), value in columns.wide.items():
            if OPCODES[columns.opcodes[slot]].operands[position].role in TARGET_ROLES:
                self.set_far(slot, value < 0)
        self.debug = debug
        self.pauses = pauses
        self.reference = reference
        return self

    # The state.

    @property
    def scratch(self) -> array[int]:
        """The words of scratch."""
        return self._scratch

    @property
    def memory(self) -> array[int]:
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
        """A byte for each word of memory: stop before or after the bundle that reaches it."""
        if self._memory_flags is None:
            self._memory_flags = bytearray(len(self._memory))
            self.watch(self._memory_flags)
        return self._memory_flags

    @property
    def pc(self) -> int:
        """Index of the next bundle."""
        pc = self.raw_pc
        return pc if pc < FAR else self._far_pcs.get(pc) or self._target(pc - FAR)

    def jump(self, pc: int) -> None:
        """Go on at another bundle; a machine that has halted runs again."""
        self.set_pc(self._raw(pc))

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
        slots = iter(self.compared())
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

    stretch = 1 << 17

    @property
    def keyframe_interval(self) -> int:
        """Bundles that are worth a state saved: where memory is large, copying it stays cheap."""
        return max(1 << 14, self.saved_bytes // _BYTES_OF_A_BUNDLE)

    def run(
        self,
        budget: int,
        max_cycles: int = NO_LIMIT,
        *,
        check_first: bool = False,
        heed: bool = True,
    ) -> Stop:
        """As `machine.model.Model.run`; other threads run meanwhile."""
        limits = min(budget, NO_LIMIT), min(max_cycles, NO_LIMIT)
        return self._stop(STOPS[self.advance(*limits, check_first, heed)])

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

    def last_commit(self) -> Commit | None:
        """What the last bundle did; None where the log no longer holds it."""
        last = self.last()
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
        self._scratch[:] = array("I", checkpoint.scratch)
        if self._memory:  # an array of no words that is in use cannot even be set to none
            self._memory[:] = array("I", checkpoint.memory)
        status = STATES.index(checkpoint.state)
        self.become(self._raw(checkpoint.pc), checkpoint.cycle, checkpoint.position, status, trace)


def _group_of(columns: Columns, slot: int) -> int:
    return bisect_right(columns.first_slot, slot) - 1


def _writes(undone: list[tuple[int, int]], now: array[int]) -> tuple[Write, ...]:
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
