"""The machine in plain Python: the readable truth of `docs/machine.md`.

One bundle is executed in two halves. Every slot reads the state as it stands and stages its
writes; then all writes land. So a slot never sees what its bundle writes, the later of two writes
to a word wins, and a fault, which is raised in the first half, leaves everything as it was.

    run(budget)            executes bundles and returns why it stopped; it never waits
    flags[pc]              BREAK_BEFORE and BREAK_AFTER make it stop there
    undo()                 takes back the last bundle, as far as `history` remembers
    save, load             the whole state, to go further back
    preview(slot, ...)     what a slot would do, by the same executors
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from machine.access import ACCESS, Kind
from machine.columns import MAX_OPERANDS
from machine.conditions import Need, Trap, may_hold
from machine.isa import ENGINES, OPCODES, VLEN, WORD_MASK, Arithmetic, Opcode, Ternary
from machine.program import Program, Slot
from machine.protocol import (
    BREAK_AFTER,
    BREAK_AFTER_READ,
    BREAK_AFTER_WRITE,
    BREAK_BEFORE,
    BREAK_BEFORE_READ,
    BREAK_BEFORE_WRITE,
    NO_LIMIT,
    Checkpoint,
)
from machine.stops import Commit, Fault, FaultKind, Reason, State, Stop, Write

_FLAGS_MET = {
    Kind.READ: BREAK_BEFORE_READ | BREAK_AFTER_READ,
    Kind.WRITE: BREAK_BEFORE_WRITE | BREAK_AFTER_WRITE,
}
_MEMORY_BEFORE = BREAK_BEFORE_READ | BREAK_BEFORE_WRITE
_MEMORY_AFTER = BREAK_AFTER_READ | BREAK_AFTER_WRITE
_BYTES_OF_A_WORD = 16
"""What a word of a saved state takes."""
LANES = range(VLEN)


class _FaultedError(Exception):
    """Raised by a slot: kind, lane, operand, value, and the value expected of a compare."""


class _Saved(NamedTuple):
    """A whole state, and how often each pc was executed by then."""

    state: Checkpoint
    visits: array[int] | None


Reached = tuple[Kind, range]
"""What is done to words of memory, and their addresses."""


@dataclass(slots=True)
class _Undo:
    """What one bundle overwrote: the state before it, and the old words by address."""

    pc: int
    cycle: int
    state: State
    scratch: dict[int, int]
    memory: dict[int, int]
    traced: int


class Probe:
    """The first half of a bundle: words as its slots see them, and what they stage.

    The executors of all opcodes work on one. What comes of it is for its owner: `Model` commits
    it, `preview` looks at it.
    """

    def __init__(
        self, scratch: Sequence[int], memory: Sequence[int], payloads: Sequence[Any] = ()
    ) -> None:
        self.scratch = scratch
        self.memory = memory
        self.reference: Mapping[Any, int] | None = None
        self.debug = True
        self.pauses = True
        self._payloads = payloads
        # By address, so that the later of two writes to a word wins.
        self._new_words: dict[int, int] = {}
        self._new_memory: dict[int, int] = {}
        self._new_trace: list[int] = []
        self._next_pc = 0
        self._state = State.RUNNING

    def put(self, address: int, value: int) -> None:
        """Stage a write to scratch."""
        self._new_words[address] = value

    def put_lanes(self, address: int, values: Iterable[int]) -> None:
        """Stage a write of a vector."""
        self._new_words.update(zip(range(address, address + VLEN), values, strict=True))

    def lanes(self, address: int) -> Sequence[int]:
        """The words of a vector."""
        return self.scratch[address : address + VLEN]

    def reach(self, operand: int, address: int, lane: int | None = None) -> int:
        """The memory address that a scratch word holds, plus the lane; a fault outside memory."""
        reached = self.scratch[address] + (lane or 0)
        if reached >= len(self.memory):
            raise _FaultedError(FaultKind.MEMORY, lane, operand, reached)
        return reached

    def put_memory(self, address: int, value: int) -> None:
        """Stage a write to memory."""
        self._new_memory[address] = value

    def put_trace(self, value: int) -> None:
        """Stage a word for the trace buffer."""
        self._new_trace.append(value)

    def go_to(self, operand: int, target: int) -> None:
        """Jump; a fault if the target is negative."""
        if target < 0:
            raise _FaultedError(FaultKind.TARGET, None, operand, target)
        self._next_pc = target

    def go_past(self, operand: int, distance: int) -> None:
        """Jump relative to the next bundle."""
        self.go_to(operand, self._next_pc + distance)

    def become(self, state: State) -> None:
        """Halt or pause after this bundle."""
        self._state = state

    def compare(self, lane: int | None, address: int, key: Any) -> None:
        """Hold a word against the reference; a fault if it differs or nothing is recorded."""
        assert self.reference is not None
        expected = self.reference.get(key)
        if expected is None:
            raise _FaultedError(FaultKind.UNRECORDED, lane, 1, key)
        if self.scratch[address] != expected:
            raise _FaultedError(FaultKind.DIFFERS, lane, 0, self.scratch[address], expected)

    def key(self, payload: int) -> Any:
        """The key, or the keys, of a compare."""
        return self._payloads[payload]

    @property
    def compares(self) -> bool:
        """Whether compares are checked."""
        return self.debug and self.reference is not None


class Model(Probe):
    """A machine with a program and memory loaded, at its start.

    `reference` are the values that compares hold words against; without one, and where `debug`
    is off, they are passed over. Where `pauses` is off a pause is nothing but its cycle. `history`
    is how many bundles can be undone. `count` keeps `visits`, how often each pc was executed.
    """

    scratch: list[int]
    memory: list[int]

    def __init__(
        self,
        program: Program,
        memory: Iterable[int],
        *,
        reference: Mapping[Any, int] | None = None,
        debug: bool = True,
        pauses: bool = True,
        history: int = 0,
        count: bool = False,
    ) -> None:
        columns = program.columns
        super().__init__([0] * program.scratch_size, list(memory), columns.payloads)
        self.trace: list[int] = []
        self.pc = self.cycle = self.position = 0
        self.reference = reference
        self.debug = debug
        self.pauses = pauses
        self.flags = bytearray(len(program))
        self._memory_flags: bytearray | None = None
        self._traps: Sequence[Trap] = ()
        self.visits = array("Q", bytes(8 * len(program))) if count else None
        self._program = program
        self._columns = columns
        self._costs = columns.costs()
        self._first_slot = columns.first_slot_of_bundles()
        self._slots = list(
            zip(map(_EXECUTORS.__getitem__, columns.opcodes), *columns.operands, strict=True)
        )
        for (slot, position), value in columns.wide.items():
            do, *operands = self._slots[slot]
            operands[position] = value
            self._slots[slot] = (do, *operands)
        # One more than asked for: the last bundle is always known, to tell what it did.
        self._history: deque[_Undo] = deque(maxlen=max(history, 1))

    @property
    def state(self) -> State:
        """Running, paused or stopped."""
        ended = self._state is State.RUNNING and self.pc >= len(self._costs)
        return State.STOPPED if ended else self._state

    atomic = False
    stretch = 2000

    @property
    def keyframe_interval(self) -> int:
        """Bundles that are worth a state saved: where memory is large, copying it stays cheap."""
        return max(1000, len(self.memory) // 8)

    @property
    def saved_bytes(self) -> int:
        """What a saved state takes."""
        return _BYTES_OF_A_WORD * (len(self.scratch) + len(self.memory) + len(self.visits or ()))

    @property
    def memory_flags(self) -> bytearray:
        """A byte for each word of memory: stop before or after the bundle that reaches it."""
        if self._memory_flags is None:
            self._memory_flags = bytearray(len(self.memory))
        return self._memory_flags

    def run(
        self,
        budget: int,
        max_cycles: int = NO_LIMIT,
        *,
        check_first: bool = False,
        heed: bool = True,
    ) -> Stop:
        """Execute at most `budget` bundles and at most to cycle `max_cycles`; say why it stopped.

        A breakpoint where the run starts is passed over unless `check_first`. A bundle flagged
        BREAK_AFTER stops with reason watchpoint and its commit: whether a word really changed is
        for the caller to see. Flags and pauses are passed over unless `heed`.
        """
        if self._state is State.STOPPED:
            return self._stop(Reason.HALT)
        first = self.position
        watches = heed and self._memory_is_flagged()
        for _ in range(budget):
            pc = self.pc
            if pc >= len(self._costs):
                self._state = State.RUNNING
                return self._stop(Reason.END)
            flags = self.flags[pc] if heed else 0
            passed_over = self.position == first and not check_first
            if flags & BREAK_BEFORE and not passed_over and self._traps_met_before(()):
                return self._stop(Reason.BREAKPOINT)
            if self.cycle >= max_cycles and self._costs[pc]:
                return self._stop(Reason.MAX_CYCLES)
            before = self._state
            fault = self._stage(pc)
            if fault:
                return self._stop(Reason.FAULT, fault)
            touched = self._flags_touched(pc) if watches else 0
            reached = tuple(self._memory_reached(pc)) if touched and self._traps else ()
            if touched & _MEMORY_BEFORE and not passed_over and self._traps_met_before(reached):
                self._take_back_staged(before)
                return self._stop(Reason.BREAKPOINT)
            self._commit(pc, before)
            if (ended := self._halted_or_paused(heed=heed)) is not None:
                return self._stop(ended)
            stopping = flags & BREAK_AFTER or touched & _MEMORY_AFTER
            if stopping and self._traps_met_after(pc, reached):
                return self._stop(Reason.WATCHPOINT)
        return self._stop(Reason.BUDGET)

    def _halted_or_paused(self, *, heed: bool) -> Reason | None:
        if self._state is State.STOPPED:
            return Reason.HALT
        return Reason.PAUSE if heed and self._state is State.PAUSED else None

    def _stop(self, reason: Reason, fault: Fault | None = None) -> Stop:
        return Stop(reason, self.pc, self.cycle, self.position, fault)

    def _stage(self, pc: int) -> Fault | None:
        """Do the first half of a bundle, or report its fault and leave everything as it was."""
        before, self._state = self._state, State.RUNNING
        self._next_pc = pc + 1
        number = 0
        try:
            for number in range(self._first_slot[pc], self._first_slot[pc + 1]):
                do, a, b, c, d = self._slots[number]
                do(self, a, b, c, d)
        except _FaultedError as faulted:
            self._take_back_staged(before)
            return self._place(pc, number, *faulted.args)
        return None

    def _take_back_staged(self, before: State) -> None:
        self._state = before
        self._new_words.clear()
        self._new_memory.clear()
        self._new_trace.clear()

    def _memory_is_flagged(self) -> bool:
        flags = self._memory_flags
        return flags is not None and flags.count(0) < len(flags)

    def _flags_touched(self, pc: int) -> int:
        """The flags for what a bundle does to memory, of all words that it reaches."""
        assert self._memory_flags is not None
        found = 0
        for kind, reached in self._memory_reached(pc):
            for flags in self._memory_flags[reached.start : reached.stop]:
                found |= flags & _FLAGS_MET[kind]
        return found

    def _memory_reached(self, pc: int) -> Iterator[Reached]:
        """What a bundle does to memory, and where, as scratch stands now."""
        for slot in self._program.bundle(pc):
            access = ACCESS[slot.opcode.code]
            if access.memory:
                yield access.memory, access.reached(slot.operands, self.scratch.__getitem__)

    def set_traps(self, traps: Sequence[Trap]) -> None:
        """Have flags stop a run only where one of these may be met; none, and each flag does."""
        self._traps = traps

    def _traps_met_before(self, reached: Sequence[Reached]) -> bool:
        """Whether a flag stops the run here, of a pc, or of the memory that is reached."""
        return not self._traps or any(
            self._is_here(trap, self.pc, reached) and may_hold(trap.code, self)
            for trap in self._traps
            if not trap.after
        )

    def _traps_met_after(self, pc: int, reached: Sequence[Reached]) -> bool:
        """Whether a flag of the bundle just executed stops the run."""
        return not self._traps or any(
            self._is_here(trap, pc, reached) and self._changed(trap) and may_hold(trap.code, self)
            for trap in self._traps
            if trap.after
        )

    @staticmethod
    def _is_here(trap: Trap, pc: int, reached: Sequence[Reached]) -> bool:
        if trap.flags:
            return bool(trap.flags[pc])
        kinds = (Kind.READ,) if trap.needs is Need.READ_MEMORY else (Kind.READ, Kind.WRITE)
        return any(
            kind in kinds and words.start < trap.stop and trap.start < words.stop
            for kind, words in reached
        )

    def _changed(self, trap: Trap) -> bool:
        """Whether the last bundle changed words where the trap asks for that."""
        if trap.needs not in (Need.CHANGE_SCRATCH, Need.CHANGE_MEMORY):
            return True
        last = self._history[-1]
        in_memory = trap.needs is Need.CHANGE_MEMORY
        old, now = (last.memory, self.memory) if in_memory else (last.scratch, self.scratch)
        return any(
            word != now[address]
            for address, word in old.items()
            if trap.start <= address < trap.stop
        )

    def _commit(self, pc: int, before: State) -> None:
        words, memory, traced = self._new_words, self._new_memory, self._new_trace
        _exchange(self.scratch, words)
        if memory:  # which in most bundles nobody writes
            _exchange(self.memory, memory)
        self.trace += traced
        self._history.append(_Undo(pc, self.cycle, before, words, memory, len(traced)))
        self._new_words, self._new_memory, self._new_trace = {}, {}, []
        if self.visits is not None:
            self.visits[pc] += 1
        self.pc = self._next_pc
        self.cycle += self._costs[pc]
        self.position += 1

    def _place(
        self,
        pc: int,
        number: int,
        kind: FaultKind,
        lane: int | None,
        operand: int,
        value: Any,
        expected: int | None = None,
    ) -> Fault:
        columns = self._columns
        group = next(g for g in columns.groups_of(pc) if number in columns.slots_of(g))
        engine = ENGINES[columns.group_engine[group]]
        slot = number - columns.first_slot[group]
        return Fault(kind, self.cycle, pc, engine, slot, lane, operand, value, expected)

    def last_commit(self) -> Commit | None:
        """What the last bundle did; None at the start and beyond what the history remembers."""
        if not self._history:
            return None
        undo = self._history[-1]
        return Commit(
            undo.pc,
            undo.cycle,
            self.position - 1,
            _writes(undo.scratch, self.scratch),
            _writes(undo.memory, self.memory),
            tuple(self.trace[len(self.trace) - undo.traced :]),
        )

    def undo(self) -> Commit | None:
        """Take back the last bundle and return what it had done; None where none is remembered."""
        commit = self.last_commit()
        self.take_back(1)
        return commit

    def take_back(self, bundles: int) -> int:
        """Take back so many bundles; how many of them were remembered."""
        taken = min(bundles, len(self._history))
        for _ in range(taken):
            self._take_back_last()
        return taken

    def _take_back_last(self) -> None:
        undo = self._history.pop()
        _exchange(self.scratch, undo.scratch)
        _exchange(self.memory, undo.memory)
        del self.trace[len(self.trace) - undo.traced :]
        self.pc, self.cycle, self._state = undo.pc, undo.cycle, undo.state
        self.position -= 1
        if self.visits is not None:
            self.visits[self.pc] -= 1

    def save(self) -> _Saved:
        """The whole state, for `load`."""
        return _Saved(self.checkpoint(), None if self.visits is None else self.visits[:])

    def load(self, saved: _Saved) -> None:
        """Become what was saved. What could be undone before is forgotten."""
        self.restore(saved.state)
        if self.visits is not None and saved.visits is not None:
            self.visits[:] = saved.visits

    def checkpoint(self) -> Checkpoint:
        """A copy of the whole state."""
        return Checkpoint(
            self.pc,
            self.cycle,
            self.position,
            self._state,
            tuple(self.scratch),
            tuple(self.memory),
            tuple(self.trace),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what a checkpoint holds. What could be undone before is forgotten."""
        self.pc, self.cycle, self.position = checkpoint.pc, checkpoint.cycle, checkpoint.position
        self._state = checkpoint.state
        self.scratch[:] = checkpoint.scratch
        self.memory[:] = checkpoint.memory
        self.trace[:] = checkpoint.trace
        self.forget()

    def forget(self) -> None:
        """Have nothing that can be undone."""
        self._history.clear()

    def jump(self, pc: int) -> None:
        """Go on at another bundle; a machine that has halted runs again."""
        self.pc = pc
        if self._state is State.STOPPED:
            self._state = State.RUNNING

    def pass_pause(self) -> None:
        """Stand at a pause no longer."""
        if self._state is State.PAUSED:
            self._state = State.RUNNING


