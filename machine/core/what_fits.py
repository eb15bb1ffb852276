"""The bundles of a builder that a core can execute, encoded and known again."""

from __future__ import annotations

from typing import Any

from machine.columns import Columns
from machine.encode_fast import FastEncoder, compiled_code


class _WhatFits(FastEncoder):
    """Leaves out bundles that would be refused: they are empty, and `left_out` has their pcs."""

    indices = True

    def __init__(self) -> None:
        super().__init__()
        self.seen = compiled_code().Seen()
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
    from machine.core.compiled import lowered

    encoder = _WhatFits()
    encoder.add_all(bundles)
    columns = encoder.columns
    complete = not encoder.left_out and encoder.seen.complete(columns.arrays, columns.payloads)
    lowered(columns)
    return columns, tuple(encoder.left_out), encoder.seen if complete else None
