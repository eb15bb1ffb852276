"""Files of debugger commands, read with a bound, and lines that belong together.

The lines of a `commands … end` are one entry of a script, so that a list which is left open ends
where its file does, and one whose breakpoint is missing is passed over as a whole.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LARGEST = 2**24
"""Bytes of a script; a longer one is none."""
STDIN = "-"
_OPENS = re.compile(r"comm(a|an|and|ands)?(\s.*)?", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """`commands N` with the lines up to its `end`; `closed` False where there is no `end`."""

    header: str
    body: tuple[str, ...]
    closed: bool = True


Entry = str | Block
"""What is executed at once: a line, or a block of them."""


class TooLongError(ValueError):
    """A script with more than `LARGEST` bytes."""

    def __init__(self) -> None:
        super().__init__(f"is longer than {LARGEST >> 20} MB, which no script is")


def read_script(file: str) -> list[str]:
    """The lines of a file, `-` for standard input, without empty ones.

    An empty line repeats only where it is typed. Raises OSError, UnicodeDecodeError, TooLongError.
    """
    if file == STDIN:
        data = sys.stdin.buffer.read(LARGEST + 1)
    else:
        with open(file, "rb") as stream:
            data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise TooLongError
    return [line for line in data.decode("utf-8-sig").splitlines() if line.strip()]


def without_comment(line: str, *, within_words: bool = True) -> str:
    """The line up to a `#` that stands outside quotes; if not `within_words`, before a word."""
    ends = "#" if within_words else r"(?<=\s)#"
    quoted = r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
    match = re.match(rf"(?:{quoted}|(?!{ends}).)*", line, re.DOTALL)
    return match.group() if match else line


def is_end(line: str) -> bool:
    """Whether a line closes a list of commands."""
    return without_comment(line).strip() == "end"


def opens(line: str) -> bool:
    """Whether a line opens a list of commands."""
    return _OPENS.fullmatch(without_comment(line).strip()) is not None


def entries(lines: Iterable[Entry]) -> Iterator[Entry]:
    """The lines, each list of commands in one block, with the lists in it."""
    left = iter(lines)
    for line in left:
        yield _block(line, left) if isinstance(line, str) and opens(line) else line


def _block(header: str, left: Iterator[Entry]) -> Block:
    body: list[str] = []
    depth = 1
    for line in left:
        if isinstance(line, Block):
            body += (line.header, *line.body, "end")
            continue
        depth += opens(line) - is_end(line)
        if depth == 0:
            return Block(header, tuple(body))
        if without_comment(line).strip():
            body.append(line)
    return Block(header, tuple(body), closed=False)
