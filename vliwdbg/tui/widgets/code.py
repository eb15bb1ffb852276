"""The listing around the pc: one line a bundle.

    ●▶    137  a12 v6 l2 s· f1  ⟨round 3⟩ v_val = v_val ^ v_node; …

gutter (● breakpoint, ○ disabled), ▶ the next bundle or ▷ the one executed last, pc, slots used of
each engine, the slots.
"""

from __future__ import annotations

from collections.abc import Hashable

from machine.isa import SLOT_LIMITS
from vliwdbg.tui.widgets.paint import Row
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.views.bundle import EXECUTING
from vliwdbg.views.listing import ListingLine, listing_line

NEXT, LAST = "▶", "▷"


class CodePane(Pane):
    """Its cursor is the bundle looked at, which the bundle pane shows at length."""

    margin = 3
    empty = "no bundles: file PROGRAM loads others, rebuild builds the bundled kernel"

    def count(self) -> int:
        return len(self.desk.program)

    def show(self) -> None:
        self.move_to(self.desk.looking)

    def move_to(self, row: int, *, follow: bool = True) -> None:
        super().move_to(row, follow=follow)
        if self.desk.looking != self.cursor:
            self.desk.looking = self.cursor
            self.screen.query_one("#bundle", Pane).show()

    def locate(self, text: str) -> bool:
        found = text.isdecimal() and int(text) < self.count()
        if found:
            self.move_to(int(text))
        return found

    def info(self) -> str:
        tag = self.desk.program.tag_at(self.cursor)
        where = f"{tag.name} · " if tag else ""
        return f"{where}pc {self.cursor} of {self.count()}"

    def key(self, row: int) -> Hashable:
        return id(self.desk.program), row, self._gutter(row), self._arrow(row)

    def _gutter(self, row: int) -> str:
        marking = self.desk.breakpoints_at(row)
        return ("●" if any(marking) else "○") if marking else " "

    def _arrow(self, row: int) -> str:
        if row == self.desk.now.pc:
            return NEXT
        return LAST if self.desk.last and row == self.desk.last.pc else " "

    def row(self, row: int) -> Row:
        desk = self.desk
        line = listing_line(desk.program, desk.names, row)
        gutter, arrow = self._gutter(row), self._arrow(row)
        number = f"{row:>{self._digits()}}"
        return [
            (gutter, "stop" if gutter == "●" else "disabled"),
            (arrow, "pc"),
            (f" {number}  ", "pc" if arrow == NEXT else "dim"),
            *_used(line),
            *((f"⟨{tag}⟩ ", "tag") for tag in line.tags),
            *self._slots(line),
        ]

    def _digits(self) -> int:
        return max(len(str(self.count())), 4)

    def _slots(self, line: ListingLine) -> Row:
        pieces: Row = []
        room = self.width + self.left
        for engine, text in line.slots:
            pieces += [(text, engine), ("  ", "faint")]
            room -= len(text) + 2
            if room < 0:
                break
        return pieces or [("empty", "faint")]

    def click(self, row: int, column: int) -> None:
        super().click(row, column)
        if column < 2:
            self.call_later(self.screen.run_action, "key('break')")


def _used(line: ListingLine) -> Row:
    """`a12 v6 l2 s· f1`: full engines stand out, empty ones hardly show."""
    pieces: Row = []
    for engine in EXECUTING:
        used, limit = line.used.get(engine, 0), SLOT_LIMITS[engine]
        width = len(str(limit))
        text = f"{engine[0]}{used}" if used else f"{engine[0]}·"
        paint = engine if used else "faint"
        pieces += [(f"{text:<{width + 1}} ", paint)]
    return [*pieces, (" ", "text")]
