"""The compiled core: `machine.protocol.Core` on the engine in C.

The engine executes, records, takes back and saves; here its numbers become the values that every
core speaks: `Stop`, `Fault`, `Commit`, `Checkpoint`. Importing this module fails where the engine
is not there or does not fit (`machine.native`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self, cast

from machine import _core
from machine.columns import WORKS, Columns
from machine.conditions import Trap, packed
from machine.isa import (
    ENGINES,
    OPCODES,
    SCRATCH_SIZE,
    TARGET_ROLES,
    VLEN,
    WORD_MASK,
    Role,
)
from machine.native import adopt_instruction_set
from machine.program import Program
from machine.protocol import NO_LIMIT, Checkpoint
from machine.stops import Commit, Fault, FaultKind, Reason, State, Stop, Write

adopt_instruction_set()

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
        self = super().__new__(cls, lowered(columns), scratch, words, flags, visits, history > 0)
        self._scratch = scratch
        self._memory = words
        self._flags = flags
        self._visits = visits
        self._columns = columns
        self._far_pcs = {}
        self._memory_flags = None
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

    def set_traps(self, traps: Sequence[Trap]) -> None:
        """Have flags stop a run only where one of these is met; none, and each flag does."""
        self.trap([(*trap[:-1], packed(trap.code)) for trap in traps])

    atomic = True
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
        code = self.advance(min(budget, NO_LIMIT), min(max_cycles, NO_LIMIT), check_first, heed)
        reason, pc = STOPS[code], self.raw_pc
        fault = self._fault() if reason is Reason.FAULT else None
        return Stop(reason, pc if pc < FAR else self.pc, self.cycle, self.position, fault)

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
