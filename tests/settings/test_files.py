"""Files are read within bounds and written whole, whoever else uses them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vliwdbg.settings.files import LOCK, MOST_BYTES, FileError, read, update


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path / "nowhere" / "file") == ""


def test_an_update_makes_folders_and_keeps_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    assert update(path, lambda text: f"{text}one\n") == "one\n"
    path.chmod(0o640)
    update(path, lambda text: f"{text}two\r\n")
    assert read(path) == "one\ntwo\r\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(path.parent)) == [LOCK, "file"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real, link = tmp_path / "dotfiles" / "file", tmp_path / "file"
    real.write_text("one\n")
    link.symlink_to(real)
    update(link, lambda text: f"{text}two\n")
    assert link.is_symlink()
    assert real.read_text() == "one\ntwo\n"


def test_nothing_is_written_where_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one\n")
    before = path.stat().st_ino
    update(path, str)
    assert path.stat().st_ino == before


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def silent(path: Path) -> None:
    os.mkfifo(path)


def huge(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)


def binary(path: Path) -> None:
    path.write_bytes(b"one\n\xff\n")


def below_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


HOSTILE = {
    endless: "is no regular file",
    silent: "is no regular file",
    huge: f"is not read, because it has more than {MOST_BYTES} bytes",
    binary: "line 2 is not UTF-8 text",
    Path.mkdir: "is a directory",
    below_a_file: "not a directory",
}


@pytest.mark.parametrize("make", HOSTILE)
def test_what_cannot_be_read_is_told_and_left_alone(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "folder" / "file"
    path.parent.mkdir()
    make(path)
    for use in (read, lambda path: update(path, lambda text: text + "x")):
        with pytest.raises(FileError) as error:
            use(path)
        assert error.value.reason == HOSTILE[make] or make is below_a_file
        assert str(path.name) in str(error.value)


def test_too_much_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one\n")
    with pytest.raises(FileError, match="is not written"):
        update(path, lambda _: "x" * (MOST_BYTES + 1))
    assert path.read_text() == "one\n"


WRITER = """
import sys
from collections.abc import Callable
from pathlib import Path
from vliwdbg.settings.files import update
path, name, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for i in range(times):
    update(path, lambda text: f"{text}{name} {i}\\n")
    print(i, flush=True)
"""


def start(path: Path, name: str, times: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", WRITER, str(path), name, str(times)]
    return subprocess.Popen(words, stdout=subprocess.PIPE)


def test_two_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    writers = [start(path, name, 40) for name in "ab"]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    lines = path.read_text().splitlines()
    assert sorted(lines) == sorted(f"{name} {i}" for name in "ab" for i in range(40))


def test_killed_while_writing_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for _ in range(3):
        writer = start(path, "a" * 10_000, 100_000)
        assert writer.stdout is not None
        for _ in range(5):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        writer.communicate(timeout=60)
        lines = path.read_text().split("\n")
        assert lines.pop() == ""
        assert all(line.startswith("a" * 10_000 + " ") for line in lines)
        assert set(os.listdir(tmp_path)) <= {LOCK, "file", ".file.tmp"}
    update(path, lambda text: f"{text}last\n")
    assert sorted(os.listdir(tmp_path)) == [LOCK, "file"]


def test_whoever_keeps_the_lock_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr("vliwdbg.settings.files.PATIENCE", 0.05)
    with FileLock(tmp_path / LOCK), pytest.raises(FileError, match="another debugger"):
        update(tmp_path / "file", lambda _: "x")
