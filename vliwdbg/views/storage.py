"""What scratch is used for, and when. Cycles are half-open, like words."""

from __future__ import annotations

from dataclasses import dataclass

from vliwdbg.views.answers import Answer
from vliwdbg.views.places import SlotAt


@dataclass(frozen=True)
class Holder:
    """A value that some words hold in the cycles first:stop, from its write to its last read.

    `writer` is None for words that nobody wrote and that are read as 0.
    """

    place: str
    words: int
    first: int
    stop: int
    writer: SlotAt | None


@dataclass(frozen=True)
class Zone:
    """Words in which nothing is kept in the cycles first:stop."""

    place: str
    words: int
    first: int
    stop: int


@dataclass(frozen=True)
class PressureWindow:
    """The most words that hold a value at one cycle of first:stop."""

    first: int
    stop: int
    words: int


@dataclass(frozen=True)
class Live(Answer, kind="live"):
    """Which words of scratch hold a value that is still to be read.

    `peak` words do at cycle `peak_cycle`; `holders` are the values that they hold then, the longest
    lived first, of which `more` words are not shown. `used` words are read or written at all, and
    `unused` are the others. `lifetimes` counts values (words written) by `bounds` in cycles from
    their write to their last read; `dead` ones are never read. `long_lived` is the part of all live
    words and cycles that belongs to values kept for more than half of the run. `zones` are where
    most could be put.
    """

    cycles: int
    scratch: int
    peak: int
    peak_cycle: int
    holders: tuple[Holder, ...]
    more: int
    windows: tuple[PressureWindow, ...]
    used: int
    unused: tuple[str, ...]
    values: int
    dead: int
    bounds: tuple[int, ...]
    lifetimes: tuple[int, ...]
    long_lived: float
    zones: tuple[Zone, ...]
