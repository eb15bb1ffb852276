"""The transcript: what was typed, and what came back.

Lines go on below where the pane is too narrow for them; those of a table are left in columns.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from textual.geometry import Size

from vliwdbg.tui.view_state import MOST_LINES, Line
from vliwdbg.tui.widgets.paint import Row
from vliwdbg.tui.widgets.pane import Pane

PAINT_OF_KIND = {
    "command": "command",
    "reply": "text",
    "table": "text",
    "stop": "new",
    "fault": "error",
    "error": "error",
    "note": "tag",
}
PROMPT = ": "
INDENT = "    "
"""Before what goes on from the line above."""
NARROWEST = 20


class MessagesPane(Pane):
    """Shows the latest exchange: its end where all of it is seen, else its beginning."""

    def show(self) -> None:
        self._lay()
        super().show()

    def _lay(self) -> None:
        """Lay the transcript out anew, if it or the pane's size is another one."""
        transcript, size = self.view_state.transcript, self.size
        if transcript is self._laid and size == self._laid_size:
            return
        earlier = self._lay_earlier(transcript[: self.view_state.latest], size.width)
        self._laid, self._laid_size = transcript, size
        self._rows = [*earlier, *_laid_out(transcript[self.view_state.latest :], size.width)]
        self.cursor = len(earlier)
        self.top = min(self.cursor, len(self._rows) - self.page)

    def _lay_earlier(self, lines: Sequence[Line], width: int) -> Sequence[Line]:
        """The rows of earlier exchanges, which most often are those that stand there."""
        if width == self._laid_size.width and lines == self._laid:
            return self._rows
        return _laid_out(lines, width)

    _rows: Sequence[Line] = ()
    _laid: Sequence[Line] = ()
    _laid_size = Size(0, 0)

    def count(self) -> int:
        return len(self._rows)

    def key(self, row: int) -> Hashable:
        return self._rows[row]

    def row(self, row: int) -> Row:
        line = self._rows[row]
        prompt = PROMPT if line.kind == "command" else ""
        return [(prompt, "faint"), (line.text, PAINT_OF_KIND[line.kind])]


def _laid_out(lines: Sequence[Line], width: int) -> list[Line]:
    return [part for line in lines for part in _parts(line, width)]


@lru_cache(maxsize=MOST_LINES)
def _parts(line: Line, width: int) -> Sequence[Line]:
    """A line as the lines that it takes, broken at spaces where there are any."""
    room = max(width - len(PROMPT), NARROWEST)
    rest, parts = line.text, []
    while line.kind != "table" and cell_len(rest) > room:
        seen = len(set_cell_size(rest, room))
        seen -= cell_len(rest[:seen]) > room  # half of a wide character is none
        space = rest.rfind(" ", seen // 2, seen)
        end = seen if space < 0 else space
        parts.append(rest[:end])
        rest = INDENT + rest[end:].lstrip()
    return [Line(line.kind, text) for text in (*parts, rest)]
