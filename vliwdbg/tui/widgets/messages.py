"""The transcript: what was typed, and what came back."""

from __future__ import annotations

from collections.abc import Hashable

from vliwdbg.tui.widgets.paint import Row
from vliwdbg.tui.widgets.pane import Pane

PAINT_OF_KIND = {
    "command": "command",
    "reply": "text",
    "stop": "new",
    "error": "error",
    "note": "tag",
}
PROMPT = ": "


class MessagesPane(Pane):
    """Shows the latest exchange: its end where all of it is seen, else its beginning."""

    def count(self) -> int:
        return len(self.desk.transcript)

    def show(self) -> None:
        shown = (self.desk.latest, self.count(), self.page)
        if self._shown != shown:
            self._shown = shown
            self.cursor = self.desk.latest
            self.top = min(self.desk.latest, self.count() - self.page)
        super().show()

    _shown = (0, 0, 0)

    def key(self, row: int) -> Hashable:
        return self.desk.transcript[row]

    def row(self, row: int) -> Row:
        line = self.desk.transcript[row]
        prompt = PROMPT if line.kind == "command" else ""
        return [(prompt, "faint"), (line.text, PAINT_OF_KIND[line.kind])]
