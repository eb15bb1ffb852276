"""What can be wrong with something a user gave, and where.

A `Complaint` is one wrong thing with its place; a `ProgramError` carries all of them, so that a
user mends a file in one go. What goes wrong while a program runs is a fault (`machine.stops`),
never an exception of this module.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

SHOWN = 20
"""How many complaints are listed before the rest are only counted."""


_LONGEST = 40


def quoted(text: str) -> str:
    """A text of the user's in quotes, cut where it is too long for a line."""
    return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def shown(number: int) -> str:
    """A number of the user's, unless it has too many digits for a line."""
    return str(number) if abs(number) < 10**20 else "a huge number"


class Complaint(NamedTuple):
    """One wrong thing: its place (`bundles[17].alu`, empty for the whole) and what is wrong."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class ProgramError(ValueError):
    """A program, memory or problem that cannot be taken; `complaints` lists why, at least one."""

    def __init__(self, complaints: Iterable[Complaint]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(self.lines()))

    @classmethod
    def at(cls, place: str, message: str) -> ProgramError:
        """The error of one complaint."""
        return cls([Complaint(place, message)])

    def lines(self) -> list[str]:
        """The complaints as text, the first 20 of them and a count of the rest."""
        lines = [str(complaint) for complaint in self.complaints[:SHOWN]]
        if len(self.complaints) > SHOWN:
            lines.append(f"… and {len(self.complaints) - SHOWN} more")
        return lines


class TimeLimitError(ProgramError):
    """A program that was not there when its time was up."""
