"""A user's files, which two debuggers may have open at once.

    read(path)              its text, "" where there is no file
    update(path, change)    read, change, write, while no other debugger does

What is read is bounded, because anything may lie in a file's place. What is written is there whole
or not at all, at whatever moment the debugger is killed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from machine.errors import ProgramError
from vliwdbg.files import write_text

MOST_BYTES = 1 << 22
PATIENCE = 1.0
"""Seconds to wait for another debugger, which needs the file for some milliseconds."""
LOCK = ".lock"
"""One in each folder."""


class FileError(Exception):
    """A file that cannot be read or written, and why."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


def read(path: Path, *, errors: str = "strict", most: int = MOST_BYTES) -> str:
    """The text of a file, "" where there is none; `errors` is what `bytes.decode` takes.

    Raises FileError, also for what is no file and for more than so many bytes.
    """
    with _troubles(path):
        try:
            # Not waiting: a pipe in its place may never have anything to say.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return ""
        with open(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileError(path, "is no regular file")
            data = stream.read(most + 1)
    if len(data) > most:
        raise FileError(path, f"is not read, because it has more than {most} bytes")
    try:
        return data.decode("utf-8", errors)
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
        raise FileError(path, f"line {line} is not UTF-8 text") from None


def update(path: Path, change: Callable[[str], str], *, errors: str = "strict") -> str:
    """Replace the text of a file by what `change` makes of it, and return that.

    No other debugger reads or writes it meanwhile. Nothing is written where nothing changes.
    Raises FileError, and whatever `change` raises.
    """
    with _troubles(path), _locked(path):
        before = read(path, errors=errors)
        after = change(before)
        if after != before:
            _replace(path, after)
        return after


@contextmanager
def _troubles(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        raise FileError(path, (wrong.strerror or str(wrong)).lower()) from None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(path.with_name(LOCK), timeout=PATIENCE)
    try:
        lock.acquire()
    except Timeout:
        raise FileError(path, "another debugger keeps it locked") from None
    try:
        yield
    finally:
        lock.release()


def _replace(path: Path, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    if len(text.encode()) > MOST_BYTES:
        raise FileError(path, f"is not written, because it would have over {MOST_BYTES} bytes")
    try:
        write_text(str(path), text)
    except ProgramError as wrong:
        raise FileError(path, wrong.complaints[0].message) from None
