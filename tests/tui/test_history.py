"""Command lines are remembered."""

from __future__ import annotations

from vliwdbg.tui.history import History


def test_lines_are_recalled_from_the_newest():
    history = History()
    for line in ("break 1", "watch v", "break 2"):
        history.add(line)
    assert [history.recall(-1, "") for _ in range(4)] == ["break 2", "watch v", "break 1", None]
    assert [history.recall(1, "") for _ in range(3)] == ["watch v", "break 2", None]


def test_only_lines_with_the_beginning_are_recalled():
    history = History()
    for line in ("break 1", "watch v", "break 2"):
        history.add(line)
    assert [history.recall(-1, "break") for _ in range(3)] == ["break 2", "break 1", None]


def test_a_line_twice_in_a_row_is_one_line():
    history = History()
    for line in ("step", "step", "", "step"):
        history.add(line)
    assert history.lines == ["step"]


def test_lines_outlive_the_debugger(tmp_path):
    path = tmp_path / "deep" / "history"
    History(path).add("break 1")
    History(path).add("watch v")
    assert History(path).lines == ["break 1", "watch v"]


def test_a_history_that_cannot_be_kept_disturbs_nobody(tmp_path):
    (tmp_path / "file").write_text("")
    history = History(tmp_path / "file" / "history")
    history.add("step")
    assert history.lines == ["step"]
