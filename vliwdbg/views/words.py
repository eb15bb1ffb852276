"""All of scratch and of memory, as rows of a pane.

scratch_rows    in rows of 8 words, a vector a row, scalars with their names
MemoryRows      in rows of 8 words, region by region
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple, overload

from machine.disassembly import ScratchNames
from machine.isa import SCRATCH_SIZE, VLEN
from machine.problem import Layout


class WordRow(NamedTuple):
    """Words `start:stop` in one row, with the row's label; `names` has one per word of scalars.

    A row without words is a heading.
    """

    label: str
    start: int
    stop: int
    names: tuple[str, ...] = ()


NODES = "nodes"
SCALARS_IN_ROW = VLEN // 2
"""Half as many words with their names fit where a vector does."""


def scratch_rows(names: ScratchNames) -> list[WordRow]:
    """All of scratch by address: a vector a row, named scalars in rows of four, the rest in 8s."""
    rows: list[WordRow] = []
    scalars: list[tuple[int, str]] = []
    at = 0
    for start, stop, label in _stretches(names):
        if stop - start == 1 and label:
            scalars.append((start, label))
        else:
            rows += _scalar_rows(scalars)
            scalars = []
            rows += _vector_rows(start, stop, label)
        at = stop
    return [*rows, *_scalar_rows(scalars), *_vector_rows(at, SCRATCH_SIZE, "")]


def rows_of(names: ScratchNames, words: Iterable[int]) -> list[WordRow]:
    """Only these words of scratch by address; those side by side that have one name together."""
    rows: list[WordRow] = []
    for start, stop in _runs(names, sorted(set(words))):
        rows += (
            WordRow(names.text(first, min(VLEN, stop - first)), first, min(first + VLEN, stop))
            for first in range(start, stop, VLEN)
        )
    return rows


def _runs(names: ScratchNames, words: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Words in order as runs start:stop, each within one name or without any."""
    for _, run in groupby(enumerate(words), lambda at: (at[1] - at[0], names.holding(at[1]))):
        held = [word for _, word in run]
        yield held[0], held[-1] + 1


def _stretches(names: ScratchNames) -> Iterator[tuple[int, int, str]]:
    """Named stretches and the gaps between them, each word once: (start, stop, label)."""
    at = 0
    for start, _, width in names:
        start, stop = max(start, at), min(start + width, SCRATCH_SIZE)
        if start >= stop:
            continue
        if start > at:
            yield at, start, ""
        held = names.holding(start)
        assert held is not None
        yield start, stop, names.label(held[0])
        at = stop


def _scalar_rows(scalars: Sequence[tuple[int, str]]) -> Iterator[WordRow]:
    for first in range(0, len(scalars), SCALARS_IN_ROW):
        row = scalars[first : first + SCALARS_IN_ROW]
        yield WordRow("", row[0][0], row[-1][0] + 1, tuple(label for _, label in row))


def _vector_rows(start: int, stop: int, label: str) -> Iterator[WordRow]:
    for first in range(start, stop, VLEN):
        inside = f"{label}[{first - start}]" if label and first > start else label
        yield WordRow(inside, first, min(first + VLEN, stop))


class MemoryRows(Sequence[WordRow]):
    """All of memory in rows of 8 words, each region under a heading; rows are made when asked.

    `by_level` has the tree's nodes level by level.
    """

    def __init__(self, layout: Layout | None, words: int, *, by_level: bool = False) -> None:
        regions = _regions(layout, words)
        self.regions = list(_with_levels(regions) if by_level else regions)
        self._first_rows = [0]
        for _, addresses in self.regions:
            rows = 1 + -(-len(addresses) // VLEN)
            self._first_rows.append(self._first_rows[-1] + rows)

    def __len__(self) -> int:
        return self._first_rows[-1]

    @overload
    def __getitem__(self, row: int) -> WordRow: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[WordRow]: ...
    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        if not 0 <= row < len(self):
            raise IndexError(row)
        region = self._region_of_row(row)
        name, addresses = self.regions[region]
        inside = row - self._first_rows[region] - 1
        if inside < 0:
            return WordRow(
                f"{name} {addresses.start}:{addresses.stop}", addresses.start, addresses.start
            )
        start = addresses.start + inside * VLEN
        return WordRow(name, start, min(start + VLEN, addresses.stop))

    def _region_of_row(self, row: int) -> int:
        return next(i for i in range(len(self.regions)) if row < self._first_rows[i + 1])

    def row_of(self, address: int) -> int:
        """The row that holds an address."""
        for region, (_, addresses) in enumerate(self.regions):
            if address in addresses:
                return self._first_rows[region] + 1 + (address - addresses.start) // VLEN
        return 0


def _with_levels(regions: Iterator[tuple[str, range]]) -> Iterator[tuple[str, range]]:
    for name, addresses in regions:
        if name != NODES:
            yield name, addresses
            continue
        level, start = 0, addresses.start
        while start < addresses.stop:
            stop = min(start + (1 << level), addresses.stop)
            yield f"level {level}", range(start, stop)
            level, start = level + 1, stop


def _regions(layout: Layout | None, words: int) -> Iterator[tuple[str, range]]:
    at = 0
    for name, addresses in (layout.regions() if layout else {}).items():
        if addresses:
            yield name, addresses
        at = addresses.stop
    if at < words:
        yield "rest" if at else "memory", range(at, words)
    elif not words:
        yield "no memory", range(0)  # a heading, for a cursor to stand on
