"""Killed at any moment: every kind of file that we write is whole or not there.

A child does over and over what the command does, and is killed while it does.
"""

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random

import pytest

from machine.codec import read_program, read_words
from tests.cli.command import ALU, unchecked
from tests.settings.test_workspace import FULL, HERE
from tests.test_ledger import ENTRY
from vliwdbg.cli.app import do
from vliwdbg.ledger import Ledger
from vliwdbg.settings.workspace import Workspace, Workspaces
from vliwdbg.tui.history import History

SMALL = ("--forest-height", "1", "--rounds", "1", "--batch-size", "8")
Deed = Callable[[int], object]
"""Writes the file once more, with other contents if the number is another."""
Check = Callable[[Path], object]
"""Reads the file as its owner does, and raises for what is not whole."""


def command(*words: str) -> Deed:
    """A command of ours; `{}` in its words is a number."""
    return lambda number: do([word.replace("{}", str(number)) for word in words])


def configure(number: int) -> None:
    do(["config", "radix", ("hex", "signed")[number % 2]])


def bundled(number: int) -> None:
    """A run of the bundled kernel that is not yet in the cache."""
    for file in Path("cache", "vliwdbg").glob("kernel-*"):
        file.unlink(missing_ok=True)
    do(["run", "-qq", *SMALL[:2], "--rounds", str(number % 2 + 1), *SMALL[4:]])


def keep_workspace(number: int) -> None:
    kept = (Workspace(), FULL)
    Workspaces(Path("workspaces")).save(HERE, kept[number % 2], kept[1 - number % 2])


def read_workspace(_: Path) -> None:
    assert Workspaces(Path("workspaces")).load(HERE) in (Workspace(), FULL)


def append(number: int) -> None:
    Ledger("k.ledger").append(replace(ENTRY, cycles=number))


def read_ledger(file: Path) -> None:
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert all(
        entry == replace(ENTRY, cycles=entry.cycles) for entry in Ledger(str(file)).entries()
    )


def read_history(file: Path) -> None:
    assert all(line.startswith("break ") for line in History(file).lines)


def read_settings(_: Path) -> None:
    do(["config", "--json"])


def read_json(file: Path) -> None:
    assert json.loads(file.read_text())


def read_text(file: Path) -> None:
    assert file.read_text().endswith("\n")


def read_page(file: Path) -> None:
    assert file.read_text().rstrip().endswith("</html>")


def script(line: str) -> Deed:
    return command("exec", "program.json", "-ex", "break pc {}", "-ex", line)


def export(form: str) -> Deed:
    return command("export", "program.json", f"--{form}", "file", "--max-cycles", "{}")


KINDS: dict[str, tuple[str, Deed, Check]] = {
    "settings": ("config/vliwdbg/settings.toml", configure, read_settings),
    "workspace": ("workspaces/*", keep_workspace, read_workspace),
    "history": ("history", lambda n: History(Path("history")).add(f"break {n}"), read_history),
    "ledger": ("k.ledger", append, read_ledger),
    "kernel cache": ("cache/vliwdbg/kernel-*", bundled, lambda file: read_program(str(file))),
    "build": ("file", command("build", "--seed", "{}", *SMALL, "-o", "file"),
              lambda file: read_program(str(file))),
    "tune": ("file", command("tune", *SMALL, "--tries", "1", "--seed", "{}", "-o", "file"),
             read_json),
    "explain": ("file", command("explain", *SMALL, "-o", "file"),
                lambda file: read_program(str(file))),
    "dump": ("file", script("dump memory file"), lambda file: read_words(str(file))),
    "save": ("file", script("save breakpoints file"), read_text),
    "dump-memory": ("file", command("run", "-qq", "program.json", "--dump-memory", "file"),
                    lambda file: read_words(str(file))),
    "dump-scratch": ("file", command("run", "-qq", "program.json", "--dump-scratch", "file"),
                     lambda file: read_words(str(file))),
    "trace": ("file", command("run", "-qq", "program.json", "--trace", "file"), read_json),
    "perfetto": ("file", export("perfetto"), read_json),
    "csv": ("file", export("csv"), read_text),
    "asm": ("file", export("asm"), read_text),
    "html": ("file", export("html"), read_page),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable, name in (("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")):
        monkeypatch.setenv(variable, str(tmp_path / name))
    (tmp_path / "program.json").write_text(json.dumps(unchecked(ALU * 300)))
    return tmp_path


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def killed_after(seconds: float, deed: Deed, first: int) -> None:
    """A child that does it over and over, killed that much later."""
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        try:
            for number in count(first):
                deed(number)
        finally:
            os._exit(66)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL  # not 66: it was at it until then


@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.soak)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_leaves_whole_files_and_nothing_else(
    folder: Path, kind: str, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern, deed, check = KINDS[kind]
    draw = Random(kind)
    deed(1)
    began = time.monotonic()
    deed(2)
    usual = time.monotonic() - began
    expected = files_in(folder)
    for kill in range(kills):
        killed_after(draw.uniform(0, 2 * usual), deed, 3 + kill)
        for file in folder.glob(pattern):
            if not file.name.startswith(".") and not file.name.endswith("-journal"):
                check(file)
        left = {Path(name).name for name in files_in(folder) - expected}
        assert len(left) <= 2, left  # one that is half done, of one place or of two
    deed(3 + kills)
    deed(4 + kills)
    assert {name for name in files_in(folder) if "tmp" in name or "journal" in name} == set()
    assert list(folder.glob(pattern))
    capsys.readouterr()
