"""docs/machine.md as a program: the simplest interpreter that holds it, in no hurry at all.

A step reads the state as it was, gathers the bundle's effects in the order in which the bundle
lists them, and commits them together. A fault drops the gathered effects, so nothing has happened.
Programs are taken to have passed the loader: scratch addresses, arities and limits are not checked.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .shapes import Bundle, Fault, Key, Program, Reference, Slot

WORD = 2**32
LANES = range(8)

ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "cdiv": lambda a, b: (a + b - 1) // b,
    "<<": lambda a, b: a << b if b < 32 else 0,
    ">>": lambda a, b: a >> b if b < 32 else 0,
    "<": lambda a, b: int(a < b),
    "==": lambda a, b: int(a == b),
}
DIVISIONS = ("//", "%", "cdiv")


@dataclass
class _Effects:
    """What one bundle will do at the end of its cycle; later writes overwrite earlier ones."""

    pc: int
    state: str = "running"
    scratch: dict[int, int] = field(default_factory=dict)
    memory: dict[int, int] = field(default_factory=dict)
    trace: list[int] = field(default_factory=list)


@dataclass(eq=False)
class _Wrong(Exception):
    """A slot that cannot run; the step adds the place."""

    kind: str
    lane: int | None
    operand: int
    value: int | Key


class Oracle:
    """A machine under docs/machine.md; `state` is also "faulted" after a step that faulted."""

    def __init__(
        self,
        bundles: Program,
        memory: Sequence[int],
        *,
        reference: Reference | None = None,
        debug: bool = True,
        pauses: bool = True,
        scratch_size: int = 1536,
    ) -> None:
        self.bundles = bundles
        self.memory = list(memory)
        self.scratch = [0] * scratch_size
        self.reference = reference
        self.debug = debug
        self.pauses = pauses
        self.pc = 0
        self.cycle = 0
        self.position = 0
        self.state = "running"
        self.trace: list[int] = []

    def step(self) -> Fault | None:
        """Execute one bundle, or stop at the end; return the fault that kept it from running."""
        if self.state == "stopped":
            return None
        if self.pc >= len(self.bundles):
            self.state = "stopped"
            return None
        bundle = self.bundles[self.pc]
        effects = _Effects(self.pc + 1)
        for engine, index, slot in _in_order(bundle):
            try:
                self._execute(engine, slot, effects)
            except _Wrong as wrong:
                self.state = "faulted"
                place = (self.cycle, self.pc, engine, index)
                return Fault(wrong.kind, *place, wrong.lane, wrong.operand, wrong.value)
        self._commit(bundle, effects)
        return None

    def _commit(self, bundle: Bundle, effects: _Effects) -> None:
        for address, value in effects.scratch.items():
            self.scratch[address] = value
        for address, value in effects.memory.items():
            self.memory[address] = value
        self.trace += effects.trace
        self.pc = effects.pc
        self.state = effects.state
        self.cycle += any(engine != "debug" for engine in bundle)
        self.position += 1

    def _execute(self, engine: str, slot: Slot, effects: _Effects) -> None:
        engines = {
            "alu": self._alu,
            "valu": self._valu,
            "load": self._load,
            "store": self._store,
            "flow": self._flow,
            "debug": self._debug,
        }
        engines[engine](slot, effects)

    def _alu(self, slot: Slot, effects: _Effects) -> None:
        op, dest, a, b = slot
        effects.scratch[dest] = _calculate(op, self.scratch[a], self.scratch[b], None)

    def _valu(self, slot: Slot, effects: _Effects) -> None:
        old = self.scratch
        for i in LANES:
            match slot:
                case ["vbroadcast", dest, src]:
                    result = old[src]
                case ["multiply_add", dest, a, b, c]:
                    result = (old[a + i] * old[b + i] + old[c + i]) % WORD
                case [op, dest, a, b]:
                    result = _calculate(op, old[a + i], old[b + i], i)
            effects.scratch[dest + i] = result

    def _load(self, slot: Slot, effects: _Effects) -> None:
        new, old = effects.scratch, self.scratch
        match slot:
            case ["load", dest, addr]:
                new[dest] = self.memory[self._address(old[addr], None, 1)]
            case ["load_offset", dest, addr, imm]:
                new[dest + imm] = self.memory[self._address(old[addr + imm], None, 1)]
            case ["vload", dest, addr]:
                for i in LANES:
                    new[dest + i] = self.memory[self._address(old[addr] + i, i, 1)]
            case ["const", dest, imm]:
                new[dest] = imm % WORD

    def _store(self, slot: Slot, effects: _Effects) -> None:
        new, old = effects.memory, self.scratch
        match slot:
            case ["store", addr, src]:
                new[self._address(old[addr], None, 0)] = old[src]
            case ["vstore", addr, src]:
                for i in LANES:
                    new[self._address(old[addr] + i, i, 0)] = old[src + i]

    def _flow(self, slot: Slot, effects: _Effects) -> None:
        new, old = effects.scratch, self.scratch
        match slot:
            case ["select", dest, cond, a, b]:
                new[dest] = old[a] if old[cond] != 0 else old[b]
            case ["vselect", dest, cond, a, b]:
                for i in LANES:
                    new[dest + i] = old[a + i] if old[cond + i] != 0 else old[b + i]
            case ["add_imm", dest, a, imm]:
                new[dest] = (old[a] + imm) % WORD
            case ["coreid", dest]:
                new[dest] = 0
            case ["trace_write", src]:
                effects.trace.append(old[src])
            case ["halt"]:
                effects.state = "stopped"
            case ["pause"]:
                effects.state = "paused" if self.pauses else "running"
            case _:
                self._jump(slot, effects)

    def _jump(self, slot: Slot, effects: _Effects) -> None:
        match slot:
            case ["jump", imm]:
                effects.pc = _target(imm, 0)
            case ["jump_indirect", addr]:
                effects.pc = _target(self.scratch[addr], 0)
            case ["cond_jump", cond, imm] if self.scratch[cond] != 0:
                effects.pc = _target(imm, 1)
            case ["cond_jump_rel", cond, imm] if self.scratch[cond] != 0:
                effects.pc = _target(self.pc + 1 + imm, 1)

    def _debug(self, slot: Slot, effects: _Effects) -> None:
        if not self.debug or self.reference is None:
            return
        match slot:
            case ["compare", loc, key]:
                _compare(self.reference, tuple(key), self.scratch[loc], None)
            case ["vcompare", loc, keys]:
                for i in LANES:
                    _compare(self.reference, tuple(keys[i]), self.scratch[loc + i], i)

    def _address(self, address: int, lane: int | None, operand: int) -> int:
        if address >= len(self.memory):
            raise _Wrong("memory-address", lane, operand, address)
        return address


def _in_order(bundle: Bundle) -> Iterator[tuple[str, int, Any]]:
    for engine, slots in bundle.items():
        for index, slot in enumerate(slots):
            yield engine, index, slot


def _calculate(op: str, a: int, b: int, lane: int | None) -> int:
    if op in DIVISIONS and b == 0:
        raise _Wrong("division-by-zero", lane, 2, b)
    return ARITHMETIC[op](a, b) % WORD


def _target(target: int, operand: int) -> int:
    if target < 0:
        raise _Wrong("jump-target", None, operand, target)
    return target


def _compare(reference: Reference, key: Key, value: int, lane: int | None) -> None:
    if key not in reference:
        raise _Wrong("compare-unrecorded", lane, 1, key)
    if value != reference[key]:
        raise _Wrong("compare-differs", lane, 0, value)
