"""Panes never overlap, never leave the room, and what is chosen is always seen."""

from __future__ import annotations

from itertools import combinations

import pytest

from vliwdbg.tui.arrangement import SHARES, Arrangement, Shares, arrange
from vliwdbg.tui.panes import NAMES, PANES

PLACED = [row.placed for row in PANES]
USUAL = {name: percent for name, (percent, _) in SHARES.items()}
SIZES = [(20, 1), (20, 5), (30, 9), (80, 20), (80, 21), (120, 36), (171, 60), (172, 30), (200, 46)]


def arranged(
    width: int,
    height: int,
    chosen: str = "code",
    *,
    hidden: tuple[str, ...] = (),
    shares: Shares = USUAL,
    grown: bool = False,
) -> Arrangement:
    order = [chosen, *(name for name in NAMES if name not in (chosen, *hidden))]
    return arrange(width, height, PLACED, order, shares, grown=grown)


def is_fine(there: Arrangement, width: int, height: int) -> bool:
    cells = [
        (x, y)
        for box in there.boxes.values()
        for x in range(box.x, box.x + box.width)
        for y in range(box.y, box.y + box.height)
    ]
    inside = all(0 <= x < width and 0 <= y < height for x, y in cells)
    sized = all(box.width > 0 and box.height > 0 for box in there.boxes.values())
    return inside and sized and len(cells) == len(set(cells))


@pytest.mark.parametrize(("width", "height"), [*SIZES, (400, 120), (172, 29)])
@pytest.mark.parametrize("grown", [False, True])
def test_boxes_fit_and_do_not_overlap(width: int, height: int, grown: bool) -> None:
    for chosen in NAMES:
        there = arranged(width, height, chosen, grown=grown)
        assert chosen in there.boxes
        assert is_fine(there, width, height)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_whatever_is_hidden_the_others_fit_and_leave_no_row_empty(width: int, height: int) -> None:
    for count in (1, 2, 4, 7):
        for hidden in combinations(NAMES, count):
            chosen = next(name for name in NAMES if name not in hidden)
            there = arranged(width, height, chosen, hidden=hidden)
            assert is_fine(there, width, height)
            assert not set(hidden) & set(there.boxes)
            rows = {y for box in there.boxes.values() for y in range(box.y, box.y + box.height)}
            assert rows == set(range(height))


@pytest.mark.parametrize("percent", [10, 50, 90])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_panes_of_any_share_fit(width: int, height: int, percent: int) -> None:
    for name in SHARES:
        assert is_fine(arranged(width, height, shares={**USUAL, name: percent}), width, height)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_pane_is_seen_or_a_tab(width: int, height: int) -> None:
    for chosen in NAMES:
        turns = arranged(width, height, chosen).turns
        assert {tab for names in turns.values() for tab in names} == set(NAMES)


def test_a_large_terminal_shows_all_and_a_small_one_one_beside_the_code() -> None:
    assert set(arranged(200, 46).boxes) == set(NAMES) - {"answer"}
    assert set(arranged(200, 46, "answer").boxes) == set(NAMES) - {"memory"}
    small = arranged(80, 21, "scratch").boxes
    assert set(small) == {"code", "scratch", "timeline"}
    assert small["timeline"].height == 1
    assert arranged(120, 40).boxes["timeline"].height == 8
    assert set(arranged(20, 5, "memory").boxes) == {"memory"}


def test_a_hidden_pane_leaves_its_room_to_the_others() -> None:
    assert arranged(80, 21, hidden=("timeline",)).boxes["bundle"].height > 1 + 21 // 2
    right = ("scratch", "memory", "stops", "messages", "answer")
    assert arranged(200, 46, hidden=right).boxes["code"].width == 200
