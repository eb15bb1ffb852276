"""What views are about: slots of a run, and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Space = Literal["scratch", "memory"]


@dataclass(frozen=True)
class SlotAt:
    """A slot as it was executed: `cycle` is the one before its bundle, `slot` its place in it."""

    cycle: int
    pc: int
    engine: str
    slot: int
    text: str


@dataclass(frozen=True)
class WordsAt:
    """Words start:stop; `text` is how a user would write them."""

    space: Space
    start: int
    stop: int
    text: str
