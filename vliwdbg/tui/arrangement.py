"""Where each pane is, a function of the terminal's size and of what the user looks at.

large                          small                    tiny, or a pane grown
┌ code ────┬ scratch ───────┐  ┌ code ─────────────┐    ┌ the chosen pane ┐
│          │                │  │                   │    │                 │
├ bundle ──┼ memory ────────┤  ├ the other chosen ─┤    └─────────────────┘
│          ├ stops ┬ messages  │                   │
└──────────┴───────┴────────┘  └───────────────────┘
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

PANES = ("code", "bundle", "scratch", "memory", "stops", "messages")
"""In the order of their numbers, 1 to 6."""
LAYOUTS = ("all", "two", "one")
"""What a user may ask for; a terminal too small for it gets the next one."""
LARGE_WIDTH, LARGE_HEIGHT = 172, 30
TALL = 36
TINY_WIDTH, TINY_HEIGHT = 30, 9
BUNDLE_WIDTH = 80
"""What the bundle pane needs for 8 lanes in hexadecimal."""


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
    if layout == "all" and width >= LARGE_WIDTH and height >= LARGE_HEIGHT:
        return _large(width, height)
    return _small(width, height, beside)


def _large(width: int, height: int) -> Boxes:
    left = max(BUNDLE_WIDTH, width * 9 // 20)
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
    messages = height // 5 if height >= TALL and beside != "messages" else 0
    top = max(height * 2 // 5 - messages // 3, 3)
    boxes = {
        "code": Box(0, 0, width, top),
        beside: Box(0, top, width, height - top - messages),
    }
    if messages:
        boxes["messages"] = Box(0, height - messages, width, messages)
    return boxes


def tabbed(boxes: Boxes, pane: str) -> Sequence[str]:
    """The panes that take turns in the box of this one; only itself where all are seen."""
    if len(boxes) == len(PANES):
        return (pane,)
    if len(boxes) == 1:
        return PANES
    hidden = [other for other in PANES if other == pane or other not in boxes]
    return hidden if pane != "code" and not _alone(boxes, pane) else (pane,)


def _alone(boxes: Boxes, pane: str) -> bool:
    """Whether a pane has a box of its own below the others."""
    return len(boxes) == 3 and pane == "messages"
