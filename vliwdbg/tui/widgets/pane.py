"""A pane: a title, and rows that are drawn one by one when they come into sight.

    3 scratch ─────────────────────────── v_val[3] s[67] = 1234 (0x4d2)
    v_val    00000001 00000002 …

A pane knows how many rows it has and how to paint one; it never lays anything out, so a jump over
200,000 rows costs what its visible rows cost. Painted rows are kept by what they show.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.cache import FIFOCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from vliwdbg.printable import printable
from vliwdbg.tui.widgets.paint import Painted, Row, fitted

if TYPE_CHECKING:
    from vliwdbg.session.places import Place
    from vliwdbg.tui.answers import Jump
    from vliwdbg.tui.view_state import ViewState

KEPT_ROWS = 2_000
SCROLLED_BY_WHEEL = 3


class Tab(NamedTuple):
    """A pane in a title, and the number that chooses it."""

    number: int
    pane: str


class Pane(Painted, can_focus=True):
    """The base of all panes. `cursor` is a row, `top` the first one seen, `left` a column.

    `empty` is what a pane without rows says; `margin` rows are kept in sight on both sides of the
    cursor.
    """

    empty = ""
    margin = 0
    of_slots = False
    """Whether it is about the program's slots, so that a search asks for those."""

    class Chosen(Message):
        """A pane was chosen with the mouse."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, name: str, view_state: ViewState) -> None:
        super().__init__(id=name)
        self.view_state = view_state
        self.title = name
        self.tabs: Sequence[Tab] = ()
        """The panes that take turns here."""
        self.cursor = self.top = self.left = 0
        self.found = ""
        self._seen: list[Hashable] = []
        self._seen_size = Size(0, 0)
        self._strips: FIFOCache[Hashable, Strip] = FIFOCache(KEPT_ROWS)

    # what a pane is

    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def row(self, row: int) -> Row:
        """A row's pieces."""
        raise NotImplementedError

    def key(self, row: int) -> Hashable:
        """All that a row shows; equal keys look the same."""
        raise NotImplementedError

    def info(self) -> str:
        """What the right of the title says."""
        return ""

    def words_here(self) -> Place | None:
        """The words under the cursor, if there are any."""
        return None

    def address_here(self) -> int | None:
        """The word of memory that the row under the cursor points at, if it does."""
        return None

    def jump(self) -> Jump | None:
        """Where in the run the row under the cursor leads, if anywhere."""
        return None

    def step_of_words(self) -> int:
        """The step of the run before which the words under the cursor are as they are shown."""
        return self.view_state.now.position

    def place(self) -> str:
        """The words under the cursor as a command line takes them; empty if there are none."""
        words = self.words_here()
        return words.text(self.view_state.names) if words else ""

    def line_here(self) -> str:
        """The row under the cursor as a text; empty if there is none."""
        return self.plain(self.cursor).rstrip() if self.cursor < self.count() else ""

    def show(self) -> None:
        """The session changed, or how it is looked at: draw again."""
        self.move_to(self.cursor, follow=False)

    def on_resize(self) -> None:
        self.bring_into_sight()
        self.show()

    # moving

    @property
    def page(self) -> int:
        """Rows that are seen at once."""
        return max(self.size.height - 1, 1)

    def move(self, rows: int, columns: int) -> None:
        """Move the cursor; sideways is for panes that have something there."""
        self.move_to(self.cursor + rows)
        if columns:
            self.move_sideways(columns)

    def move_sideways(self, columns: int) -> None:
        """A step to the left or right."""
        self.left = max(self.left + columns * 8, 0)
        self.redraw()

    def move_to(self, row: int, *, follow: bool = True) -> None:
        """Put the cursor on a row, and bring it into sight."""
        self.cursor = max(min(row, self.count() - 1), 0)
        if follow:
            self.bring_into_sight()
        self.top = max(min(self.top, self.count() - self.page), 0)
        self.redraw()

    def bring_into_sight(self) -> None:
        """Scroll as little as possible, or a jump to a third of the height."""
        margin = min(self.margin, (self.page - 1) // 2)
        if not self.top - self.page <= self.cursor < self.top + 2 * self.page:
            self.top = self.cursor - self.page // 3
        elif self.cursor < self.top + margin:
            self.top = max(self.cursor - margin, 0)
        elif self.cursor >= self.top + self.page - margin:
            self.top = self.cursor - self.page + margin + 1

    def next_rows(self) -> str:
        """Show other rows, where there are any; what they are called."""
        return ""

    def locate(self, _text: str) -> bool:
        """Go where a search names a place of the pane outright; whether it does."""
        return False

    def next_change(self, _direction: int) -> bool:
        """Go to the next word that changed since the last stop; whether there is one."""
        return False

    def plain(self, row: int) -> str:
        """A row without its paints, for searching."""
        return "".join(text for text, _ in self.row(row))

    # drawing

    def redraw(self) -> None:
        """Draw again the lines that would look otherwise than they do."""
        size = self.size
        self.width = size.width
        seen = [self._stamp(y) for y in range(size.height)]
        if size != self._seen_size or len(seen) != len(self._seen):
            self.refresh()
        else:
            pairs = enumerate(zip(seen, self._seen, strict=True))
            changed = [y for y, (now, before) in pairs if now != before]
            if changed:
                self.refresh(*(Region(0, y, size.width, 1) for y in changed))
        self._seen, self._seen_size = seen, size

    def _stamp(self, y: int) -> Hashable:
        """All that a line of the pane shows."""
        if y == 0:
            return self.info(), tuple(self.tabs), self.has_focus
        row = y - 1 + self.top
        if row >= self.count():
            return None
        return self.key(row), row == self.cursor and self.has_focus, self.left

    def forget_styles(self) -> None:
        self._strips.clear()
        self._seen = []

    def render_line(self, y: int) -> Strip:
        if y == 0:
            return self._title(self.width)
        row = y - 1 + self.top
        if row >= self.count():
            return self._beyond(y, self.width)
        return self._strip(row, marked=row == self.cursor and self.has_focus)

    def _strip(self, row: int, *, marked: bool) -> Strip:
        key = (self.key(row), marked, self.left, self.width)
        strip = self._strips.get(key)
        if strip is None:
            base = self.base + self.paint("cursor") if marked else self.base
            strip = self._strips[key] = self._seen_part(self.row(row), base)
        return strip

    def _seen_part(self, row: Row, base: Style) -> Strip:
        """The columns that are seen of a row; the frozen ones always are."""
        if not self.left:
            return self.line(row, self.width, base)
        whole, frozen = self.painted(row, base), self.frozen
        if not frozen:
            return self.cut(whole, self.left, self.width, base)
        rest = whole.crop(frozen, None)
        room = max(self.width - frozen, 0)
        labels = self.fit(whole, 0, min(frozen, self.width), base)
        return Strip.join([labels, self.cut(rest, self.left, room, base)])

    @property
    def frozen(self) -> int:
        """Columns at the left that stay where the rest is moved sideways."""
        return 0

    def _beyond(self, y: int, width: int) -> Strip:
        """A line below the last row."""
        says = [(f" {self.empty}", "dim")] if y == 1 and self.empty else []
        return self.line(says, width, self.base)

    def _title(self, width: int) -> Strip:
        info = printable(self.info())
        left = self._tab_pieces(info)
        room = width - sum(cell_len(text) for text, _ in left) - 4
        if cell_len(info) > room:
            info = fitted(info, room) if room > 8 else ""
        rule = "─" * max(room - cell_len(info) + (2 if info else 4), 0)
        right: Row = [(f" {info} ", "dim")] if info else []
        row = [*left, (rule, "rule"), *right]
        return self.fit(self.painted(row, self.base), 0, width, self.base)

    def _tab_pieces(self, info: str) -> Row:
        """The tabs with their names, or all others by number where the title has no room."""
        here = "title-focus" if self.has_focus else "title"
        full: Row = [
            (f" {tab.number} {tab.pane} ", here if tab.pane == self.id else "tab")
            for tab in self.tabs
        ]
        needed = sum(cell_len(text) for text, _ in full) + cell_len(info) + 4
        if needed <= self.width:
            return full
        return [
            (text if tab.pane == self.id else f" {tab.number} ", paint)
            for tab, (text, paint) in zip(self.tabs, full, strict=True)
        ]

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    # the mouse

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(SCROLLED_BY_WHEEL)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(-SCROLLED_BY_WHEEL)
        event.stop()

    def _scroll(self, rows: int) -> None:
        self.top = max(min(self.top + rows, self.count() - self.page), 0)
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        if event.y == 0:
            self.post_message(self.Chosen(self._tab_at(event.x)))
            return
        self.click(event.y - 1 + self.top, event.x + self.left)

    def _tab_at(self, x: int) -> str:
        for tab, (text, _) in zip(self.tabs, self._tab_pieces(self.info()), strict=True):
            if x < len(text):
                return tab.pane
            x -= len(text)
        return str(self.id)

    def click(self, row: int, _column: int) -> None:
        """A row was clicked."""
        self.move_to(row)
