"""The compiled code: whether it is there, fits, and is wanted.

It fits if it was built for the sizes and the rows of `machine.isa`, which are handed to it before
anything of it runs. `VLIWDBG_CORE=model` in the environment does without it, plain Python takes
its place; `VLIWDBG_CORE=compiled` insists on it.
"""

from __future__ import annotations

import os
from functools import cache
from typing import NamedTuple

from machine.access import MEMORY, Kind
from machine.columns import MAX_OPERANDS
from machine.conditions import Op
from machine.isa import ENGINES, OPCODES, SCRATCH_SIZE, SLOT_LIMITS, VLEN, Opcode, Role

VARIABLE = "VLIWDBG_CORE"
NAMES = ("compiled", "model")

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
    "condition operations": len(Op),
    "alu slots": SLOT_LIMITS["alu"],
    "valu slots": SLOT_LIMITS["valu"],
}
_ROOM = {
    "store slots": SLOT_LIMITS["store"],
    "opcodes": len(OPCODES),
    "engines": len(ENGINES),
    "letters of a name": max(len(name) for row in OPCODES for name in (row.engine, row.name)),
}


class CoreError(Exception):
    """There is no such core here."""


class Choice(NamedTuple):
    """Which core is in use, one of NAMES, and why it is this one."""

    name: str
    why: str


@cache
def choose(name: str | None = None) -> Choice:
    """The core called `name`, or the one the environment names, or the fastest that there is.

    The environment is looked at once: what it names then is in use as long as the process lasts.
    Raises CoreError for a name there is none of, and where the compiled core is asked for but
    missing.
    """
    asked = name or os.environ.get(VARIABLE) or None
    if asked not in (None, *NAMES):
        raise CoreError(f"no core is called {asked!r}; there are {' and '.join(NAMES)}")
    if asked == "model":
        return Choice("model", "asked for")
    lacking = _what_is_lacking()
    if lacking is None:
        return Choice("compiled", "asked for" if asked else "the fastest there is")
    message = f"the compiled core is not there: {lacking}"
    if asked:
        raise CoreError(message)
    return Choice("model", message)


@cache
def _what_is_lacking() -> str | None:
    """Why the compiled code cannot be used, or None where it can."""
    try:
        adopt_instruction_set()
    except (ImportError, ValueError) as error:
        return str(error)
    return None


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
    from machine import _core

    wrong = [name for name, size in _SIZES.items() if _core.LIMITS[name] != size]
    wrong += [name for name, least in _ROOM.items() if _core.LIMITS[name] < least]
    for name in wrong:
        raise ImportError(f"it was built for {_core.LIMITS[name]} {name}")
    try:
        _core.adopt_rows(instruction_rows())
    except ValueError as error:
        raise ImportError(f"it was built for another instruction set: {error}") from error
    if len(OPCODES) != _core.OPERATIONS:
        raise ImportError(f"it was built for {_core.OPERATIONS} opcodes, not {len(OPCODES)}")
