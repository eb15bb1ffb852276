"""What two programs have in common, and in what they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vliwdbg.views.answers import Answer
from vliwdbg.views.places import SlotAt


@dataclass(frozen=True)
class Side:
    """One of the two: its cycles, the lanes that it computes, and the part of each engine's slots
    that it uses."""

    name: str
    cycles: int
    lanes: int
    utilization: Mapping[str, float]


@dataclass(frozen=True)
class Surplus:
    """Lanes of one kind that have no counterpart: `by` is `opcode` or `stage`."""

    by: str
    name: str
    a: int
    b: int


@dataclass(frozen=True)
class Gain:
    """In the cycles first:stop of A, how many cycles later than there B comes to do the same at the
    end of the window, less what it was at its start; negative is a gain of B."""

    first: int
    stop: int
    cycles: int


@dataclass(frozen=True)
class Shift:
    """A slot of A, and the one of B that computes the same so many cycles later."""

    a: SlotAt
    b: SlotAt
    cycles: int


@dataclass(frozen=True)
class Diff(Answer, kind="diff"):
    """Two programs, matched by what they compute on the same `inputs`.

    `same_computation` and `same_value` are the parts of all lanes of both that have a counterpart
    which does the same to the same words, and one which makes the same words. `surplus` are those
    without the first. `gains` follow A; `shifts` are the slots that moved most against what is
    around them, and `typical_shift` is the median of how far slots moved.
    """

    a: Side
    b: Side
    inputs: int
    same_computation: float
    same_value: float
    surplus: tuple[Surplus, ...]
    gains: tuple[Gain, ...]
    typical_shift: int
    shifts: tuple[Shift, ...]
