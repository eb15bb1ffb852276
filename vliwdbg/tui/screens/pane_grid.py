"""The panes and where they are: which one is chosen, how it is moved in, what it looks at.

Its actions are the keys that change nothing but how things are looked at.
"""

from __future__ import annotations

from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from vliwdbg.tui.arrangement import ALWAYS_SEEN, LAYOUTS, PANES, Boxes, arrange, tabbed
from vliwdbg.tui.view_state import ViewState
from vliwdbg.tui.widgets.bundle import BundlePane
from vliwdbg.tui.widgets.code import CodePane
from vliwdbg.tui.widgets.messages import MessagesPane
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.tui.widgets.stops import StopsPane
from vliwdbg.tui.widgets.timeline import TimelinePane
from vliwdbg.tui.widgets.words import MemoryPane, ScratchPane

CLASSES = (CodePane, BundlePane, ScratchPane, MemoryPane, StopsPane, MessagesPane, TimelinePane)
"""In the order of `PANES`."""


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
        assert isinstance(parent, PaneGrid)
        boxes = parent.boxes(size)
        return [
            WidgetPlacement(Region(*boxes[str(child.id)]), NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if child.id in boxes
        ]


class PaneGrid(Container):
    """Holds all panes and shows those that have a box. `chosen` is the pane in focus."""

    def __init__(self, view_state: ViewState, layout: str = LAYOUTS[0]) -> None:
        self.view_state = view_state
        self._layout = layout
        self.panes: dict[str, Pane] = {
            name: pane(name, view_state) for name, pane in zip(PANES, CLASSES, strict=True)
        }
        super().__init__(*self.panes.values(), id="grid")
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
        return arrange(
            size.width,
            size.height,
            self.chosen,
            self.beside,
            layout=self._layout,
            grown=self.grown,
        )

    @property
    def pane(self) -> Pane:
        """The chosen pane."""
        return self.panes[self.chosen]

    @property
    def bundle(self) -> BundlePane:
        """The pane of the bundle looked at."""
        pane = self.panes["bundle"]
        assert isinstance(pane, BundlePane)
        return pane

    def show(self) -> None:
        """The session changed, or what is looked at: draw all panes again."""
        for pane in self.panes.values():
            pane.show()

    def look_at(self, pc: int) -> None:
        """Look at a bundle, with the cursor of the listing on it."""
        self.panes["code"].move_to(pc)

    # choosing

    def choose(self, pane: str) -> None:
        """Bring a pane to the front and into focus."""
        self.chosen = pane
        self.bring(pane)
        # At once: asked for later, it would take the focus from a command line opened meanwhile.
        self.screen.set_focus(self.panes[pane])

    def bring(self, pane: str) -> None:
        """Bring a pane to the front; the focus stays."""
        if pane not in ALWAYS_SEEN:
            self.beside = pane
        self.rearrange()

    def ungrow(self) -> None:
        """Give all panes their boxes again."""
        self.grown = False
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

    # actions, in the order of the keymap

    def action_radix(self) -> None:
        """Write words otherwise."""
        self.view_state.next_radix()
        for pane in self.panes.values():
            pane.redraw()

    def action_unfold(self) -> None:
        """Show the operands of the slot under the cursor, or no more."""
        self.bundle.unfold()

    def action_turn(self, step: int) -> None:
        """Choose the next pane, or the one before."""
        self.choose(PANES[(PANES.index(self.chosen) + step) % len(PANES)])

    def action_grow(self) -> None:
        """Give the chosen pane the whole room, or all of them their boxes again."""
        self.grown = not self.grown
        self.rearrange()

    def action_shrink(self) -> None:
        """All panes again."""
        self.ungrow()

    def action_move(self, rows: int, columns: int) -> None:
        """Move in the pane."""
        self.pane.move(rows, columns)

    def action_page(self, pages: int) -> None:
        """Move by what is seen at once."""
        self.pane.move(pages * self.pane.page, 0)

    def action_ends(self, end: int) -> None:
        """To the first or the last row."""
        self.pane.move_to(end * self.pane.count())

    def action_here(self) -> None:
        """Look at the next bundle again."""
        self.view_state.look_at_next()
        self.show()

    def action_last(self) -> None:
        """Look at the bundle executed last."""
        self.view_state.look_at_last()
        self.show()
