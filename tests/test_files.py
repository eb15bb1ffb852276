"""Files that are written whole or not at all."""

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from machine.errors import ProgramError
from vliwdbg.files import format_words, verify_writable, write_text

OLD, NEW = "old\n" * 1000, "new\n" * 3000


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "place"
    path.write_text(OLD)
    return path


def test_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new"
    before = os.umask(0o027)
    try:
        write_text(str(path), NEW)
    finally:
        os.umask(before)
    assert path.read_text() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664])
def test_the_mode_stays(place: Path, mode: int) -> None:
    place.chmod(mode)
    write_text(str(place), NEW)
    assert (place.read_text(), stat.S_IMODE(place.stat().st_mode)) == (NEW, mode)


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_leads_on(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "target", tmp_path / "link"
    if exists:
        target.write_text(OLD)
    link.symlink_to("there/target")
    write_text(str(link), NEW)
    assert (link.is_symlink(), target.read_text()) == (True, NEW)
    assert sorted(tmp_path.iterdir()) == [link, tmp_path / "there"]


@pytest.mark.parametrize("text", [NEW, "short", ""])
def test_other_names_see_the_same(place: Path, text: str) -> None:
    other = place.with_name("other")
    other.hardlink_to(place)
    write_text(str(place), text)
    assert (other.read_text(), other.stat().st_nlink) == (text, 2)


def test_a_pipe_and_a_device_are_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_text(str(tmp_path / "pipe"), "text")
    assert os.read(reader, 100) == b"text"
    write_text(os.devnull, NEW)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_our_own_output_is_written_to_in_order(tmp_path: Path) -> None:
    source = """
from vliwdbg.files import write_text
for stream in ("/dev/stdout", "/dev/fd/1"):
    print("before", flush=True)
    write_text(stream, "text\\n")
print("after")
"""
    with (tmp_path / "out").open("w") as out:
        subprocess.run([sys.executable, "-c", source], stdout=out, check=True, timeout=60)
    assert (tmp_path / "out").read_text() == "before\ntext\n" * 2 + "after\n"


FAILURES = {
    "/dev/full": "no space left",
    "nowhere/x": "no such file",
    ".": "is a directory",
    "a\0b": "NUL",
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_fails_names_the_file(name: str) -> None:
    with pytest.raises(ProgramError) as raised:
        write_text(name, NEW)
    assert FAILURES[name] in str(raised.value)
    assert name.replace("\0", "\\x00") in str(raised.value)
    if name != "/dev/full":  # which only writing finds out
        with pytest.raises(ProgramError):
            verify_writable(name)


@pytest.mark.parametrize("way", ["unnamed", "named", "overwritten"])
def test_no_room_leaves_the_old_file(
    place: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "named":
        monkeypatch.delattr(os, "O_TMPFILE")
    if way == "overwritten":
        place.with_name("other").hardlink_to(place)
    names = sorted(place.parent.iterdir())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(OLD) + 10, before[1]))
        with pytest.raises(ProgramError, match="large"):
            write_text(str(place), NEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert place.read_text() == OLD
    assert sorted(place.parent.iterdir()) == names


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_permissions(tmp_path: Path, place: Path) -> None:
    tmp_path.chmod(0o500)
    write_text(str(place), NEW)
    assert place.read_text() == NEW
    place.chmod(0o400)
    tmp_path.chmod(0o700)
    with pytest.raises(ProgramError, match="permission"):
        write_text(str(place), OLD)


def test_writers_of_the_same_file_do_not_mix(place: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(place)]
    writers = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(3)]
    try:
        until = time.monotonic() + 0.7
        while time.monotonic() < until:
            assert place.read_text() in (OLD, NEW)
        assert [writer.poll() for writer in writers] == [None] * 3
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()


def test_words() -> None:
    assert format_words([1, 2**32 - 1]) == "[1, 4294967295]\n"


def test_where_no_file_can_be_without_a_name(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    place.chmod(0o640)
    write_text(str(place), NEW)
    assert (place.read_text(), stat.S_IMODE(place.stat().st_mode)) == (NEW, 0o640)
    assert list(place.parent.iterdir()) == [place]


WRITER = """
import sys
from vliwdbg.files import write_text
print("begun", flush=True)
while True:
    for text in ("old\\n" * 1000, "new\\n" * 3000):
        write_text(sys.argv[1], text)
"""


@pytest.mark.parametrize("kills", [4, pytest.param(100, marks=pytest.mark.soak)])
def test_a_kill_leaves_a_whole_file(place: Path, kills: int) -> None:
    for kill in range(kills):
        command = [sys.executable, "-c", WRITER, str(place)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.003 * (kill % 10))
            process.kill()
        assert place.read_text() in (OLD, NEW)
    write_text(str(place), NEW)
    assert list(place.parent.iterdir()) == [place]
