"""What was set in a program comes back, whoever else has it open."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vliwdbg.settings import workspace
from vliwdbg.settings.files import FileError
from vliwdbg.settings.workspace import (
    Identity,
    KeptBreakpoint,
    KeptDisplay,
    KeptMark,
    Workspace,
    Workspaces,
    merged_workspace,
)

HERE = Identity("/somewhere/kernel.json", "a" * 64)
EDITED = HERE._replace(digest="b" * 64)
MOVED = HERE._replace(origin="/elsewhere/kernel.json")
FULL = Workspace(
    (
        KeptBreakpoint("break", "engine valu", "$cycle > 3", False, 2, ("print 1", "continue")),
        KeptBreakpoint("watch", "v_val"),
    ),
    (KeptDisplay("x", "v_val[3]"),),
    (KeptMark("a", 7),),
)


def breaks(*sources: str) -> Workspace:
    return Workspace(tuple(KeptBreakpoint("break", source) for source in sources))


def test_a_workspace_comes_back(tmp_path: Path) -> None:
    Workspaces(tmp_path).save(HERE, Workspace(), FULL)
    for identity in (HERE, EDITED, MOVED):
        assert Workspaces(tmp_path).load(identity) == FULL
    other = Identity("/elsewhere", "c" * 64)
    assert Workspaces(tmp_path).load(other) == Workspace()


def test_where_it_comes_from_tells_more_than_what_it_is(tmp_path: Path) -> None:
    kept = Workspaces(tmp_path)
    kept.save(HERE, Workspace(), breaks("1"))
    kept.save(EDITED, breaks("1"), breaks("1", "2"))
    assert kept.load(HERE) == breaks("1", "2")
    assert kept.load(Identity("", HERE.digest)) == breaks("1")


def test_what_was_deleted_does_not_come_back(tmp_path: Path) -> None:
    kept = Workspaces(tmp_path)
    kept.save(HERE, Workspace(), breaks("1"))
    kept.save(HERE, breaks("1"), Workspace())
    for identity in (HERE, EDITED, MOVED):
        assert kept.load(identity) == Workspace()


def test_nothing_set_is_no_file(tmp_path: Path) -> None:
    Workspaces(tmp_path).save(HERE, Workspace(), Workspace())
    assert not list(tmp_path.glob("*.json"))


def test_two_debuggers_at_one_program(tmp_path: Path) -> None:
    first, second = Workspaces(tmp_path), Workspaces(tmp_path)
    first.save(HERE, Workspace(), breaks("1", "2"))
    assert second.load(HERE) == breaks("1", "2")
    first.save(HERE, breaks("1", "2"), breaks("2", "3"))
    second.save(HERE, breaks("1", "2"), breaks("1", "2", "4"))
    assert first.load(HERE) == breaks("2", "4", "3")


names = st.lists(st.sampled_from("abcdef"), unique=True).map(lambda letters: breaks(*letters))


@given(names, names, names)
def test_a_merge_takes_both_sides_changes(
    before: Workspace, mine: Workspace, theirs: Workspace
) -> None:
    merged = merged_workspace(before, mine, theirs).breakpoints
    old, a, b = set(before.breakpoints), set(mine.breakpoints), set(theirs.breakpoints)
    assert set(merged) == ((old & a & b) | (a - old) | (b - old))
    assert len(merged) == len(set(merged))
    assert merged_workspace(before, mine, before) == mine


def written(**changes: object) -> str:
    return json.dumps(json.loads(FULL.to_json(HERE)) | changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "3",
        "[" * 100_000,
        written(schema="vliwdbg.workspace/2"),
        written(breakpoints=None),
        written(breakpoints=[3]),
        written(breakpoints=[{}]),
        written(breakpoints=[{"command": 3, "source": "x"}]),
        written(breakpoints=[{"command": "break", "source": "x", "ignore": -1}]),
        written(breakpoints=[{"command": "break", "source": "x", "ignore": True}]),
        written(breakpoints=[{"command": "break", "source": "x", "enabled": 1}]),
        written(breakpoints=[{"command": "break", "source": "x", "commands": "step"}]),
        written(breakpoints=[{"command": "break", "source": ["x"]}]),
        written(breakpoints=[{"command": "break", "source": "x", "commands": [1]}]),
        written(breakpoints=[{"command": "break", "source": "x", "more": 1}]),
        written(displays=[{"radix": "x"}]),
        written(marks=[{"name": "a", "position": 1 << 63}]),
        written(marks={"a": 1}),
    ],
)
def test_what_is_no_workspace(text: str) -> None:
    with pytest.raises(ValueError, match=r"it is no vliwdbg\.workspace/1"):
        Workspace.from_json(text)


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    kept = Workspaces(tmp_path)
    kept.save(HERE, Workspace(), FULL)
    for path in tmp_path.glob("*.json"):
        path.write_text("something else")
    with pytest.raises(FileError, match="delete it"):
        kept.load(HERE)
    with pytest.raises(FileError, match="delete it"):
        kept.save(HERE, FULL, Workspace())
    assert {path.read_text() for path in tmp_path.glob("*.json")} == {"something else"}


def test_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "MOST_KEPT", 3)
    kept = Workspaces(tmp_path)
    for number in range(5):
        identity = Identity("", str(number) * 64)
        kept.save(identity, Workspace(), FULL)
        for path in tmp_path.glob(f"program-{number}*"):
            os.utime(path, (number, number))
    assert [kept.load(Identity("", str(number) * 64)) == FULL for number in range(5)] == [
        *(False, False),
        *(True, True, True),
    ]