def _exchange(words: list[int], other: dict[int, int]) -> None:
    """Write words by address and have in their place what was there; once more takes it back."""
    for address, word in other.items():
        other[address] = words[address]
        words[address] = word


def _writes(old: dict[int, int], now: list[int]) -> tuple[Write, ...]:
    return tuple(Write(address, old[address], now[address]) for address in sorted(old))


# What each opcode does. The operands are those of its row in `machine.isa`, and a trailing `_`
# stands for the operand columns it does not use.

Executor = Callable[..., None]
_NAMED: dict[str, Executor] = {}


def _executes(function: Executor) -> Executor:
    _NAMED[function.__name__] = function
    return function


def _scalar(operation: Arithmetic) -> Executor:
    def execute(m: Probe, dest: int, a: int, b: int, _: int) -> None:
        try:
            m.put(dest, operation(m.scratch[a], m.scratch[b]))
        except ZeroDivisionError:
            raise _FaultedError(FaultKind.DIVISION, None, 2, 0) from None

    return execute


def _lanewise(operation: Arithmetic) -> Executor:
    def execute(m: Probe, dest: int, a: int, b: int, _: int) -> None:
        divisors = m.lanes(b)
        try:
            m.put_lanes(dest, map(operation, m.lanes(a), divisors))
        except ZeroDivisionError:
            raise _FaultedError(FaultKind.DIVISION, divisors.index(0), 2, 0) from None

    return execute


