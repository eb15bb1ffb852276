"""Panes never overlap, never leave the room, and what is chosen is always seen."""

from __future__ import annotations

from itertools import product

import pytest

from vliwdbg.tui.arrangement import ALWAYS_SEEN, PANES, arrange, tabbed

BESIDE = [pane for pane in PANES if pane not in ALWAYS_SEEN]

SIZES = [(20, 1), (20, 5), (30, 9), (80, 20), (80, 21), (120, 36), (171, 60), (172, 30), (200, 46)]


@pytest.mark.parametrize(("width", "height"), [*SIZES, (400, 120), (172, 29)])
@pytest.mark.parametrize("grown", [False, True])
def test_boxes_fit_and_do_not_overlap(width: int, height: int, grown: bool) -> None:
    for chosen, beside in product(PANES, BESIDE):
        if chosen not in (*ALWAYS_SEEN, beside):
            continue
        boxes = arrange(width, height, chosen, beside, grown=grown)
        assert chosen in boxes
        cells = [
            (x, y)
            for box in boxes.values()
            for x in range(box.x, box.x + box.width)
            for y in range(box.y, box.y + box.height)
        ]
        assert len(cells) == len(set(cells))
        assert all(x < width and y < height for x, y in cells)
        assert all(box.width > 0 and box.height > 0 for box in boxes.values())


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_pane_is_seen_or_a_tab(width: int, height: int) -> None:
    for beside in BESIDE:
        boxes = arrange(width, height, "code", beside)
        assert {tab for pane in boxes for tab in tabbed(boxes, pane)} == set(PANES)


def test_a_large_terminal_shows_all_and_a_small_one_one_beside_the_code() -> None:
    assert set(arrange(200, 46, "code", "scratch")) == set(PANES)
    assert set(arrange(80, 21, "code", "scratch")) == {"code", "scratch", "timeline"}
    assert arrange(80, 21, "code", "scratch")["timeline"].height == 1
    assert arrange(120, 40, "code", "scratch")["timeline"].height == 7
    assert set(arrange(20, 5, "memory", "memory")) == {"memory"}
