"""The public simulator's machine in plain Python: all of it can be set and overridden.

`run` hands what it can to `machine.compat.acceleration`, and does the rest here, bundle by bundle:
where a method is overridden, where something is printed or traced, with several cores, with words
or bundles that the compiled core does not take. So a bundle that fails raises what it raises in the
public simulator; a note says where.

PYTEST_DONT_REWRITE, which pytest reads: what asserts here say is what the public simulator's say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from machine import isa
from machine.compat import acceleration
from machine.compat.loading import Loaded, load
from machine.isa import SCRATCH_SIZE, VLEN
from machine.protocol import NO_LIMIT
from machine.stops import Reason
from machine.trace import TraceFile

Engine = Literal["alu", "valu", "load", "store", "flow", "debug"]
Instruction = dict[Engine, list[tuple[Any, ...]]]
"""A bundle, as the public simulator calls it."""

N_CORES = 1
SLOT_LIMITS = dict(isa.SLOT_LIMITS)
"""Slots of each engine a bundle can hold. Whoever changes it changes it for machines here."""
WORDS = 2**32
TRACE_FILE = "trace.json"
FEW_BUNDLES = 32
"""After a run of fewer the next one starts here: the way to the compiled core and back takes longer
than they do."""
_ARITHMETIC = {row.name: row.arithmetic for row in isa.opcodes_of("alu") if row.arithmetic}


class CoreState(Enum):
    """What a core is doing."""

    RUNNING = 1
    PAUSED = 2
    STOPPED = 3


@dataclass
class DebugInfo:
    """Names of scratch: address -> (name, width)."""

    scratch_map: dict[int, tuple[str, int]]


@dataclass
class Core:
    """One core: its words, and where it is."""

    id: int
    scratch: list[int]
    trace_buf: list[int]
    pc: int = 0
    state: CoreState = CoreState.RUNNING


class Machine:
    """The public simulator's machine.

    `mem`, `cores`, `program`, `value_trace`, `cycle` and the switches `enable_pause`,
    `enable_debug` and `prints` may be set, and the program edited, between runs. With `trace` the
    run is written to `trace.json` in the current folder.
    """

    scratch_write: dict[int, int]
    mem_write: dict[int, int]

    def __init__(
        self,
        mem_dump: Any,
        program: Sequence[Mapping[Any, Sequence[Sequence[Any]]]],
        debug_info: Any = None,
        n_cores: int = N_CORES,
        scratch_size: int = SCRATCH_SIZE,
        trace: bool = False,
        value_trace: Mapping[Any, int] | None = None,
    ) -> None:
        self.cores = [Core(i, [0] * scratch_size, []) for i in range(n_cores)]
        self.mem: Any = copy(mem_dump)
        self.program = program
        self.debug_info = debug_info
        self.value_trace: Any = {} if value_trace is None else value_trace
        self.prints = False
        self.cycle = 0
        self.enable_pause = True
        self.enable_debug = True
        self.trace: TraceFile | None = None
        if trace:
            self.setup_trace()
        self._stopped_soon = False
        self._loaded: Loaded | None = None
        """The program as it was when a run began last."""

    def __getstate__(self) -> dict[str, Any]:
        # A copy finds its program by itself; what is loaded of it is no part of the state.
        return {**vars(self), "_loaded": None}

    # Running.

    def run(self) -> None:
        """Run all cores to their next pause, or to the end."""
        for core in self.cores:
            if core.state is CoreState.PAUSED:
                core.state = CoreState.RUNNING
        executed = self._run_here(FEW_BUNDLES if self._stopped_soon else 0)
        if self._is_ordinary():
            executed += self._run_compiled()
        executed += self._run_here(NO_LIMIT)
        self._stopped_soon = executed < FEW_BUNDLES
        if self.trace is not None:
            self.trace.flush()

    def _is_ordinary(self) -> bool:
        """Whether nobody could tell that the bundles are executed elsewhere."""
        return (
            len(self.cores) == 1
            and not self.prints
            and self.trace is None
            and SLOT_LIMITS == isa.SLOT_LIMITS
            and _METHODS.keys().isdisjoint(vars(self))
            and all(getattr(type(self), name) is method for name, method in _METHODS.items())
        )

    def _run_compiled(self) -> int:
        """Run on as far as the compiled core takes it; how many bundles that were."""
        (core,) = self.cores
        if core.state is not CoreState.RUNNING:
            return 0
        if self._loaded is None or not self._loaded.holds(self.program):
            self._loaded = load(self.program)
        if self._loaded is None:
            return 0
        executed, reason = acceleration.run(self, core, self._loaded)
        core.state = _STATES.get(reason, core.state)
        return executed

    def _run_here(self, most: int) -> int:
        """Run at most so many bundles of each core; how many that were."""
        executed = 0
        while executed < most and any(core.state is CoreState.RUNNING for core in self.cores):
            self._run_cycle()
            executed += 1
        return executed

    def _run_cycle(self) -> None:
        works = False
        for core in self.cores:
            if core.state is not CoreState.RUNNING:
                continue
            if core.pc >= len(self.program):
                core.state = CoreState.STOPPED
                continue
            instr = self.program[core.pc]
            if self.prints:
                self.print_step(instr, core)
            core.pc += 1
            self.step(instr, core)
            works = works or any(name != "debug" for name in instr)
        if works:
            self.cycle += 1

    def step(self, instr: Mapping[Any, Any], core: Core) -> None:
        """Execute one bundle on a core; its pc is the next bundle's by now."""
        self.scratch_write = {}
        self.mem_write = {}
        for name, slots in instr.items():
            if name == "debug":
                self._debug(core, slots)
                continue
            limit = SLOT_LIMITS[name]
            assert len(slots) <= limit, f"{len(slots)} slots of {name}, the limit is {limit}"
            execute = getattr(self, name)
            i, slot = 0, None
            try:
                for i, slot in enumerate(slots):
                    if self.trace is not None:
                        self.trace_slot(core, slot, name, i)
                    execute(core, *slot)
            except Exception as error:
                error.add_note(f"bundle {core.pc - 1}, {name} slot {i}: {slot}")
                raise
        for address, word in self.scratch_write.items():
            core.scratch[address] = word
        for address, word in self.mem_write.items():
            self.mem[address] = word
        if self.trace is not None:
            self.trace_post_step(instr, core)
        del self.scratch_write, self.mem_write

    # The engines.

    def alu(self, core: Core, op: str, dest: int, a1: int, a2: int) -> None:
        """One operation on two words; `valu` does it for each lane."""
        a, b = core.scratch[a1], core.scratch[a2]
        if op not in _ARITHMETIC:
            raise NotImplementedError(f"Unknown alu op {op}")
        self.scratch_write[dest] = _ARITHMETIC[op](a, b) % WORDS

    def valu(self, core: Core, *slot: Any) -> None:
        """One operation on the lanes of vectors."""
        read, write = core.scratch, self.scratch_write
        match slot:
            case ("vbroadcast", dest, src):
                write.update((dest + i, read[src]) for i in range(VLEN))
            case ("multiply_add", dest, a, b, c):
                for i in range(VLEN):
                    product = read[a + i] * read[b + i] % WORDS
                    write[dest + i] = (product + read[c + i]) % WORDS
            case (op, dest, a, b):
                for i in range(VLEN):
                    self.alu(core, op, dest + i, a + i, b + i)
            case _:
                raise NotImplementedError(f"Unknown valu op {slot}")

    def load(self, core: Core, *slot: Any) -> None:
        """From memory, or an immediate, to scratch."""
        read, write = core.scratch, self.scratch_write
        match slot:
            case ("load", dest, addr):
                write[dest] = self.mem[read[addr]]
            case ("load_offset", dest, addr, offset):
                write[dest + offset] = self.mem[read[addr + offset]]
            case ("vload", dest, addr):
                for i in range(VLEN):
                    write[dest + i] = self.mem[read[addr] + i]
            case ("const", dest, imm):
                write[dest] = imm % WORDS
            case _:
                raise NotImplementedError(f"Unknown load op {slot}")

    def store(self, core: Core, *slot: Any) -> None:
        """From scratch to memory."""
        read, write = core.scratch, self.mem_write
        match slot:
            case ("store", addr, src):
                write[read[addr]] = read[src]
            case ("vstore", addr, src):
                for i in range(VLEN):
                    write[read[addr] + i] = read[src + i]
            case _:
                raise NotImplementedError(f"Unknown store op {slot}")

    def flow(self, core: Core, *slot: Any) -> None:
        """Selections, jumps, and what stops a core."""
        read, write = core.scratch, self.scratch_write
        match slot:
            case ("select", dest, cond, a, b):
                write[dest] = read[a] if read[cond] != 0 else read[b]
            case ("vselect", dest, cond, a, b):
                for i in range(VLEN):
                    write[dest + i] = read[a + i] if read[cond + i] != 0 else read[b + i]
            case ("add_imm", dest, a, imm):
                write[dest] = (read[a] + imm) % WORDS
            case ("halt",):
                core.state = CoreState.STOPPED
            case ("pause",):
                if self.enable_pause:
                    core.state = CoreState.PAUSED
            case ("trace_write", src):
                core.trace_buf.append(read[src])
            case ("coreid", dest):
                write[dest] = core.id
            case ("jump", target):
                core.pc = target
            case ("jump_indirect", addr):
                core.pc = read[addr]
            case ("cond_jump", cond, target):
                if read[cond] != 0:
                    core.pc = target
            case ("cond_jump_rel", cond, offset):
                if read[cond] != 0:
                    core.pc += offset
            case _:
                raise NotImplementedError(f"Unknown flow op {slot}")

    def _debug(self, core: Core, slots: Sequence[Any]) -> None:
        if not self.enable_debug:
            return
        for slot in slots:
            if slot[0] == "compare":
                _, at, key = slot
                expected, word = self._recorded(key), core.scratch[at]
                assert word == expected, f"{word} != {expected} for {key} at pc={core.pc}"
            elif slot[0] == "vcompare":
                _, at, keys = slot
                recorded = [self._recorded(key) for key in keys]
                words = core.scratch[at : at + VLEN]
                message = f"{words} != {recorded} for {keys} at pc={core.pc} loc={at}"
                assert words == recorded, message

    def _recorded(self, key: Any) -> Any:
        # A key of a JSON file is a list, which no mapping has.
        return self.value_trace[tuple(key) if isinstance(key, list) else key]

    # For people to read.

    def _names(self) -> Mapping[int, tuple[str, int]]:
        names: Mapping[int, tuple[str, int]] = getattr(self.debug_info, "scratch_map", None) or {}
        return names

    def rewrite_slot(self, slot: Sequence[Any]) -> tuple[Any, ...]:
        """A slot with names in the place of scratch addresses that have one."""
        names = self._names()
        return tuple(names.get(part, (None, None))[0] or part for part in slot)

    def rewrite_instr(self, instr: Mapping[Any, Any]) -> dict[Any, list[tuple[Any, ...]]]:
        """A bundle with names in the place of scratch addresses that have one."""
        return {name: [self.rewrite_slot(slot) for slot in slots] for name, slots in instr.items()}

    def scratch_map(self, core: Core) -> dict[str, list[int]]:
        """The words of scratch that have a name, by name."""
        return {
            name: core.scratch[address : address + width]
            for address, (name, width) in self._names().items()
        }

    def print_step(self, instr: Mapping[Any, Any], core: Core) -> None:
        """Print the named words and the bundle that is next."""
        print(self.scratch_map(core))
        print(core.pc, instr, self.rewrite_instr(instr))

    # The trace.

    def setup_trace(self) -> None:
        """Begin to write `trace.json` in the current folder."""
        self.trace = TraceFile.open(TRACE_FILE, len(self.cores), SLOT_LIMITS, self._names())

    def trace_slot(self, core: Core, slot: Sequence[Any], name: str, i: int) -> None:
        """Write a slot that is about to be executed."""
        assert self.trace is not None
        named = self.rewrite_slot(slot)
        self.trace.slot(core.id, self.cycle, name, i, slot[0], {"slot": slot, "named": named})

    def trace_post_step(self, instr: Mapping[Any, Any], core: Core) -> None:  # noqa: ARG002
        """Write the named words that a bundle has written."""
        assert self.trace is not None
        for address, (_, width) in self._names().items():
            place = range(address, address + width)
            if not self.scratch_write.keys().isdisjoint(place):
                words = core.scratch[address : address + width]
                self.trace.words(core.id, self.cycle, address, words)

    def __del__(self) -> None:
        trace = vars(self).get("trace")
        if trace is not None:
            with suppress(OSError):
                trace.close()


_STATES = {
    Reason.END: CoreState.STOPPED,
    Reason.HALT: CoreState.STOPPED,
    Reason.PAUSE: CoreState.PAUSED,
}
# Whoever overrides one of these is called for each bundle.
_METHODS = {
    name: getattr(Machine, name)
    for name in (
        "step",
        "alu",
        "valu",
        "load",
        "store",
        "flow",
        "_run_cycle",
    )
}
