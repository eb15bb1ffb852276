"""What the slots and words of a program are for."""

from __future__ import annotations

from dataclasses import dataclass

from vliwdbg.views.answers import Answer
from vliwdbg.views.places import SlotAt


@dataclass(frozen=True)
class StageSlots:
    """How many slots work for a stage."""

    stage: str
    slots: int


@dataclass(frozen=True)
class Named:
    """A name for so many words of scratch."""

    start: int
    words: int
    name: str


@dataclass(frozen=True)
class Explain(Answer, kind="explain"):
    """Of `told` of all `slots` the stage is known; they work for so many `vectors` and `rounds`.
    `names` are for words that hold one thing throughout, `unknown` are the first slots of which
    nothing is known."""

    slots: int
    told: int
    stages: tuple[StageSlots, ...]
    vectors: int
    rounds: int
    names: tuple[Named, ...]
    unknown: tuple[SlotAt, ...]

    @property
    def ok(self) -> bool:
        return self.told > 0
