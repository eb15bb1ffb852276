"""The run as a picture, and the seek bar: how full each engine was over its cycles.

     7 timeline ──────────────────────────── cycles 0-899 · 8 a column · z zooms
    alu    ▆██████████████████████▇████████████████████████████████████████
    valu   ▆███████████████████████████████████████████████████████████████
    load   ████▆▇███▂▅███████████████████████▃█████████████████████████████
    live   ▃▃▄▅▅▅▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▅▅▄▃▂
    marks  ●  ◆◆      ▲

`live` are the words of scratch that hold a value, of all words. In a terminal without room for that
it is one row: the lanes of alu and valu together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from textual import events
from textual.message import Message
from textual.strip import Strip

from machine.isa import SCRATCH_SIZE
from vliwdbg.tui.widgets.paint import Row
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.views.occupancy import LIMITS, Occupancy, Window
from vliwdbg.views.ribbon import EXECUTING

LABEL = 7
HEIGHTS = "▁▂▃▄▅▆▇█"
IDLE, HERE = "·", "▲"
LANES = "lanes"
LIVE, MARKS = "live", "marks"
ROWS = (*EXECUTING, LIVE, MARKS)


def bar(share: float) -> str:
    """A share from 0 to 1 as a block; only what is full looks full."""
    if share <= 0:
        return IDLE
    return HEIGHTS[min(int(share * len(HEIGHTS)), len(HEIGHTS) - 1 - (share < 1))]


class TimelinePane(Pane):
    """Its cursor is the position of the run; left and right seek."""

    of_slots = True
    empty = "no picture of the run yet"

    class Seek(Message):
        """A cycle was asked for."""

        def __init__(self, cycle: int) -> None:
            super().__init__()
            self.cycle = cycle

    @property
    def compact(self) -> bool:
        """Whether there is room for one row alone."""
        return self.size.height < len(ROWS)

    @property
    def columns(self) -> int:
        return max(self.width - LABEL, 1)

    @property
    def window(self) -> Window:
        return self.view_state.window

    def count(self) -> int:
        return len(ROWS) if self.view_state.occupancy else 0

    def info(self) -> str:
        window, a_column = self.window, max(self.window.cycles // self.columns, 1)
        cycle, pressure = self.view_state.now.cycle, self.view_state.pressure
        live = f"{pressure[cycle]} words live · " if cycle < len(pressure) else ""
        return f"{live}cycles {window.first}-{window.stop} · {a_column} a column · z Z zoom"

    def move_sideways(self, columns: int) -> None:
        """A column to the left or right."""
        a_column = max(self.window.cycles // self.columns, 1)
        self.post_message(self.Seek(max(self.view_state.now.cycle + columns * a_column, 0)))

    def key(self, row: int) -> Hashable:
        return self._picture(), row

    def _picture(self) -> Hashable:
        """All that the rows show but for their width, which the pane sees to."""
        view_state = self.view_state
        return (
            id(view_state.occupancy),
            id(view_state.pressure),
            view_state.window,
            self._here(),
            view_state.marks,
            self.compact,
        )

    def _here(self) -> int | None:
        """The column of the position."""
        return self.window.column_of(self.view_state.now.cycle, self.columns)

    def row(self, row: int) -> Row:
        occupancy = self.view_state.occupancy
        assert occupancy is not None
        name = ROWS[row]
        if name == MARKS:
            return [(f"{name:<{LABEL}}", "dim"), *self._marks()]
        if name == LIVE:
            return [(f"{name:<{LABEL}}", "name"), *_pieces(self._live(), "name", self._here())]
        return self._engine(occupancy, name)

    _live_cells: tuple[Hashable, str] = (None, "")

    def _live(self) -> str:
        """How many words are live, a character a column."""
        pressure, window, columns = self.view_state.pressure, self.window, self.columns
        stamp = (id(pressure), window, columns)
        if self._live_cells[0] != stamp:
            self._live_cells = (stamp, _pressure_cells(pressure, window, columns))
        return self._live_cells[1]

    def _engine(self, occupancy: Occupancy, name: str) -> Row:
        cells = _cells(occupancy, name, self.window, self.columns)
        paint = "alu" if name == LANES else name
        return [(f"{name:<{LABEL}}", paint), *_pieces(cells, paint, self._here())]

    def _marks(self) -> Row:
        """Where the run may stop (●), the user's marks by their first letter, and here."""
        window, columns = self.window, self.columns
        cells = [" "] * columns
        for cycle, mark in self.view_state.marks:
            column = window.column_of(cycle, columns)
            if column is not None:
                cells[column] = mark
        here = self._here()
        if here is not None:
            cells[here] = HERE
        return [("".join(cells), "tag")]

    def render_line(self, y: int) -> Strip:
        if not self.compact:
            return super().render_line(y)
        occupancy = self.view_state.occupancy
        row: Row = self._engine(occupancy, LANES) if occupancy else [(f" {self.empty}", "dim")]
        return self.line(row, self.width, self.base)

    def _stamp(self, y: int) -> Hashable:
        return (self._picture(), self.width) if self.compact else super()._stamp(y)

    def on_click(self, event: events.Click) -> None:
        if event.x < LABEL or (event.y == 0 and not self.compact):
            super().on_click(event)
            return
        self.post_message(self.Seek(self.window.cycle_at(event.x - LABEL, self.columns)))


@lru_cache(maxsize=len(LIMITS))
def _cells(occupancy: Occupancy, name: str, window: Window, columns: int) -> str:
    """How full an engine was, a character a column."""
    return "".join(map(bar, occupancy.shares(name, window, columns)))


def _pressure_cells(pressure: Sequence[int], window: Window, columns: int) -> str:
    """The most words that hold a value in each column's cycles, a character a column."""
    if not pressure:
        return " " * columns
    edges = [window.cycle_at(column, columns) for column in range(columns + 1)]
    spans = (pressure[first : max(stop, first + 1)] for first, stop in pairwise(edges))
    return "".join(bar(max(span, default=0) / SCRATCH_SIZE) for span in spans)


def _pieces(text: str, paint: str, here: int | None) -> Iterator[tuple[str, str]]:
    """The cells of a row, that of the position standing out."""
    if here is None:
        yield text, paint
        return
    yield text[:here], paint
    yield text[here], "cell"
    yield text[here + 1 :], paint
