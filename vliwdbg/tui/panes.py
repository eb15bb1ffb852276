"""All panes, one row each: its name, what draws it, its place in each layout, and what it shows.

A row's number, from 1 on, is what chooses it: `p3`.
"""

from __future__ import annotations

from dataclasses import dataclass

from vliwdbg.tui import arrangement as at
from vliwdbg.tui.widgets.answer import AnswerPane
from vliwdbg.tui.widgets.bundle import BundlePane
from vliwdbg.tui.widgets.code import CodePane
from vliwdbg.tui.widgets.messages import MessagesPane
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.tui.widgets.stops import StopsPane
from vliwdbg.tui.widgets.timeline import TimelinePane
from vliwdbg.tui.widgets.words import MemoryPane, ScratchPane


@dataclass(frozen=True)
class PaneRow:
    """A row. `keys` are the ids of those keys that are about this pane alone."""

    name: str
    pane: type[Pane]
    small: str
    large: str
    help: str
    keys: tuple[str, ...] = ()

    @property
    def placed(self) -> at.Placed:
        return at.Placed(self.name, self.small, self.large)


STOPS = ("stop-toggle", "stop-delete", "stop-edit")
PANES = (
    PaneRow(
        "code", CodePane, at.TOP, at.LEFT_TOP, "the program, a line a bundle", ("until", "break")
    ),
    PaneRow(
        "bundle",
        BundlePane,
        at.OTHER,
        at.LEFT_LOW,
        "the bundle looked at",
        ("unfold", "who", "why"),
    ),
    PaneRow("scratch", ScratchPane, at.OTHER, at.RIGHT_TOP, "scratch", ("rows", "who", "watch")),
    PaneRow("memory", MemoryPane, at.OTHER, at.RIGHT_MIDDLE, "memory", ("rows", "who", "watch")),
    PaneRow("stops", StopsPane, at.OTHER, at.RIGHT_LOW, "breakpoints and watchpoints", STOPS),
    PaneRow("messages", MessagesPane, at.OTHER, at.RIGHT_CORNER, "what was said"),
    PaneRow("timeline", TimelinePane, at.BELOW, at.BELOW, "the run", ("zoom", "zoom-out")),
    PaneRow(
        "answer",
        AnswerPane,
        at.OTHER,
        at.RIGHT_MIDDLE,
        "the last answer",
        ("who", "back", "repair"),
    ),
)
BY_NAME = {row.name: row for row in PANES}
NAMES = tuple(BY_NAME)
