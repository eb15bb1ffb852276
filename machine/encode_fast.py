"""The encoder of `machine.encode`, with its quick path in compiled code where that is there."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import Any

from machine.columns import Columns
from machine.encode import Encoder, quick_limit
from machine.errors import ProgramError
from machine.isa import ENGINE_CODES, OPCODES, SCRATCH_SIZE, SLOT_LIMITS, Role
from machine.native import choose

# What the compiled encoder takes for an operand that is no integer; encode.c has the same.
_TAKEN = {Role.KEY: -1, Role.KEYS: -2, Role.OFFSET: -3, Role.ANYTHING: -4}


def make_encoder(scratch_size: int = SCRATCH_SIZE) -> Encoder:
    """The fastest encoder there is for programs with so much scratch."""
    fast = choose().name == "compiled" and scratch_size == SCRATCH_SIZE
    return FastEncoder() if fast else Encoder(scratch_size)


def encode_bundles(bundles: Sequence[Any], scratch_size: int = SCRATCH_SIZE) -> Columns:
    """The columns of these bundles: a sequence of mappings engine -> sequence of slots.

    Raises ProgramError with every fault in them.
    """
    encoder = make_encoder(scratch_size)
    encoder.add_all(bundles)
    if encoder.complaints:
        raise ProgramError(encoder.complaints)
    return encoder.columns


class FastEncoder(Encoder):
    """Takes plain bundles in compiled code, the others as `Encoder` does."""

    indices = False
    """Whether anything with an `__index__` counts as an integer."""
    seen: Any = None
    """A `_core.Seen` that is told of the slots of plain bundles, if any."""

    def _take_plain(self, bundles: Any, pc: int) -> int:
        columns = self.columns
        taken: int = compiled_code().take_bundles(
            bundles, pc, columns.arrays, columns.payloads, self.indices, self.seen
        )
        return pc + taken


def find_plain(data: bytes | memoryview, each: int) -> tuple[int, array[int]] | None:
    """How many items a list in JSON has, and where each n-th of them starts, where all can be told
    to be right without reading them.

    None where that cannot be told: they are no plain objects, or nothing is compiled.
    """
    if choose().name != "compiled":
        return None
    found = compiled_code().find_plain(data, each)
    return found and (found[0], array("Q", found[1]))


@cache
def compiled_code() -> ModuleType:
    """The compiled code, which now knows the slots that can be plain."""
    from machine import _core

    _core.adopt_plain(tuple(SLOT_LIMITS.items()), tuple(_plain_slots()), defaultdict)
    return _core


def _plain_slots() -> Iterator[tuple[int, str, int, tuple[int, ...]]]:
    """Engine, name, code, and the greatest value of each operand, or what it is instead."""
    for row in OPCODES:
        greatest = (_TAKEN.get(operand.role) or quick_limit(operand) for operand in row.operands)
        yield ENGINE_CODES[row.engine], row.name, row.code, tuple(greatest)
