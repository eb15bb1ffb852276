"""What programs come to, side by side and over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vliwdbg.views.base import View

Result = Literal["right", "wrong", "unchecked", "fault", "limit"]


@dataclass(frozen=True)
class Threshold:
    """A number of cycles that somebody came to, and who."""

    cycles: int
    what: str


SOURCE = "the README of the public performance challenge, for height 10, rounds 16, batch 256"
THRESHOLDS = (
    Threshold(147_734, "the program to start from"),
    Threshold(18_532, "the program to start from in the version of two hours"),
    Threshold(2_164, "Claude Opus 4, many hours"),
    Threshold(1_790, "Claude Opus 4.5, a casual session; about the best of people in two hours"),
    Threshold(1_579, "Claude Opus 4.5, two hours"),
    Threshold(1_548, "Claude Sonnet 4.5, many more than two hours"),
    Threshold(1_487, "Claude Opus 4.5, 11.5 hours"),
    Threshold(1_363, "Claude Opus 4.5, an improved harness"),
)
"""The public ones, of the standard problem."""


@dataclass(frozen=True)
class Benched:
    """What a program came to, on its own input and on `trials` fresh ones.

    `detail` says what is wrong, or where it stopped. `floor` is the least number of cycles for the
    same operations, `binds` what it comes from and `gap` how far the program is from it; None for a
    run that did not come to its end. `best` is the fewest cycles of it in the ledger before this.
    `below` is the least threshold that it is below, if it solves the problem they are of.
    """

    program: str
    problem: str
    cycles: int
    result: Result
    detail: str
    trials: int
    floor: int | None
    binds: str | None
    gap: int | None
    best: int | None
    below: int | None
    program_sha256: str

    @property
    def ok(self) -> bool:
        return self.result in ("right", "unchecked")


@dataclass(frozen=True)
class Refused:
    """A file that is no program, and why."""

    program: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Bench(View, kind="bench"):
    """Programs side by side, in the order in which they were named.

    `left_out` were not looked at, because somebody interrupted it.
    """

    programs: tuple[Benched, ...]
    refused: tuple[Refused, ...]
    left_out: int
    strict: bool
    ledger: str | None
    thresholds: tuple[Threshold, ...] = THRESHOLDS
    thresholds_from: str = SOURCE

    @property
    def ok(self) -> bool:
        return not self.refused and all(program.ok for program in self.programs)


@dataclass(frozen=True)
class Measured:
    """What a kernel came to at a time in UTC."""

    at: str
    cycles: int
    result: str
    floor: int | None
    program_sha256: str


@dataclass(frozen=True)
class KernelHistory:
    """A kernel on one problem over time; `best` are the fewest cycles of its right runs."""

    kernel: str
    problem: str
    best: int | None
    entries: tuple[Measured, ...]


@dataclass(frozen=True)
class LedgerHistory(View, kind="ledger"):
    """What a ledger tells, kernel by kernel, those last measured last."""

    ledger: str
    kernels: tuple[KernelHistory, ...]
