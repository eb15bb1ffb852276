"""Command lines are remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from vliwdbg.settings.files import FileError
from vliwdbg.tui import history
from vliwdbg.tui.history import History


def test_lines_are_recalled_from_the_newest() -> None:
    kept = History()
    for line in ("break 1", "watch v", "break 2"):
        kept.add(line)
    assert [kept.recall(-1, "") for _ in range(4)] == ["break 2", "watch v", "break 1", None]
    assert [kept.recall(1, "") for _ in range(3)] == ["watch v", "break 2", None]


def test_only_lines_with_the_beginning_are_recalled() -> None:
    kept = History()
    for line in ("break 1", "watch v", "break 2"):
        kept.add(line)
    assert [kept.recall(-1, "break") for _ in range(3)] == ["break 2", "break 1", None]


def test_a_line_twice_in_a_row_is_one_line() -> None:
    kept = History()
    for line in ("step", "step", "", "step"):
        kept.add(line)
    assert kept.lines == ["step"]


def test_lines_outlive_the_debugger(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "history"
    History(path).add("break 1")
    History(path).add("watch v")
    assert History(path).lines == ["break 1", "watch v"]


def test_two_debuggers_share_their_history(tmp_path: Path) -> None:
    path = tmp_path / "history"
    first, second = History(path), History(path)
    first.add("break 1")
    second.add("watch v")
    first.add("watch v")
    first.add("break 2")
    assert path.read_text() == "break 1\nwatch v\nbreak 2\n"
    second.rewind()
    assert second.recall(-1, "") == "break 2"


def test_only_the_newest_lines_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_LINES", 3)
    path = tmp_path / "history"
    for number in range(5):
        History(path).add(f"break {number}")
    History(path).add("x" * 1001)
    assert path.read_text() == "break 2\nbreak 3\nbreak 4\n"


def test_a_history_that_cannot_be_kept_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told: list[FileError] = []
    kept = History(tmp_path / "file" / "history", told.append)
    for line in ("step", "run"):
        kept.add(line)
        assert kept.recall(-1, "") == line
        kept.rewind()
    assert [trouble.reason for trouble in told] == ["not a directory"]
    assert kept.lines == ["step", "run"]


def test_a_history_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b"break \xff\n" + b"x" * (1 << 22))
    told: list[FileError] = []
    History(path, told.append).add("step")
    assert "is not read" in told[0].reason
    assert path.stat().st_size == (1 << 22) + 8
    path.write_bytes(b"break \xff\n")
    History(path).add("step")
    assert path.read_text() == "break \ufffd\nstep\n"
