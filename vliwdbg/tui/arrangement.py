"""Where each pane is, a function of the terminal's size and of what the user looks at.

large                          small                    tiny, or a pane grown
┌ code ────┬ scratch ───────┐  ┌ code ─────────────┐    ┌ the chosen pane ┐
│          │                │  │                   │    │                 │
├ bundle ──┼ memory ────────┤  ├ the other chosen ─┤    └─────────────────┘
│          ├ stops ┬ messages  │                   │
├ timeline ┴───────┴────────┤  ├ timeline ─────────┤
└───────────────────────────┘  └───────────────────┘

Each pane has a place in either layout (`vliwdbg.tui.panes`); panes of one place take turns there,
and a place without panes leaves its room to those beside it. The timeline has a row for each engine
where the terminal is tall, and one row elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

LAYOUTS = ("all", "two", "one")
"""What a user may ask for; a terminal too small for it gets the next one."""
LARGE_WIDTH, LARGE_HEIGHT = 172, 30
TALL = 34
TALL_TIMELINE = 8
"""Rows: a title, one for each engine, one for live words, and one for marks."""
TINY_WIDTH, TINY_HEIGHT = 30, 9
NARROWEST, LOWEST = 24, 3
"""Of what a user makes smaller."""
SHARES: Mapping[str, tuple[int, str]] = {
    "left": (60, "of the width has the column of the code, where there are two"),
    "code": (40, "of the height has the code"),
    "scratch": (40, "of the height has scratch, where there are two columns"),
    "stops": (20, "of the height have stops and messages, where there are two columns"),
}
"""What a user may size: percents, as they are at first, and what they are of."""
TOP, OTHER, BELOW = "top", "other", "below"
LEFT_TOP, LEFT_LOW = "left top", "left low"
RIGHT_TOP, RIGHT_MIDDLE = "right top", "right middle"
RIGHT_LOW, RIGHT_CORNER = "right low", "right corner"


class Box(NamedTuple):
    """Columns and rows of the room for panes."""

    x: int
    y: int
    width: int
    height: int


class Placed(NamedTuple):
    """A pane and its places in a small and in a large terminal."""

    name: str
    small: str
    large: str


class Arrangement(NamedTuple):
    """The box of each pane that is to be seen, and which panes take turns in it."""

    boxes: Mapping[str, Box]
    turns: Mapping[str, Sequence[str]]


Shares = Mapping[str, int]


def arrange(
    width: int,
    height: int,
    panes: Sequence[Placed],
    order: Sequence[str],
    shares: Shares,
    *,
    layout: str = LAYOUTS[0],
    grown: bool = False,
) -> Arrangement:
    """`order` are the panes that are not hidden, the one chosen last first."""
    if grown or layout == "one" or width < TINY_WIDTH or height < TINY_HEIGHT:
        names = [pane.name for pane in panes]
        return Arrangement({order[0]: Box(0, 0, width, height)}, {order[0]: names})
    large = layout == "all" and width >= LARGE_WIDTH and height >= LARGE_HEIGHT
    turns: dict[str, list[str]] = {}
    for pane in panes:
        if pane.name in order:
            turns.setdefault(pane.large if large else pane.small, []).append(pane.name)
    front = {place: min(names, key=order.index) for place, names in turns.items()}
    rooms = dict(_rooms(Box(0, 0, width, height), turns, shares, large=large))
    return Arrangement(
        {front[place]: box for place, box in rooms.items()},
        {front[place]: names for place, names in turns.items()},
    )


def _rooms(
    room: Box, there: Mapping[str, object], shares: Shares, *, large: bool
) -> Iterator[tuple[str, Box]]:
    """The box of each place that has panes."""
    if BELOW in there:
        timeline = TALL_TIMELINE if room.height >= TALL else 1
        rest = room.height - timeline if len(there) > 1 else 0
        yield BELOW, Box(0, rest, room.width, room.height - rest)
        room = room._replace(height=rest)
    yield from (_large if large else _small)(room, there, shares)


def _small(room: Box, there: Mapping[str, object], shares: Shares) -> Iterator[tuple[str, Box]]:
    # Where rows are few, a bundle needs them more than the code around it.
    share = shares["code"] if room.height >= TALL - TALL_TIMELINE else shares["code"] * 3 // 4
    yield from _stacked(room, {TOP: share, OTHER: 100 - share}, there)


def _large(room: Box, there: Mapping[str, object], shares: Shares) -> Iterator[tuple[str, Box]]:
    lowest = shares["stops"]
    middle = max(100 - shares["scratch"] - lowest, 5)
    left = {LEFT_TOP: shares["code"], LEFT_LOW: 100 - shares["code"]}
    right = {RIGHT_TOP: shares["scratch"], RIGHT_MIDDLE: middle, RIGHT_LOW: lowest}
    corners = [place for place in (RIGHT_LOW, RIGHT_CORNER) if place in there]
    there = {**there, RIGHT_LOW: corners} if corners else there
    has_left, has_right = (any(place in there for place in column) for column in (left, right))
    column, beside = room, room
    if has_left and has_right:
        column, beside = _side_by_side(room, shares["left"])
    yield from _stacked(column, left, there)
    for place, box in _stacked(beside, right, there):
        if place != RIGHT_LOW:
            yield place, box
        else:
            yield from zip(corners, _side_by_side(box, 40) if corners[1:] else [box], strict=True)


def _side_by_side(room: Box, percent: int) -> tuple[Box, Box]:
    """Two parts of a room with a column between them."""
    width = _part(room.width, percent, min(NARROWEST, room.width // 3))
    x = room.x + width + 1
    return room._replace(width=width), room._replace(x=x, width=room.x + room.width - x)


def _stacked(
    room: Box, weights: Mapping[str, int], there: Mapping[str, object]
) -> Iterator[tuple[str, Box]]:
    """Places one below the other, of heights by their weights; the last has what is left."""
    places = [place for place in weights if place in there]
    y, left = room.y, sum(weights[place] for place in places)
    for at, place in enumerate(places):
        rows = room.y + room.height - y
        later = len(places) - at - 1
        height = (
            _part(rows, 100 * weights[place] // left, LOWEST, LOWEST * later) if later else rows
        )
        yield place, Box(room.x, y, room.width, height)
        y, left = y + height, left - weights[place]


def _part(whole: int, percent: int, least: int, kept: int | None = None) -> int:
    """So many percent, but for as much as this and the others need."""
    most = whole - (least if kept is None else kept)
    return max(min(whole * percent // 100, most), min(least, whole))