def _scalar_ternary(operation: Ternary) -> Executor:
    def execute(m: Probe, dest: int, a: int, b: int, c: int) -> None:
        m.put(dest, operation(m.scratch[a], m.scratch[b], m.scratch[c]))

    return execute


def _lanewise_ternary(operation: Ternary) -> Executor:
    def execute(m: Probe, dest: int, a: int, b: int, c: int) -> None:
        m.put_lanes(dest, map(operation, m.lanes(a), m.lanes(b), m.lanes(c)))

    return execute


@_executes
def vbroadcast(m: Probe, dest: int, src: int, *_: int) -> None:
    m.put_lanes(dest, [m.scratch[src]] * VLEN)


@_executes
def load(m: Probe, dest: int, addr: int, *_: int) -> None:
    m.put(dest, m.memory[m.reach(1, addr)])


@_executes
def load_offset(m: Probe, dest: int, addr: int, imm: int, _: int) -> None:
    m.put(dest + imm, m.memory[m.reach(1, addr + imm)])


@_executes
def vload(m: Probe, dest: int, addr: int, *_: int) -> None:
    m.put_lanes(dest, [m.memory[m.reach(1, addr, lane)] for lane in LANES])


@_executes
def const(m: Probe, dest: int, imm: int, *_: int) -> None:
    m.put(dest, imm & WORD_MASK)


