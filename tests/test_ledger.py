"""The ledger: what is appended stays, whoever else writes, and nothing foreign is touched."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from machine.errors import ProgramError
from vliwdbg.ledger import APPLICATION, VERSION, Entry, Ledger

ENTRY = Entry(
    "2026-01-01T00:00:00+00:00", "a.json", "small", 900, True, "right", False, 0, 800, "00", "1"
)
MANY = 40
WRITER = """
import sys
from dataclasses import replace
from tests.test_ledger import ENTRY, MANY
from vliwdbg.ledger import Ledger

for number in range(MANY):
    Ledger(sys.argv[1]).append(replace(ENTRY, kernel=sys.argv[2], cycles=1000 - number))
"""


def test_what_is_appended_comes_back_and_the_best_is_of_right_runs_alike(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path / "k.ledger"))
    told = [
        ENTRY,
        replace(ENTRY, cycles=500, ok=False, result="wrong"),
        replace(ENTRY, cycles=600, problem="other"),
        replace(ENTRY, cycles=700, kernel="b.json"),
        replace(ENTRY, cycles=850, ok=None, floor=None),
        replace(ENTRY, cycles=880, strict=True),
        ENTRY,
    ]
    assert [ledger.append(entry) for entry in told] == [None, 900, None, None, 900, None, 880]
    assert ledger.entries() == told


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    file = str(tmp_path / "k.ledger")
    root = Path(__file__).parents[1]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, file, name], cwd=root) for name in "ab"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    found = Ledger(file).entries()
    for name in "ab":
        cycles = [entry.cycles for entry in found if entry.kernel == name]
        assert cycles == [1000 - number for number in range(MANY)]


def _foreign(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE entries (id)")


def _newer(file: Path) -> None:
    Ledger(str(file)).append(ENTRY)
    with sqlite3.connect(file) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")


def _without_table(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")


def _overwritten(file: Path) -> None:
    ledger = Ledger(str(file))
    for _ in range(100):
        ledger.append(ENTRY)
    data = bytearray(file.read_bytes())
    data[4096:6096] = b"x" * 2000
    file.write_bytes(data)


def _cut_short(file: Path) -> None:
    _overwritten(file)
    file.write_bytes(file.read_bytes()[:6000])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda file: file.write_text("cycles,899\n" * 100), "is damaged or no ledger"),
        (_foreign, "somebody else"),
        (_newer, f"version {VERSION + 1}"),
        (_without_table, "no such table"),
        (_overwritten, "damaged"),
        (_cut_short, "damaged"),
    ],
    ids=["text", "foreign", "newer", "without-table", "overwritten", "cut-short"],
)
def test_what_is_no_ledger_is_told_and_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    file = tmp_path / "k.ledger"
    make(file)
    before = file.read_bytes()
    ledger = Ledger(str(file))
    for use in (lambda: ledger.append(ENTRY), ledger.entries):
        with pytest.raises(ProgramError, match=said):
            use()
    assert file.read_bytes() == before


def test_places_where_no_ledger_can_be(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="no such file"):
        Ledger(str(tmp_path / "none")).entries()
    with pytest.raises(ProgramError, match="is a folder"):
        Ledger(str(tmp_path)).verify()
    with pytest.raises(ProgramError, match="folder does not exist"):
        Ledger(str(tmp_path / "none" / "k.ledger")).verify()
    assert list(tmp_path.iterdir()) == []


def test_a_kernel_is_called_by_its_path_from_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Ledger("k.ledger").name_of("a/b.json") == "a/b.json"
    assert Ledger(str(tmp_path / "k.ledger")).name_of("./a/b.json") == "a/b.json"
    assert Ledger("c/k.ledger").name_of("b.json") == "../b.json"
