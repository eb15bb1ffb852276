"""The panes and where they are: which one is chosen, how it is moved in, what it looks at.

Its actions are the keys that change nothing but how things are looked at.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from vliwdbg.tui.arrangement import Arrangement, arrange
from vliwdbg.tui.panes import NAMES, PANES
from vliwdbg.tui.view_state import ViewState
from vliwdbg.tui.widgets.answer import AnswerPane
from vliwdbg.tui.widgets.bundle import BundlePane
from vliwdbg.tui.widgets.pane import Pane, Tab
from vliwdbg.tui.widgets.words import MemoryPane

PLACED = [row.placed for row in PANES]
NUMBERS = {name: number for number, name in enumerate(NAMES, 1)}
STEP = 4
"""Percents that a key makes a pane larger or smaller."""
LEAST, MOST = 10, 90


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
        boxes = parent.arrangement(size).boxes
        return [
            WidgetPlacement(Region(*boxes[str(child.id)]), NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if child.id in boxes
        ]


class PaneGrid(Container):
    """Holds all panes and shows those that have a box. `chosen` is the pane in focus."""

    def __init__(
        self,
        view_state: ViewState,
        layout: str,
        shares: dict[str, int],
        tell: Callable[[str], object],
    ) -> None:
        self.view_state = view_state
        self._layout = layout
        self.panes: dict[str, Pane] = {row.name: row.pane(row.name, view_state) for row in PANES}
        super().__init__(*self.panes.values(), id="grid")
        self.order = [*NAMES]
        """The panes that are not hidden, the one chosen last first."""
        self.shares = shares
        """How large panes are, in percents; as the user sizes them."""
        self.grown = False
        self._tell = tell
        self._arranged = _Arranged()

    def on_mount(self) -> None:
        self.choose(NAMES[0])

    @property
    def layout(self) -> Layout:
        return self._arranged

    @property
    def chosen(self) -> str:
        return self.order[0]

    def arrangement(self, size: Size) -> Arrangement:
        """Where each pane is that can be seen at this size."""
        return arrange(
            size.width,
            size.height,
            PLACED,
            self.order,
            self.shares,
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

    @property
    def answer(self) -> AnswerPane:
        """The pane of the last answer."""
        pane = self.panes["answer"]
        assert isinstance(pane, AnswerPane)
        return pane

    def show(self) -> None:
        """The session changed, or what is looked at: draw all panes again."""
        for pane in self.panes.values():
            pane.show()
        self._follow_address()

    def _follow_address(self) -> None:
        """Have memory show the word that is pointed at in the chosen pane."""
        address, memory = self.pane.address_here(), self.panes["memory"]
        assert isinstance(memory, MemoryPane)
        if address is not None and address < len(self.view_state.now.memory):
            memory.go_to(address)

    def look_at(self, pc: int) -> None:
        """Look at a bundle, with the cursor of the listing on it."""
        self.panes["code"].move_to(pc)

    # choosing

    def choose(self, pane: str) -> None:
        """Bring a pane to the front and into focus."""
        self._put(pane, 0)
        self.rearrange()
        self._follow_address()
        # At once: asked for later, it would take the focus from a command line opened meanwhile.
        self.screen.set_focus(self.panes[pane])

    def bring(self, pane: str) -> None:
        """Bring a pane to the front; the focus stays."""
        if pane != self.chosen:
            self._put(pane, 1)
            self.rearrange()

    def _put(self, pane: str, at: int) -> None:
        if pane in self.order:
            self.order.remove(pane)
        self.order.insert(at, pane)

    def ungrow(self) -> None:
        """Give all panes their boxes again."""
        self.grown = False
        self.rearrange()

    def on_resize(self) -> None:
        self.rearrange()

    def rearrange(self) -> None:
        """The boxes may be others now."""
        turns = self.arrangement(self.size).turns
        for name, pane in self.panes.items():
            pane.tabs = [Tab(NUMBERS[other], other) for other in turns.get(name, (name,))]
            pane.redraw()
        # A child's wish for layout makes its parent forget how it arranged the children.
        self.pane.refresh(layout=True)

    # actions, in the order of the keymap

    def action_unfold(self) -> None:
        """Show the operands of the slot under the cursor, or no more."""
        self.bundle.unfold()

    def action_rows(self) -> None:
        """Show other rows of the pane, if it has such."""
        told = self.pane.next_rows()
        self._tell(told or f"{self.chosen} has rows of one kind; scratch and memory have more")

    def action_turn(self, step: int) -> None:
        """Choose the next pane, or the one before."""
        shown = [name for name in NAMES if name in self.order]
        self.choose(shown[(shown.index(self.chosen) + step) % len(shown)])

    def action_hide(self) -> None:
        """Hide the chosen pane, until it is chosen by its number; one always stays."""
        if len(self.order) > 1:
            hidden = self.order.pop(0)
            self.choose("code" if "code" in self.order else self.chosen)
            self.panes[hidden].redraw()

    def action_size(self, way: str, step: int) -> None:
        """Make the chosen pane wider or taller, or the other way."""
        name, sign = _share_of(self.chosen, way)
        self.shares[name] = max(min(self.shares[name] + sign * step * STEP, MOST), LEAST)
        self.rearrange()

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
        self._follow_address()

    def action_page(self, pages: int) -> None:
        """Move by what is seen at once."""
        self.pane.move(pages * self.pane.page, 0)
        self._follow_address()

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


def _share_of(pane: str, way: str) -> tuple[str, int]:
    """The share that a pane's size depends on, and whether it grows with it."""
    left = pane in ("code", "bundle")
    if way == "width":
        return "left", 1 if left else -1
    return {
        "scratch": ("scratch", 1),
        "stops": ("stops", 1),
        "messages": ("stops", 1),
    }.get(pane, ("code", 1 if pane == "code" else -1))