@_executes
def store(m: Probe, addr: int, src: int, *_: int) -> None:
    m.put_memory(m.reach(0, addr), m.scratch[src])


@_executes
def vstore(m: Probe, addr: int, src: int, *_: int) -> None:
    for lane in LANES:
        m.put_memory(m.reach(0, addr, lane), m.scratch[src + lane])


@_executes
def add_imm(m: Probe, dest: int, a: int, imm: int, _: int) -> None:
    m.put(dest, m.scratch[a] + imm & WORD_MASK)


@_executes
def jump(m: Probe, imm: int, *_: int) -> None:
    m.go_to(0, imm)


@_executes
def jump_indirect(m: Probe, addr: int, *_: int) -> None:
    m.go_to(0, m.scratch[addr])


@_executes
def cond_jump(m: Probe, cond: int, imm: int, *_: int) -> None:
    if m.scratch[cond]:
        m.go_to(1, imm)


@_executes
def cond_jump_rel(m: Probe, cond: int, imm: int, *_: int) -> None:
    if m.scratch[cond]:
        m.go_past(1, imm)


@_executes
def halt(m: Probe, *_: int) -> None:
    m.become(State.STOPPED)


@_executes
def pause(m: Probe, *_: int) -> None:
    if m.pauses:
        m.become(State.PAUSED)


