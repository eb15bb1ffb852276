"""Why a machine stopped: the words that every front end uses.

The machine never waits and never prints; it returns a `Stop`. A fault is one kind of stop: it
leaves the machine as it was before the bundle (docs/machine.md, Faults).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from machine.program import Program


class State(StrEnum):
    """What the machine is doing."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FAULTED = "faulted"


class Reason(StrEnum):
    """Why it stopped."""

    END = "end"
    HALT = "halt"
    PAUSE = "pause"
    FAULT = "fault"
    BREAKPOINT = "breakpoint"
    WATCHPOINT = "watchpoint"
    MAX_CYCLES = "max-cycles"
    BUDGET = "budget"
    TIMEOUT = "timeout"
    INTERRUPT = "interrupt"


ENDINGS = frozenset({Reason.END, Reason.HALT})
"""The stops at which a program has come to its end."""


class FaultKind(Enum):
    """What a program can do wrong, with the sentence that says so."""

    DIVISION = "division by zero"
    MEMORY = "memory address outside memory"
    TARGET = "jump to a negative target"
    DIFFERS = "the word differs from the reference value"
    UNRECORDED = "the reference recorded no value under the key"


class Fault(NamedTuple):
    """A fault and its place.

    `slot` is the index within the engine's slots, `operand` the position of the offending one,
    `lane` None for a scalar. `value` is the offending value: the divisor, the memory address
    reached, the target, the word that differs, the key. `expected` is the reference value of a
    compare that differs.
    """

    kind: FaultKind
    cycle: int
    pc: int
    engine: str
    slot: int
    lane: int | None
    operand: int
    value: Any
    expected: int | None = None

    def sentence(self, program: Program, word_text: Callable[[int], str] = str) -> str:
        """What went wrong and where, in one line; `word_text` writes the words that differ.

        division by zero: alu[3] // operand b is 0, at cycle 5, pc 7
        """
        slots = dict(program.bundle(self.pc).groups)[self.engine]
        row = slots[self.slot].opcode
        lane = "" if self.lane is None else f" lane {self.lane}"
        told = self.value
        if self.expected is not None:
            told = differing(self.value, self.expected, word_text)
        return (
            f"{self.kind.value}: {self.engine}[{self.slot}] {row.name}{lane} operand "
            f"{row.operands[self.operand].name} is {told}, at cycle {self.cycle}, pc {self.pc}"
        )


def differing(word: int, expected: int, word_text: Callable[[int], str] = str) -> str:
    """What a fault tells of a word that is not the reference's."""
    return f"{word_text(word)} where the reference has {word_text(expected)}"


class Write(NamedTuple):
    """One word that a bundle changed or wrote anew: its address, and its value before and after."""

    address: int
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class Commit:
    """All that one bundle did. Each word appears once, with the value that won.

    `pc`, `cycle` and `position` are those before the bundle.
    """

    pc: int
    cycle: int
    position: int
    scratch: tuple[Write, ...]
    memory: tuple[Write, ...]
    traced: tuple[int, ...]


class Stop(NamedTuple):
    """Why and where a run stopped; pc, cycle and position are those of the machine now.

    `commit` is the bundle just executed, where one was and the stop is about it.
    """

    reason: Reason
    pc: int
    cycle: int
    position: int
    fault: Fault | None = None
    commit: Commit | None = None
