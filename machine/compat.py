"""The public simulator's machine, on this one: its constructor, its attributes, its exceptions.

For people's existing test files, which run a hundred times faster by importing from here:

    from machine.compat import Machine

    machine = Machine(mem, kb.instrs, kb.debug_info(), value_trace=value_trace)
    machine.enable_pause = False
    machine.run()
    assert machine.mem[a:b] == expected and machine.cycle < 2000

What differs, and says so: a program is refused when it is loaded, not when its wrong slot is
reached; a bundle that fails leaves nothing behind; there is one core with 1536 words of scratch; it
writes no trace file and prints nothing. `docs/machine.md` has the rest, under Faults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

from machine.errors import ProgramError
from machine.isa import SCRATCH_SIZE, SLOT_LIMITS, VLEN
from machine.machine import NO_LIMIT
from machine.machine import Machine as Inner
from machine.program import Program
from machine.stops import Fault, FaultKind, Reason, State

__all__ = [
    "N_CORES",
    "SCRATCH_SIZE",
    "SLOT_LIMITS",
    "VLEN",
    "Core",
    "CoreState",
    "DebugInfo",
    "Machine",
    "RefusedError",
]

N_CORES = 1


class CoreState(Enum):
    """What a core is doing."""

    RUNNING = 1
    PAUSED = 2
    STOPPED = 3


@dataclass
class DebugInfo:
    """Names of scratch: address -> (name, width)."""

    scratch_map: dict[int, tuple[str, int]]


class RefusedError(ProgramError, AssertionError, NotImplementedError, IndexError):
    """A program that is refused, as whatever the public machine raises at the slot that is wrong:
    AssertionError (too many slots), NotImplementedError (no such opcode), IndexError (outside
    scratch)."""


class Core:
    """The one core of a machine."""

    id = 0

    def __init__(self, machine: Inner) -> None:
        self._machine = machine

    @property
    def scratch(self) -> MutableSequence[int]:
        """The words of scratch, which can be set; there are always as many."""
        return self._machine.scratch

    @property
    def trace_buf(self) -> Sequence[int]:
        """The words written to the trace buffer."""
        return self._machine.trace

    @property
    def pc(self) -> int:
        """Index of the next bundle."""
        return self._machine.pc

    @pc.setter
    def pc(self, pc: int) -> None:
        self._machine.core.pc = pc

    @property
    def state(self) -> CoreState:
        """Running, paused or stopped."""
        return CoreState[State(self._machine.state).name]


class Machine:
    """The public simulator's machine.

    `value_trace` may be filled between runs. Raises NotImplementedError for what is not supported,
    and RefusedError for a program that can never run.
    """

    def __init__(
        self,
        mem_dump: Sequence[int],
        program: Sequence[Mapping[str, Sequence[Sequence[Any]]]],
        debug_info: Any = None,
        n_cores: int = 1,
        scratch_size: int = SCRATCH_SIZE,
        trace: bool = False,
        value_trace: Mapping[Any, int] | None = None,
    ) -> None:
        _support(n_cores == 1, f"{n_cores} cores: there is one")
        _support(scratch_size == SCRATCH_SIZE, f"scratch_size={scratch_size}: it is {SCRATCH_SIZE}")
        _support(not trace, "trace=True: `vliwdbg export PROGRAM --perfetto FILE` writes a trace")
        try:
            self._machine = Inner(Program.from_bundles(program), mem_dump, debug=False)
        except ProgramError as error:
            raise RefusedError(error.complaints) from None
        self.program = program
        self.debug_info = debug_info
        self.value_trace = {} if value_trace is None else value_trace
        self.enable_pause = True
        self.enable_debug = True
        self.trace = None
        self.cores = [Core(self._machine)]

    @property
    def cycle(self) -> int:
        """Cycles so far."""
        return self._machine.cycle

    @property
    def mem(self) -> MutableSequence[int]:
        """The words of memory, which can be set; there are always as many."""
        return self._machine.memory

    @mem.setter
    def mem(self, words: Sequence[int]) -> None:
        self._machine.memory[:] = words

    @property
    def prints(self) -> bool:
        """Off: this machine prints nothing."""
        return False

    @prints.setter
    def prints(self, prints: bool) -> None:
        _support(not prints, "prints=True: `vliwdbg PROGRAM` shows each step")

    def run(self) -> None:
        """Run to the next pause, or to the end. Raises what the public machine raises."""
        core = self._machine.core
        core.pauses = self.enable_pause
        core.debug = self.enable_debug
        if self.enable_debug:
            core.reference = self.value_trace
        stop = core.run(NO_LIMIT)
        while stop.reason is Reason.BUDGET:
            stop = core.run(NO_LIMIT)
        if stop.fault is not None:
            self._raise(stop.fault)

    def _raise(self, fault: Fault) -> NoReturn:
        if fault.engine == "debug":
            self._raise_compare(fault)
        raise _RAISED[fault.kind](fault)

    def _raise_compare(self, fault: Fault) -> NoReturn:
        slot = self.program[fault.pc]["debug"][fault.slot]
        location, key, pc = slot[1], slot[2], fault.pc + 1
        if fault.lane is None:
            word = self.cores[0].scratch[location]
            raise AssertionError(f"{word} != {self._recorded(key)} for {key} at pc={pc}")
        words = list(self.cores[0].scratch[location : location + VLEN])
        expected = [self._recorded(key) for key in slot[2]]
        raise AssertionError(f"{words} != {expected} for {key} at pc={pc} loc={location}")

    def _recorded(self, key: Any) -> Any:
        # A key that came as a list cannot be looked up, here as there; the loader made it a tuple.
        return self.value_trace[tuple(key) if isinstance(key, list) else key]


def _support(supported: bool, what: str) -> None:
    if not supported:
        raise NotImplementedError(f"{what} (machine.compat does not support it)")


def _division(fault: Fault) -> Exception:
    return ZeroDivisionError(f"integer division or modulo by zero at pc={fault.pc}")


def _memory(fault: Fault) -> Exception:
    return IndexError(f"list index out of range: memory address {fault.value} at pc={fault.pc}")


def _target(fault: Fault) -> Exception:
    message = f"jump to {fault.value} at pc={fault.pc}: negative targets are not supported"
    return NotImplementedError(message)


_RAISED: dict[FaultKind, Callable[[Fault], Exception]] = {
    FaultKind.DIVISION: _division,
    FaultKind.MEMORY: _memory,
    FaultKind.TARGET: _target,
}
