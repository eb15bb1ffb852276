"""Conditions as code for a stack, so that a core can tell at once whether it has to stop.

A condition is a list of instructions, each an operation and its argument, for a stack of words.
There are no jumps: what would fail (a division by zero, an address outside memory) is *unknown*
instead, and so is what comes of it, unless a false `&&` or a true `||` before it decides. A core
stops where a condition is true or unknown; whoever set it then finds out, and says what failed.

    s[3] && 10 / s[3] == 5      SCRATCH 3, PUSH 10, SCRATCH 3, DIVIDE, PUSH 5, EQUAL, AND_THEN
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from enum import IntEnum, auto
from typing import NamedTuple, Protocol

from machine.isa import WORD_MASK

DEEPEST = 64
"""Words that the stack holds."""


class Op(IntEnum):
    """What an instruction does; the order is that of the enum in core/trap.c."""

    UNKNOWN = 0
    PUSH = auto()
    CYCLE = auto()
    PC = auto()
    STEP = auto()
    SCRATCH = auto()
    """The word at the argument."""
    MEMORY = auto()
    SCRATCH_AT = auto()
    """The word at the top of the stack plus the argument."""
    MEMORY_AT = auto()
    BELOW = auto()
    """The top of the stack, unknown unless it is below the argument."""
    NEGATE = auto()
    INVERT = auto()
    NOT = auto()
    ADD = auto()
    SUBTRACT = auto()
    MULTIPLY = auto()
    DIVIDE = auto()
    DIVIDE_UP = auto()
    MODULO = auto()
    XOR = auto()
    AND = auto()
    OR = auto()
    SHIFT_LEFT = auto()
    SHIFT_RIGHT = auto()
    LESS = auto()
    LESS_EQUAL = auto()
    GREATER = auto()
    GREATER_EQUAL = auto()
    EQUAL = auto()
    DIFFERENT = auto()
    BOTH = auto()
    EITHER = auto()
    AND_THEN = auto()
    OR_ELSE = auto()


class Instruction(NamedTuple):
    """An operation and its argument; 0 where it takes none."""

    op: Op
    argument: int = 0


Code = tuple[Instruction, ...]


class Words(Protocol):
    """What a condition looks at."""

    @property
    def cycle(self) -> int: ...
    @property
    def pc(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def scratch(self) -> Sequence[int]: ...
    @property
    def memory(self) -> Sequence[int]: ...


_READS: dict[Op, Callable[[Words, int], int]] = {
    Op.PUSH: lambda _core, word: word,
    Op.CYCLE: lambda core, _: core.cycle,
    Op.PC: lambda core, _: core.pc,
    Op.STEP: lambda core, _: core.position,
    Op.SCRATCH: lambda core, address: core.scratch[address],
    Op.MEMORY: lambda core, address: core.memory[address],
}
_UNARY: dict[Op, Callable[[Words, int, int], int | None]] = {
    Op.SCRATCH_AT: lambda core, at, index: _word(core.scratch, at + index),
    Op.MEMORY_AT: lambda core, at, index: _word(core.memory, at + index),
    Op.BELOW: lambda _core, limit, word: word if word < limit else None,
    Op.NEGATE: lambda _core, _, word: -word & WORD_MASK,
    Op.INVERT: lambda _core, _, word: word ^ WORD_MASK,
    Op.NOT: lambda _core, _, word: int(not word),
}
_BINARY: dict[Op, Callable[[int, int], int | None]] = {
    Op.ADD: lambda a, b: a + b & WORD_MASK,
    Op.SUBTRACT: lambda a, b: a - b & WORD_MASK,
    Op.MULTIPLY: lambda a, b: a * b & WORD_MASK,
    Op.DIVIDE: lambda a, b: a // b if b else None,
    Op.DIVIDE_UP: lambda a, b: (a + b - 1) // b if b else None,
    Op.MODULO: lambda a, b: a % b if b else None,
    Op.XOR: lambda a, b: a ^ b,
    Op.AND: lambda a, b: a & b,
    Op.OR: lambda a, b: a | b,
    Op.SHIFT_LEFT: lambda a, b: a << b & WORD_MASK if b < 32 else 0,
    Op.SHIFT_RIGHT: lambda a, b: a >> b if b < 64 else 0,
    Op.LESS: lambda a, b: int(a < b),
    Op.LESS_EQUAL: lambda a, b: int(a <= b),
    Op.GREATER: lambda a, b: int(a > b),
    Op.GREATER_EQUAL: lambda a, b: int(a >= b),
    Op.EQUAL: lambda a, b: int(a == b),
    Op.DIFFERENT: lambda a, b: int(a != b),
    Op.BOTH: lambda a, b: int(bool(a) and bool(b)),
    Op.EITHER: lambda a, b: int(bool(a) or bool(b)),
}
_DECIDED_BY = {Op.AND_THEN: False, Op.OR_ELSE: True}


def may_hold(code: Code, core: Words) -> bool:
    """Whether a condition is true or unknown now; no code is no condition."""
    stack: list[int | None] = []
    for op, argument in code:
        if op in _READS:
            stack.append(_READS[op](core, argument))
        elif op is Op.UNKNOWN:
            stack.append(None)
        elif op in _UNARY:
            word = stack[-1]
            stack[-1] = None if word is None else _UNARY[op](core, argument, word)
        else:
            b, a = stack.pop(), stack.pop()
            stack.append(_combined(op, a, b))
    return not stack or stack[-1] != 0


def _combined(op: Op, a: int | None, b: int | None) -> int | None:
    if op in _DECIDED_BY and a is not None and bool(a) is _DECIDED_BY[op]:
        return int(bool(a))
    if a is None or b is None:
        return None
    return int(bool(b)) if op in _DECIDED_BY else _BINARY[op](a, b)


def _word(words: Sequence[int], address: int) -> int | None:
    return words[address] if address < len(words) else None


def depth(code: Code) -> int:
    """How many words the stack has to hold."""
    deepest = now = 0
    for op, _ in code:
        now += 1 if op in _READS or op is Op.UNKNOWN else 0 if op in _UNARY else -1
        deepest = max(deepest, now)
    return deepest


def packed(code: Code) -> bytes:
    """The instructions as the compiled core takes them."""
    return array("q", [number for instruction in code for number in instruction]).tobytes()


class Need(IntEnum):
    """What a bundle has to do to the words of a trap; the order is that of the enum in core."""

    NOTHING = 0
    CHANGE_SCRATCH = auto()
    CHANGE_MEMORY = auto()
    READ_MEMORY = auto()
    TOUCH_MEMORY = auto()


class Trap(NamedTuple):
    """One thing that stops a run, where a flag says that it may.

    `flags` has a byte for each pc, not 0 at its bundles; empty where words of memory are flagged.
    It is looked for before the bundle, or `after`, and only where the bundle does to the words
    start:stop what it `needs`, and the condition may hold.
    """

    flags: bytes
    after: bool
    needs: Need = Need.NOTHING
    start: int = 0
    stop: int = 0
    code: Code = ()
