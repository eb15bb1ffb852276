"""Where words come from and where they go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vliwdbg.views.answers import Answer
from vliwdbg.views.places import SlotAt, WordsAt
from vliwdbg.views.radix import Value

Origin = Literal["slot", "again", "input", "never-written", "before"]
"""Made by a slot; by a slot that is shown elsewhere; memory as the run started; scratch that nobody
wrote; or made before the window that was looked at."""


@dataclass(frozen=True)
class Source:
    """Where some words come from: the slot that made them, and what that slot read.

    `number` is the same wherever the same words appear; the inputs are shown with the first of
    them. `through` are the loads, stores and broadcasts that only moved them on the way, first to
    last. `left_out` says that there are inputs that are not shown.
    """

    number: int
    place: str
    value: Value
    origin: Origin
    writer: SlotAt | None
    through: tuple[SlotAt, ...]
    inputs: tuple[Source, ...]
    left_out: bool


@dataclass(frozen=True)
class Who(Answer, kind="who"):
    """Who wrote some words, and from what.

    `writer` is the slot that wrote them all, or None where several did or nobody; then `inputs` are
    the sources of each. `slots` is how many slots they come from in all, `shown` of how many the
    inputs tell.
    """

    place: WordsAt
    cycle: int
    value: Value
    writer: SlotAt | None
    inputs: tuple[Source, ...]
    shown: int
    slots: int

    @property
    def ok(self) -> bool:
        return bool(self.inputs) or self.writer is not None


@dataclass(frozen=True)
class Uses(Answer, kind="uses"):
    """Who reads the words that are in a place at a cycle, up to `until`, which overwrites one.

    `more` readers are not shown.
    """

    place: WordsAt
    cycle: int
    value: Value
    readers: tuple[SlotAt, ...]
    more: int
    until: SlotAt | None

    @property
    def ok(self) -> bool:
        return bool(self.readers)


@dataclass(frozen=True)
class WriteAt:
    """A slot that wrote some words of a place, and what they were and became."""

    writer: SlotAt
    place: str
    old: Value
    new: Value


@dataclass(frozen=True)
class Writes(Answer, kind="writes"):
    """All writes to a place in order; `left_out` of them, in the middle, are not shown."""

    place: WordsAt
    writes: tuple[WriteAt, ...]
    left_out: int

    @property
    def ok(self) -> bool:
        return bool(self.writes)


@dataclass(frozen=True)
class Found(Answer, kind="find"):
    """At which cycles an expression holds: `spans` are first:stop, `cycles` how many in all.

    `more` spans are not shown.
    """

    expression: str
    spans: tuple[tuple[int, int], ...]
    cycles: int
    more: int

    @property
    def ok(self) -> bool:
        return bool(self.spans)
