"""The encoder of `machine.encode`, with its quick path in compiled code where that is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

from machine.core import choose_core
from machine.encode import Encoder, quick_limit
from machine.isa import ENGINE_CODES, OPCODES, SLOT_LIMITS, Role
from machine.program import Columns

# What the compiled encoder takes for an operand that is no integer; encode.c has the same.
_TAKEN = {Role.KEY: -1, Role.KEYS: -2, Role.OFFSET: -3, Role.ANYTHING: -4}


def make_encoder() -> Encoder:
    """The fastest encoder there is."""
    return FastEncoder() if choose_core().name == "compiled" else Encoder()


class FastEncoder(Encoder):
    """Takes plain bundles in compiled code, the others as `Encoder` does."""

    indices = False
    """Whether anything with an `__index__` counts as an integer."""
    frozen: list[tuple[Any, ...]] | None = None
    """Gets a tuple for each slot of a plain bundle, where it is a list."""

    def _take_plain(self, bundles: Any, pc: int) -> int:
        columns = self.columns
        before = len(columns)
        taken, payloads = _core().take_bundles(
            bundles,
            pc,
            len(columns.group_engine),
            columns.slot_count,
            len(columns.payloads),
            self.indices,
            self.frozen,
        )
        for column, items in zip(columns.arrays, taken, strict=True):
            column.frombytes(items)
        columns.payloads += payloads
        return pc + len(columns) - before


class _WhatFits(FastEncoder):
    """Leaves out bundles that would be refused: they are empty, and `left_out` has their pcs."""

    indices = True

    def __init__(self) -> None:
        super().__init__()
        self.frozen = []
        self.left_out: list[int] = []

    def _add_bundle(self, pc: int, bundle: Any) -> None:
        columns = self.columns
        before = len(columns), len(columns.group_engine), columns.slot_count
        super()._add_bundle(pc, bundle)
        if self.complaints:
            self.complaints.clear()
            self.left_out.append(pc)
            columns.truncate(*before)
            columns.first_group.append(len(columns.group_engine))


def encode_what_fits(bundles: Any) -> tuple[Columns, tuple[int, ...], Any]:
    """Columns of bundles as a builder makes them, lowered, without those that no core can execute.

    Returns the columns, the pcs of what was left out, and a `_core.Seen` that knows these bundles
    again; None in its place where some are of no plain kind. Needs the compiled core.
    """
    encoder = _WhatFits()
    encoder.add_all(bundles)
    columns, frozen = encoder.columns, encoder.frozen
    assert frozen is not None
    seen = None
    if len(frozen) == columns.slot_count and not encoder.left_out:
        layout = columns.first_group, columns.group_engine, columns.first_slot
        seen = _core().Seen(*layout, frozen)
    from machine.core.compiled import lowered

    lowered(columns)
    return columns, tuple(encoder.left_out), seen


def count_plain(data: bytes) -> int | None:
    """How many items a list in JSON has, where all can be told to be right without reading them.

    None where that cannot be told: they are no plain objects, or nothing is compiled.
    """
    return _core().count_plain(data) if choose_core().name == "compiled" else None


@cache
def _core() -> ModuleType:
    """The compiled code, which now knows the slots that can be plain."""
    from machine.core import _core

    _core.adopt_plain(tuple(SLOT_LIMITS.items()), tuple(_plain_slots()), defaultdict)
    return _core


def _plain_slots() -> Iterator[tuple[int, str, int, tuple[int, ...]]]:
    """Engine, name, code, and the greatest value of each operand, or what it is instead."""
    for row in OPCODES:
        greatest = (_TAKEN.get(operand.role) or quick_limit(operand) for operand in row.operands)
        yield ENGINE_CODES[row.engine], row.name, row.code, tuple(greatest)
