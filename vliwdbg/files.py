"""The files that we write: whole or not at all.

A file's text is written beside its place, into a file without a name where the system has such, and
takes the place when it is complete: a full disk, a signal or a kill leaves what was there. The file
keeps its mode, and links to it stay links. What cannot be replaced is overwritten: pipes, devices,
a file with several names or of somebody else's, one in a folder that nobody may write to.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

from machine.errors import ProgramError, quoted

_USUAL_MODE = 0o666
_LONGEST_NAME = 200
_NO_UNNAMED_FILES = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)
"""What a file system answers that has no files without a name."""


def verify_writable(file: str) -> None:
    """Find out before long work, not after it, that its result has no place to go.

    Raises ProgramError.
    """
    _verify_name(file)
    folder = os.path.dirname(os.path.realpath(file))
    if os.path.isdir(file):
        raise ProgramError.at(file, "is a folder, not a file to write")
    if not os.path.exists(file) and not os.path.isdir(folder):
        raise ProgramError.at(file, "its folder does not exist")
    if not os.access(file if os.path.exists(file) else folder, os.W_OK):
        raise ProgramError.at(file, "cannot be written")


def format_words(words: Sequence[int]) -> str:
    """The text of a file of words, a JSON list, as `--memory` reads it."""
    return json.dumps(list(words)) + "\n"


def write_text(file: str, text: str) -> None:
    """Write a file whole or not at all. Raises ProgramError; a closed pipe is no error."""
    _verify_name(file)
    try:
        _write(file, text.encode("utf-8", "surrogateescape"))
    except BrokenPipeError:  # whoever reads there has had enough
        return
    except OSError as error:
        raise ProgramError.at(file, (error.strerror or str(error)).lower()) from None


def _verify_name(file: str) -> None:
    if "\0" in file:
        raise ProgramError.at(quoted(file), "no file has a NUL in its name")


def _write(file: str, data: bytes) -> None:
    if not os.path.exists(file):
        _replace(os.path.realpath(file), data, None)
        return
    found = os.stat(file)
    if _may_replace(file, found):
        _replace(os.path.realpath(file), data, found)
    else:
        _overwrite(file, data, found)


def _may_replace(file: str, found: os.stat_result) -> bool:
    return (
        stat.S_ISREG(found.st_mode)
        and found.st_nlink == 1
        and os.geteuid() in (0, found.st_uid)
        and os.access(file, os.W_OK)
        and os.access(os.path.dirname(os.path.realpath(file)), os.W_OK)
        and _own_stream(found) is None
    )


def _own_stream(found: os.stat_result) -> int | None:
    """Which of standard output and error leads to a file, as `/dev/stdout` does."""
    for stream in (1, 2):
        with suppress(OSError):
            if os.path.samestat(found, os.fstat(stream)):
                return stream
    return None


# Taking the place of what is there


def _replace(place: str, data: bytes, found: os.stat_result | None) -> None:
    beside = _write_beside(place, data, found)
    try:
        os.replace(beside, place)
    except FileNotFoundError:  # another writer of the same file has just put this one in its place
        return
    except BaseException:
        _remove(beside)
        raise


def _write_beside(place: str, data: bytes, found: os.stat_result | None) -> str:
    """Write a file next to a place; its name."""
    folder, name = os.path.split(place)
    beside = os.path.join(folder, f".{name[:_LONGEST_NAME]}.tmp")
    mode = stat.S_IMODE(found.st_mode) if found else _USUAL_MODE
    unnamed = _open_unnamed(folder, mode)
    if unnamed is not None:
        with open(unnamed, "wb") as stream:
            _fill(stream, data, found)
            _give_name(unnamed, beside)
        return beside
    beside += str(os.getpid())  # this one is seen half written
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as stream:
            _fill(stream, data, found)
    except BaseException:
        _remove(beside)
        raise
    return beside


def _fill(stream: IO[bytes], data: bytes, found: os.stat_result | None) -> None:
    stream.write(data)
    stream.flush()
    if found:
        with suppress(OSError):  # of a group that we are not in
            os.fchown(stream.fileno(), found.st_uid, found.st_gid)
        os.fchmod(stream.fileno(), stat.S_IMODE(found.st_mode))


def _open_unnamed(folder: str, mode: int) -> int | None:
    """A file that is gone when it is closed without a name; None where there is no such thing."""
    if not hasattr(os, "O_TMPFILE"):
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_WRONLY, mode)
    except OSError as error:
        if error.errno in _NO_UNNAMED_FILES:
            return None
        raise


def _give_name(file: int, name: str) -> None:
    anywhere = os.open("/", os.O_RDONLY)
    try:  # a folder's descriptor makes Python follow the link, which it does not do without
        while True:
            with suppress(FileExistsError):
                os.link(f"/proc/self/fd/{file}", name, src_dir_fd=anywhere, dst_dir_fd=anywhere)
                return
            _remove(name)  # it is of another writer, or of one who was killed before replacing
    finally:
        os.close(anywhere)


def _remove(file: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(file)


# Overwriting what is there


def _overwrite(file: str, data: bytes, found: os.stat_result) -> None:
    own = _own_stream(found)
    opened = os.open(file, os.O_WRONLY) if own is None else os.dup(own)
    with open(opened, "wb") as stream:
        regular = own is None and stat.S_ISREG(found.st_mode)
        if regular:
            _reserve(opened, len(data), found.st_size)
        stream.write(data)
        if regular:
            stream.truncate()


def _reserve(file: int, size: int, before: int) -> None:
    """Take the room that a file will need, so that a full disk leaves it as it was."""
    if size and hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file, 0, size)
        except OSError:
            os.ftruncate(file, before)
            raise
