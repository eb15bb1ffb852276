"""Programs as people's builders make them, encoded once.

A program is a list that its owner may edit at any time, and the public simulator would notice. So
what was encoded is kept with the slots it was made of: that it still is the same is seen at once
where the slots are the same objects, and after a look at their operands where they are equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from machine.collector import gc_paused
from machine.core.what_fits import encode_what_fits
from machine.native import choose
from machine.program import Program

MOST_KEPT = 8
"""Programs that are kept for the next machine that loads one of them."""
MOST_SLOTS = 2**20
"""Slots that those may have together, beyond the last one loaded."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A program, encoded. Bundles that no core takes are empty in it, and `left_out` by pc."""

    program: Program
    left_out: tuple[int, ...]
    seen: Any

    def holds(self, bundles: Any) -> bool:
        """Whether these are its bundles still."""
        return self.seen is not None and self.seen.holds(bundles)


_kept: list[Loaded] = []
"""The programs loaded last, the very last one first."""


def load(bundles: Any) -> Loaded | None:
    """A program, encoded or found among those kept; None where no core takes it."""
    if choose().name != "compiled" or not isinstance(bundles, (list, tuple)):
        return None
    for loaded in _kept:
        if loaded.holds(bundles):
            break
    else:
        loaded = _encode(bundles)
    if loaded.seen is not None:
        _keep(loaded)
    return loaded


def _encode(bundles: Any) -> Loaded:
    with gc_paused():
        columns, left_out, seen = encode_what_fits(bundles)
    return Loaded(Program(columns), left_out, seen)


def _keep(loaded: Loaded) -> None:
    if _kept and loaded is _kept[0]:
        return
    others = [kept for kept in _kept if kept is not loaded][: MOST_KEPT - 1]
    while sum(kept.program.columns.slot_count for kept in others) > MOST_SLOTS:
        others.pop()
    _kept[:] = [loaded, *others]
