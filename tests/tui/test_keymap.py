"""The table of keys holds together."""

from __future__ import annotations

from collections import Counter

from vliwdbg.tui.keymap import GROUPS, KEYS, available, remapped, shown_key
from vliwdbg.tui.screens.main import MainScreen
from vliwdbg.tui.screens.pane_grid import PaneGrid


def test_ids_and_keys_are_there_once() -> None:
    ids = Counter(key.id for key in KEYS)
    keys = Counter(name for key in KEYS for name in key.keys.split(","))
    assert not [name for name, count in (ids + keys).items() if count > 2]
    assert max(ids.values()) == max(keys.values()) == 1


def test_a_key_is_a_line_or_an_action_that_the_screen_has() -> None:
    for key in KEYS:
        assert bool(key.line) != bool(key.action)
        if key.action:
            owner = PaneGrid if key.action.startswith("grid.") else MainScreen
            name = key.action.removeprefix("grid.").partition("(")[0]
            assert hasattr(owner, f"action_{name}")


def test_twins_are_keys() -> None:
    ids = {key.id for key in KEYS}
    assert {key.twin for key in KEYS if key.twin} <= ids


def test_a_count_goes_into_the_line() -> None:
    keys = {key.id: key for key in KEYS}
    assert keys["step"].command_line(None) == "step"
    assert keys["step"].command_line(10) == "step 10"
    assert keys["end"].command_line(137) == "goto 137"
    assert keys["cycles-on"].command_line(3) == "+30"
    assert keys["finish"].command_line(3) == "finish"


def test_keys_without_a_command_are_left_out() -> None:
    kept = {
        key.id for group in available(GROUPS, lambda word: word == "step") for key in group.keys
    }
    assert "step" in kept
    assert "cycle-on" in kept
    assert not {"why", "continue"} & kept


def test_keys_are_remapped_by_id() -> None:
    keys = {key.id: key for group in remapped(GROUPS, {"step": "z"}) for key in group.keys}
    assert keys["step"].keys == "z"
    assert keys["continue"].keys == "c,f5"


def test_keys_are_shown_as_people_write_them() -> None:
    names = ("ctrl+c", "shift+f5", "question_mark", "s", "S", "up", "f10")
    shown = [shown_key(name) for name in names]
    assert shown == ["Ctrl+C", "Shift+F5", "?", "s", "S", "↑", "F10"]
