"""The last answer, line by line; a line about a place of the run leads there.

    → cycle 275 valu[1]: v64 = v280 ^ v64

As the cursor goes over such lines, the listing shows their bundles; Enter goes there.
"""

from __future__ import annotations

from collections.abc import Hashable

from vliwdbg.tui.answers import AnswerLine, Jump
from vliwdbg.tui.widgets.paint import Row
from vliwdbg.tui.widgets.pane import Pane

LEADS = "→ "


class AnswerPane(Pane):
    """Shows what was answered last."""

    empty = "no answer yet: i tells how engines are used, L what looks wrong; ? lists the others"

    @property
    def lines(self) -> list[AnswerLine]:
        return self.view_state.answer_lines

    def count(self) -> int:
        return len(self.lines)

    def info(self) -> str:
        leading = sum(line.jump is not None for line in self.lines)
        asked = self.view_state.asked
        return f"{asked} · {leading} places, Enter goes there" if leading else asked

    def jump(self) -> Jump | None:
        lines = self.lines
        return lines[self.cursor].jump if lines else None

    def move(self, rows: int, columns: int) -> None:
        super().move(rows, columns)
        self._look_there()

    def click(self, row: int, column: int) -> None:
        super().click(row, column)
        self._look_there()

    def _look_there(self) -> None:
        """Have the listing show the bundle that the line is about."""
        jump = self.jump()
        pc = self.view_state.pc_at(jump.cycle) if jump else None
        if pc is not None:
            self.screen.query_one("#code", Pane).move_to(pc)

    def key(self, row: int) -> Hashable:
        return self.lines[row]

    def row(self, row: int) -> Row:
        line = self.lines[row]
        return [(LEADS if line.jump else "  ", "new"), (line.text, "text")]

    def next_jump(self, direction: int) -> bool:
        """Put the cursor on the next line that leads anywhere, around the ends."""
        rows = [row for row, line in enumerate(self.lines) if line.jump]
        if not rows:
            return False
        ahead = [row for row in rows if (row - self.cursor) * direction > 0]
        self.move_to((min if direction > 0 else max)(ahead or rows))
        self._look_there()
        return True
