"""The encoder of `machine.encode`, with its quick path in compiled code where that is there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

from machine.core import choose_core
from machine.encode import Encoder, quick_limit
from machine.isa import ENGINE_CODES, OPCODES, SLOT_LIMITS, Role

# What the compiled encoder takes for an operand that is no integer; encode.c has the same.
_KEY, _KEYS = -1, -2
_TAKEN = {Role.KEY: _KEY, Role.KEYS: _KEYS}
_NEVER_PLAIN = {Role.OFFSET, Role.ANYTHING}


def make_encoder() -> Encoder:
    """The fastest encoder there is."""
    return FastEncoder() if choose_core().name == "compiled" else Encoder()


class FastEncoder(Encoder):
    """Takes plain bundles in compiled code, the others as `Encoder` does."""

    def _take_plain(self, bundles: Any, pc: int) -> int:
        columns = self.columns
        before = len(columns)
        taken, payloads = _core().take_bundles(
            bundles, pc, len(columns.group_engine), columns.slot_count, len(columns.payloads)
        )
        for column, items in zip(columns.arrays, taken, strict=True):
            column.frombytes(items)
        columns.payloads += payloads
        return pc + len(columns) - before


@cache
def _core() -> ModuleType:
    """The compiled code, which now knows the slots that can be plain."""
    from machine.core import _core

    _core.adopt_plain(tuple(SLOT_LIMITS.items()), tuple(_plain_slots()))
    return _core


def _plain_slots() -> Iterator[tuple[int, str, int, tuple[int, ...]]]:
    """Engine, name, code, and the greatest value of each operand."""
    for row in OPCODES:
        roles = [operand.role for operand in row.operands]
        if _NEVER_PLAIN.isdisjoint(roles):
            greatest = (
                _TAKEN.get(operand.role) or quick_limit(operand) for operand in row.operands
            )
            yield ENGINE_CODES[row.engine], row.name, row.code, tuple(greatest)