@_executes
def trace_write(m: Probe, src: int, *_: int) -> None:
    m.put_trace(m.scratch[src])


@_executes
def coreid(m: Probe, dest: int, *_: int) -> None:
    m.put(dest, 0)


@_executes
def compare(m: Probe, loc: int, key: int, *_: int) -> None:
    if m.compares:
        m.compare(None, loc, m.key(key))


@_executes
def vcompare(m: Probe, loc: int, keys: int, *_: int) -> None:
    if m.compares:
        for lane, key in enumerate(m.key(keys)):
            m.compare(lane, loc + lane, key)


@_executes
def comment(m: Probe, *_: int) -> None:
    pass


def _executor(row: Opcode) -> Executor:
    if row.arithmetic:
        return (_lanewise if row.vector else _scalar)(row.arithmetic)
    if row.ternary:
        return (_lanewise_ternary if row.vector else _scalar_ternary)(row.ternary)
    return _NAMED[row.name]


_EXECUTORS = tuple(map(_executor, OPCODES))


class Preview(NamedTuple):
    """What one slot would do: the words it would write by address, where it would lead, its fault.

    Where it faults it does nothing else.
    """

    scratch: Mapping[int, int]
    memory: Mapping[int, int]
    next_pc: int
    fault: FaultKind | None


def preview(slot: Slot, scratch: Sequence[int], memory: Sequence[int]) -> Preview:
    """What a slot would do if its bundle were executed now; compares are passed over.

    Which of two writes to a word wins is the bundle's affair.
    """
    probe = Probe(scratch, memory)
    probe._next_pc = slot.pc + 1
    operands = (*slot.operands, *[0] * (MAX_OPERANDS - len(slot.operands)))
    try:
        _EXECUTORS[slot.opcode.code](probe, *operands)
    except _FaultedError as faulted:
        return Preview({}, {}, slot.pc + 1, faulted.args[0])
    return Preview(probe._new_words, probe._new_memory, probe._next_pc, None)
