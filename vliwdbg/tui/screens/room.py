"""The container of the panes, which puts each into the box that the arrangement gives it."""

from __future__ import annotations

from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from vliwdbg.tui.arrangement import PANES, Boxes, arrange, tabbed
from vliwdbg.tui.widgets.pane import Pane


class _Arranged(Layout):
    """Boxes to regions."""

    name = "arranged"

    def arrange(
        self,
        parent: Widget,
        children: list[Widget],
        size: Size,
        greedy: bool = True,  # noqa: ARG002
    ) -> ArrangeResult:
        assert isinstance(parent, Room)
        boxes = parent.boxes(size)
        return [
            WidgetPlacement(Region(*boxes[str(child.id)]), NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if child.id in boxes
        ]


class Room(Container):
    """Holds all panes and shows those that have a box. `chosen` is the pane in focus."""

    def __init__(self, *panes: Pane) -> None:
        super().__init__(*panes, id="room")
        self.panes = {str(pane.id): pane for pane in panes}
        self.chosen = self.beside = PANES[1]
        self.grown = False
        self._arranged = _Arranged()

    def on_mount(self) -> None:
        self.choose(PANES[0])

    @property
    def layout(self) -> Layout:
        return self._arranged

    def boxes(self, size: Size) -> Boxes:
        """Where each pane is that can be seen at this size."""
        return arrange(size.width, size.height, self.chosen, self.beside, grown=self.grown)

    @property
    def pane(self) -> Pane:
        """The chosen pane."""
        return self.panes[self.chosen]

    def choose(self, pane: str) -> None:
        """Bring a pane to the front and into focus."""
        self.chosen = pane
        self.bring(pane)
        self.panes[pane].focus()

    def bring(self, pane: str) -> None:
        """Bring a pane to the front; the focus stays."""
        if pane != "code":
            self.beside = pane
        self.rearrange()

    def turn(self, step: int) -> None:
        """Choose the next pane, or the one before."""
        self.choose(PANES[(PANES.index(self.chosen) + step) % len(PANES)])

    def grow(self, *, grown: bool) -> None:
        """Give the chosen pane the whole room, or all of them their boxes again."""
        self.grown = grown and not self.grown
        self.rearrange()

    def on_resize(self) -> None:
        self.rearrange()

    def rearrange(self) -> None:
        """The boxes may be others now."""
        boxes = self.boxes(self.size)
        for name, pane in self.panes.items():
            pane.tabs = tabbed(boxes, name)
            pane.redraw()
        # A child's wish for layout makes its parent forget how it arranged the children.
        self.pane.refresh(layout=True)
