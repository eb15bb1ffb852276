"""Where each pane is, a function of the terminal's size and of what the user looks at.

large                          small                    tiny, or a pane grown
┌ code ────┬ scratch ───────┐  ┌ code ─────────────┐    ┌ the chosen pane ┐
│          │                │  │                   │    │                 │
├ bundle ──┼ memory ────────┤  ├ the other chosen ─┤    └─────────────────┘
│          ├ stops ┬ messages  │                   │
├ timeline ┴───────┴────────┤  ├ timeline ─────────┤
└───────────────────────────┘  └───────────────────┘

The timeline has a row for each engine where the terminal is tall, and one row elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

PANES = ("code", "bundle", "scratch", "memory", "stops", "messages", "timeline")
"""In the order of their numbers, from 1 on."""
LAYOUTS = ("all", "two", "one")
"""What a user may ask for; a terminal too small for it gets the next one."""
LARGE_WIDTH, LARGE_HEIGHT = 172, 30
TALL = 34
TALL_TIMELINE = 7
"""Rows: a title, one for each engine, and one for marks."""
ALWAYS_SEEN = frozenset({"code", "timeline"})
TINY_WIDTH, TINY_HEIGHT = 30, 9
BUNDLE_WIDTH = 110
"""What the bundle pane needs for a slot, where it comes from, and 8 lanes in hexadecimal."""


class Box(NamedTuple):
    """Columns and rows of the room for panes."""

    x: int
    y: int
    width: int
    height: int


Boxes = Mapping[str, Box]


def arrange(
    width: int,
    height: int,
    chosen: str,
    beside: str,
    *,
    layout: str = LAYOUTS[0],
    grown: bool = False,
) -> Boxes:
    """The box of each pane that is to be seen. `beside` is the chosen pane other than code."""
    if grown or layout == "one" or width < TINY_WIDTH or height < TINY_HEIGHT:
        return {chosen: Box(0, 0, width, height)}
    timeline = TALL_TIMELINE if height >= TALL else 1
    above = height - timeline
    large = layout == "all" and width >= LARGE_WIDTH and height >= LARGE_HEIGHT
    boxes = _large(width, above) if large else _small(width, above, beside)
    return {**boxes, "timeline": Box(0, above, width, timeline)}


def _large(width: int, height: int) -> Boxes:
    left = max(BUNDLE_WIDTH, width * 11 // 20)
    right = width - left - 1
    top = height * 2 // 5
    lowest = max(height // 5, 6)
    middle = height - top - lowest
    half = right * 2 // 5
    return {
        "code": Box(0, 0, left, top),
        "bundle": Box(0, top, left, height - top),
        "scratch": Box(left + 1, 0, right, top),
        "memory": Box(left + 1, top, right, middle),
        "stops": Box(left + 1, top + middle, half, lowest),
        "messages": Box(left + half + 2, top + middle, right - half - 1, lowest),
    }


def _small(width: int, height: int, beside: str) -> Boxes:
    top = max(height * 2 // 5, 3)
    return {"code": Box(0, 0, width, top), beside: Box(0, top, width, height - top)}


def tabbed(boxes: Boxes, pane: str) -> Sequence[str]:
    """The panes that take turns in the box of this one; only itself where all are seen."""
    if len(boxes) == 1:
        return PANES
    if len(boxes) == len(PANES) or pane in ALWAYS_SEEN:
        return (pane,)
    return [other for other in PANES if other == pane or other not in boxes]
