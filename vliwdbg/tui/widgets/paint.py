"""Text and paint: how everything here is coloured.

A row is a list of (text, paint). What a paint looks like stands in app.tcss and nowhere else, as
`.paint--changed { color: $warning; }`, so that a theme reaches every pane. They are of the screen:
Textual works out again, whenever a widget's look may have changed, all that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Self

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.css.styles import RenderStyles
from textual.filter import LineFilter
from textual.geometry import NULL_REGION, Region
from textual.strip import Strip
from textual.widget import Widget

from vliwdbg.printable import printable

Row = list[tuple[str, str]]
"""Pieces of a row: text, and the name of its paint."""
MORE = "…"
"""Where a text was cut."""
PAINTS = (
    "text",
    "dim",
    "faint",
    "rule",
    "number",
    "name",
    "tag",
    "old",
    "new",
    "changed",
    "since",
    "cell",
    "cursor",
    "pc",
    "stop",
    "disabled",
    "error",
    "command",
    "key",
    "title",
    "title-focus",
    "tab",
    "full",
    "badge",
    "badge-busy",
    "badge-fault",
    "badge-end",
    "alu",
    "valu",
    "load",
    "store",
    "flow",
    "debug",
)

PAINT_CLASSES = frozenset(f"paint--{paint}" for paint in PAINTS)
"""What the screen that painted widgets are on has as its component classes."""


class Inks(dict[str, Style]):
    """Paints on some base, as the terminal shows them. Each is made when it is first asked for."""

    def __init__(self, make: Callable[[str], Style]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, paint: str) -> Style:
        ink = self[paint] = self._make(paint)
        return ink


BARE = ""
"""The paint of a base on which nothing is."""


class Painted(Widget):
    """A widget that paints rows, with the paints of its screen.

    Lines are kept until they are refreshed. Textual keeps them too, but makes a border, a padding
    and an opacity that none of ours has, of every line that it is asked for. It also puts each line
    through filters, which change styles alone: ours have been through them.
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.width = 0
        """Columns when last drawn; to ask for the size takes long."""
        self._paints: dict[str, Style] = {}
        self._inks: dict[Style, Inks] = {}
        self._filters: tuple[Sequence[LineFilter], Color] | None = None
        """What the inks have been through, and on which background."""
        self._base: Style | None = None
        self._drawn: dict[int, Strip] = {}
        self._drawn_part = NULL_REGION
        """The part of the widget that the lines are of."""

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Draw these regions again, or everything."""
        if regions:
            for y in {y for region in regions for y in region.line_range}:
                self._drawn.pop(y, None)
        else:
            self._drawn.clear()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part of the widget, as the terminal shows them."""
        if crop != self._drawn_part:
            self._drawn.clear()
            self._drawn_part = crop
        missing = [y for y in crop.line_range if y not in self._drawn]
        if missing:
            self.width = self.size.width
            self._use_filters()
            for y in missing:
                self._drawn[y] = self.render_line(y).crop(*crop.column_span)
        return [self._drawn[y] for y in crop.line_range]

    def _use_filters(self) -> None:
        """Make inks anew if they would come out otherwise."""
        filters = (self.get_line_filters(), self.background_colors[1])
        if filters != self._filters:
            self._filters = filters
            if self._inks:
                self._inks.clear()
                self.forget_styles()

    @property
    def base(self) -> Style:
        """What is below all paints: the widget's own style, which is slow to ask for."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def paint(self, name: str) -> Style:
        """What a paint looks like in the theme at hand."""
        if name not in self._paints:
            self._paints[name] = self._mixed(self.screen.get_component_styles(f"paint--{name}"))
        return self._paints[name]

    def _mixed(self, styles: RenderStyles) -> Style:
        """A paint's style; a colour that lets the background through is mixed with it here."""
        style, colour = styles.partial_rich_style, styles.color
        if colour.a == 1:
            return style
        _, background = self.background_colors
        return style + Style(color=(background + colour).rich_color)

    def inks(self, base: Style) -> Inks:
        """The paints on a base."""
        known = self._inks.get(base)
        if known is None:
            known = self._inks[base] = Inks(partial(self._ink, base))
        return known

    def _ink(self, base: Style, paint: str) -> Style:
        segments = [Segment(" ", base if paint == BARE else base + self.paint(paint))]
        filters, ground = self._filters or ((), self.background_colors[1])
        for line_filter in filters:
            segments = line_filter.apply(segments, ground)
        return segments[0].style or base

    def painted(self, row: Row, base: Style) -> Strip:
        """A row in colours on a base, as wide as its text."""
        segments = self._segments(row, base)
        return Strip(segments, _width(segments))

    def line(self, row: Row, width: int, base: Style) -> Strip:
        """The same in just so many columns, with an ellipsis where it goes on."""
        segments = self._segments(row, base)
        free = width - _width(segments)
        if free < 0:
            return self.cut(Strip(segments, width - free), 0, width, base)
        if free:
            segments.append(Segment(" " * free, self.inks(base)[BARE]))
        return Strip(segments, width)

    def _segments(self, row: Row, base: Style) -> list[Segment]:
        # Names come from users' files: what a terminal would obey is shown as an escape.
        inks = self.inks(base)
        return [Segment(printable(text), inks[paint]) for text, paint in row if text]

    def cut(self, strip: Strip, start: int, width: int, base: Style) -> Strip:
        """The columns that are seen of a strip on a base, with an ellipsis where it goes on."""
        if strip.cell_length <= start + width:
            return self.fit(strip, start, width, base)
        more = Segment(MORE, self.inks(base)["dim"])
        seen = max(width - 1, 0)
        cut = strip.crop(start, start + seen).extend_cell_length(seen, self.inks(base)[BARE])
        return Strip([*cut, more])

    def fit(self, strip: Strip, start: int, width: int, base: Style) -> Strip:
        """Just so many columns of a strip on a base."""
        return strip.crop_extend(start, start + width, self.inks(base)[BARE])

    def forget_styles(self) -> None:
        """The theme changed: whatever keeps painted rows drops them."""

    def notify_style_update(self) -> None:
        self._paints.clear()
        self._inks.clear()
        self._base = None
        self._drawn.clear()
        self.forget_styles()
        super().notify_style_update()


class Bar(Painted):
    """One line: pieces from the left, and pieces from the right where there is room for both."""

    def left_pieces(self) -> Row:
        raise NotImplementedError

    def right_pieces(self) -> Row:
        return []

    def render_line(self, _y: int) -> Strip:
        width, base = self.width, self.base
        left = self.painted(self.left_pieces(), base)
        right = self.painted(self.right_pieces(), base)
        if not left.cell_length:
            left, right = right, left
        gap = width - left.cell_length - right.cell_length
        if gap >= 0:
            left = Strip.join([self.fit(left, 0, width - right.cell_length, base), right])
        return self.cut(left, 0, width, base)


def _width(segments: list[Segment]) -> int:
    return sum(len(text) if text.isascii() else cell_len(text) for text, _, _ in segments)


def fitted(text: str, width: int) -> str:
    """A text in just so many columns of the terminal, with an ellipsis where it was cut."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(width - 1, 0)) + MORE
