"""Where slots come from: the round, vector, level and stage of the kernel that each belongs to.

A program file may say so for each of its slots (`slots`); a program without that has no origins,
and its tags stand in their place. The bar of a bundle shows how many slots belong to what:

    round   0 1 2 3 4 5 6 7 …
            ▁ ▂ ▁   ▇ ▁       …
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from machine.program import Program

_SHORT_STAGES = {
    **{f"hash stage {stage}": f"h{stage}" for stage in range(6)},
    "node": "nd",
    "descend": "dn",
    "table": "tb",
    "constants": "ct",
    "setup": "su",
    "load": "ld",
    "store": "st",
    "index": "ix",
}
MOST_COLUMNS = 32
"""Of a bar; where there are more rounds, or tags, neighbours share a column."""


class Origin(NamedTuple):
    """What one slot belongs to; None or empty for what nobody says."""

    round: int | None = None
    vector: int | None = None
    level: int | None = None
    stage: str = ""

    @property
    def text(self) -> str:
        """`r7 v8 h5`: round, vector and stage, what is known of them."""
        parts = [
            "" if self.round is None else f"r{self.round}",
            "" if self.vector is None else f"v{self.vector}",
            short_stage(self.stage),
        ]
        return " ".join(part for part in parts if part)


UNKNOWN = Origin()


def short_stage(stage: str) -> str:
    """A stage in two or three letters: `h5` for `hash stage 5`."""
    return _SHORT_STAGES.get(stage) or stage.replace(" ", "")[:3]


def origin_of(note: Any) -> Origin:
    """What a program file's note about a slot says."""
    if not isinstance(note, Mapping):
        return Origin(stage=note) if isinstance(note, str) else UNKNOWN
    counted = (_counted(note.get(name)) for name in ("round", "vector", "level"))
    of_round, vector, level = (None if number < 0 else number for number in counted)
    stage = note.get("stage", "")
    return Origin(of_round, vector, level, stage if isinstance(stage, str) else "")


@dataclass(frozen=True)
class Bars:
    """What the columns of a bar stand for: `kind` is round, vector or tag, `labels` one a column.

    `columns` is the column of each slot in program order, -1 where it belongs to nothing.
    """

    kind: str
    labels: tuple[str, ...]
    columns: Sequence[int]

    def counts(self, slots: range) -> list[int]:
        """How many of these slots belong to each column."""
        found = Counter(self.columns[slots.start : slots.stop])
        return [found[column] for column in range(len(self.labels))]

    def text(self, slots: range) -> str:
        """Which rounds (vectors, tags) these slots belong to: `round 3-5, 7`; may be empty."""
        there = [column for column, count in enumerate(self.counts(slots)) if count]
        if not there:
            return ""
        if self.kind == "tag":
            return ", ".join(self.labels[column] for column in there)
        return f"{self.kind} {_runs([int(self.labels[column]) for column in there])}"


NO_BARS = Bars("tag", (), ())
"""Of a program that nobody has looked through."""


class Told(NamedTuple):
    """One thing that notes tell of slots: the values there are, and of each slot which of them."""

    values: tuple[Any, ...]
    numbers: array[int]

    def where(self, wanted: Callable[[Any], bool]) -> bytes:
        """Mark the slots with such a value."""
        marks = bytes(map(wanted, self.values))
        return bytes(map(marks.__getitem__, self.numbers))


class Origins:
    """The origins of a program's slots, by their number in program order."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.known = len(program.slots) == program.columns.slot_count > 0
        self._first = program.columns.first_slot_of_bundles()
        self._told: dict[str, Told] = {}

    def told(self, kind: str) -> Told:
        """What is known of all slots: their rounds, vectors, levels or stages. A pass over all
        notes, once; None stands for what is no number or text."""
        if kind not in self._told:
            numbers: dict[Any, int] = {}
            notes = self._program.slots if self.known else ()
            values = (_value(note, kind) for note in notes)
            column = array("I", (numbers.setdefault(value, len(numbers)) for value in values))
            self._told[kind] = Told(tuple(numbers), column)
        return self._told[kind]

    def slots_of(self, pc: int) -> range:
        """The numbers of a bundle's slots, in the bundle's own order."""
        return range(self._first[pc], self._first[pc + 1])

    def slots_in(self, start: int, stop: int) -> range:
        """The numbers of the slots of bundles start:stop, as far as there are such."""
        last = len(self._first) - 1
        return range(self._first[min(start, last)], self._first[min(stop, last)])

    def of(self, slot: int) -> Origin:
        """Where a slot comes from."""
        return origin_of(self._program.slots[slot]) if self.known else UNKNOWN

    @cached_property
    def bars(self) -> Bars:
        """Rounds where slots tell them, else vectors, else the program's tags."""
        for kind in ("round", "vector"):
            if self.known and (bars := self._bars_of(kind)):
                return bars
        return self._bars_of_tags()

    def _bars_of(self, kind: str) -> Bars | None:
        told = self.told(kind)
        rounds = tuple(map(_counted, told.values))
        highest = max(rounds)
        if highest < 0:
            return None
        share = highest // MOST_COLUMNS + 1
        labels = tuple(str(first) for first in range(0, highest + 1, share))
        columns = [number // share for number in rounds]
        return Bars(kind, labels, array("b", map(columns.__getitem__, told.numbers)))

    def _bars_of_tags(self) -> Bars:
        names = list(dict.fromkeys(tag.name for tag in self._program.tags))
        share = (len(names) - 1) // MOST_COLUMNS + 1 if names else 1
        column_of = {name: at // share for at, name in enumerate(names)}
        columns = array("b", [-1]) * self._program.columns.slot_count
        for tag in sorted(self._program.tags, key=lambda tag: tag.pc):
            slots = self.slots_in(tag.pc, tag.end)
            columns[slots.start : slots.stop] = array("b", [column_of[tag.name]]) * len(slots)
        return Bars("tag", tuple(names[::share]), columns)


def _value(note: Any, kind: str) -> float | str | None:
    """A number or text of a note."""
    value = note.get(kind) if isinstance(note, Mapping) else None
    return value if isinstance(value, (int, float, str)) else None


def _counted(value: Any) -> int:
    """A value that counts from 0; -1 for any other."""
    return value if isinstance(value, int) and value >= 0 else -1


def _runs(numbers: Sequence[int]) -> str:
    """Numbers in order, as few words as possible: `0-2, 5`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
