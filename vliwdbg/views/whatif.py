"""What a run would take if something were different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from machine.isa import SCRATCH_SIZE
from vliwdbg.views.answers import Answer


@dataclass(frozen=True)
class MoreScratch:
    """What a program does with so many words of scratch, more than the machine has.

    It names words below `reached`; at most `peak` of them hold a value at a time, before cycle
    `peak_cycle`. `right` says whether the result is, None where nobody knows.
    """

    words: int
    reached: int
    peak: int
    peak_cycle: int
    right: bool | None

    @property
    def over(self) -> int:
        """Words that it names and the machine does not have."""
        return max(self.reached - SCRATCH_SIZE, 0)


@dataclass(frozen=True)
class WhatIf(Answer, kind="whatif"):
    """The cycles of the run as it was given, and `at_most` how many its operations take when each
    is put where it can be earliest, in the order as given.

    So at least `saved` are saved; who may reorder them may save more. `same` is how many it would
    be if nothing were different but the places in this order. `limits` are the slots a
    cycle, `renamed` says that words of scratch were never waited for, and `free` names the
    operations that took no slot. `used` is how many slots of each engine that leaves used.
    `scratch` is there if the run had more than the machine has.
    """

    change: str
    cycles: int
    at_most: int
    saved: int
    same: int
    limits: Mapping[str, int]
    renamed: bool
    free: tuple[str, ...]
    used: Mapping[str, float]
    moved: int
    scratch: MoreScratch | None
