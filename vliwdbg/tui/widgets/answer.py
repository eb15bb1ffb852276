"""The last answer, line by line; a line about a place of the run leads there.

    → cycle 275 valu[1]: v64 = v280 ^ v64

As the cursor goes over such lines, the listing shows their bundles; Enter goes there.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from textwrap import wrap

from vliwdbg.tui.answers import AnswerLine, Jump
from vliwdbg.tui.widgets.paint import Row
from vliwdbg.tui.widgets.pane import Pane

LEADS = "→ "
NARROWEST = 20


class AnswerPane(Pane):
    """Shows what was answered last."""

    empty = "no answer yet: i tells how engines are used, L what looks wrong; ? lists the others"

    _laid: tuple[object, int] = (None, 0)
    _rows: Sequence[AnswerLine] = ()

    @property
    def lines(self) -> Sequence[AnswerLine]:
        """The answer's lines; those that are no table's go on below where the pane is narrow."""
        lines, width = self.view_state.answer_lines, self.size.width
        if self._laid[0] is not lines or self._laid[1] != width:
            self._laid = (lines, width)
            self._rows = [row for line in lines for row in _rows_of(line, width - len(LEADS))]
        return self._rows

    def count(self) -> int:
        return len(self.lines)

    def info(self) -> str:
        leading = sum(line.jump is not None for line in self.view_state.answer_lines)
        asked = self.view_state.asked
        return f"{asked} · {leading} places, Enter goes there" if leading else asked

    def jump(self) -> Jump | None:
        lines = self.lines
        return lines[self.cursor].jump if self.cursor < len(lines) else None

    def begin(self) -> None:
        """Be at the first line of another answer."""
        self.cursor = self.top = 0
        self.found = ""

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


def _rows_of(line: AnswerLine, room: int) -> Sequence[AnswerLine]:
    """A line as the rows that it takes, of which the first leads where it does."""
    if line.is_table or len(line.text) <= room:
        return (line,)
    indent = " " * (len(line.text) - len(line.text.lstrip())) + "  "
    texts = wrap(line.text, max(room, NARROWEST), subsequent_indent=indent, drop_whitespace=True)
    return [
        line._replace(text=text, jump=None if at else line.jump) for at, text in enumerate(texts)
    ]
