"""What views are about: slots of a run, and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from machine.disassembly import ScratchNames
from vliwdbg.session.places import Place

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


@dataclass(frozen=True)
class Words:
    """Words with their values, the first of them at `start`."""

    start: int
    text: str
    words: tuple[int, ...]


def space_of(place: Place) -> Space:
    """Which words a place is of."""
    return "memory" if place.memory else "scratch"


def words_at(place: Place, names: ScratchNames) -> WordsAt:
    """A place as a view has it."""
    return WordsAt(space_of(place), place.start, place.stop, place.text(names))
