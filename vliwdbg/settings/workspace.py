"""What was set in a program, kept for the next time: breakpoints, displays, marks.

A program is known by where it comes from and by what it is: the same file keeps its workspace when
it is edited, the same program when it is moved. Two debuggers at one program merge what they set:
each adds its own and takes out what it deleted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_type_hints

from vliwdbg.settings.files import FileError, read, update

SCHEMA = "vliwdbg.workspace/1"
MOST_KEPT = 500
"""Workspaces; those not written for the longest time go."""
MOST = 1 << 63
"""No count and no position reaches it."""


class Identity(NamedTuple):
    """How a program is known: where it comes from, if that has a name, and what it is."""

    origin: str
    digest: str


@dataclass(frozen=True)
class KeptBreakpoint:
    """A breakpoint or watchpoint: the command that sets it, and what was said of it since."""

    command: str
    source: str
    condition: str = ""
    enabled: bool = True
    ignore: int = 0
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeptDisplay:
    """An expression shown after each move, and the letter of its radix; empty if it has none of its
    own."""

    radix: str
    expression: str


@dataclass(frozen=True)
class KeptMark:
    """A name for a position of the run, in bundles executed."""

    name: str
    position: int


@dataclass(frozen=True)
class Workspace:
    """All of it, each in the order it was set."""

    breakpoints: tuple[KeptBreakpoint, ...] = ()
    displays: tuple[KeptDisplay, ...] = ()
    marks: tuple[KeptMark, ...] = ()

    @classmethod
    def from_json(cls, text: str) -> Workspace:
        """Raises ValueError for what `to_json` does not write."""
        try:
            written = json.loads(text)
            if written["schema"] == SCHEMA:
                return cls(
                    _records(KeptBreakpoint, written["breakpoints"]),
                    _records(KeptDisplay, written["displays"]),
                    _records(KeptMark, written["marks"]),
                )
        except (AttributeError, LookupError, TypeError, ValueError, RecursionError):
            pass
        raise ValueError(f"it is no {SCHEMA}")

    def to_json(self, identity: Identity) -> str:
        """A text that `from_json` reads; whose it is stands in it for people only."""
        about = {"schema": SCHEMA, "origin": identity.origin, "digest": identity.digest}
        return json.dumps(about | asdict(self), indent=1) + "\n"


Record = TypeVar("Record")
Kept = TypeVar("Kept", KeptBreakpoint, KeptDisplay, KeptMark)


def _records(kind: type[Kept], written: Sequence[Mapping[str, Any]]) -> tuple[Kept, ...]:
    return tuple(_record(kind, record) for record in written)


def _record(kind: type[Kept], written: Mapping[str, Any]) -> Kept:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in written.items()
    }
    record = kind(**values)
    hints = get_type_hints(kind)
    if not all(_fits(getattr(record, name), hint) for name, hint in hints.items()):
        raise TypeError
    return record


def _fits(value: object, hint: object) -> bool:
    if isinstance(value, tuple):
        return hint == tuple[str, ...] and all(type(line) is str for line in value)
    return type(value) is hint and not (type(value) is int and not 0 <= value < MOST)


class Workspaces:
    """The workspaces of a user, in a folder: a file for each origin and for each program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, identity: Identity) -> Workspace:
        """What was kept for where a program comes from, else for the program itself.

        Raises FileError.
        """
        for path in self._paths(identity):
            if text := read(path):
                return _parsed(path, text)
        return Workspace()

    def save(self, identity: Identity, before: Workspace, now: Workspace) -> None:
        """Keep what was set, which was `before` when it was last loaded or saved from here.

        What another debugger added since stays, and so does what it deleted. Raises FileError.
        """
        for path in self._paths(identity):
            update(path, partial(_rewritten, path, identity, before, now))
        self._drop_oldest()

    def _paths(self, identity: Identity) -> Iterator[Path]:
        if identity.origin:
            origin = hashlib.sha256(identity.origin.encode("utf-8", "surrogateescape"))
            yield self.folder / f"origin-{origin.hexdigest()[:32]}.json"
        yield self.folder / f"program-{identity.digest[:32]}.json"

    def _drop_oldest(self) -> None:
        with suppress(OSError):  # another debugger may do the same
            files = sorted(self.folder.glob("*.json"), key=lambda path: -path.stat().st_mtime)
            for path in files[MOST_KEPT:]:
                path.unlink()


def _rewritten(path: Path, identity: Identity, before: Workspace, now: Workspace, text: str) -> str:
    """The text of a file with what was set; where nothing is and nothing was, there is no file."""
    if text:
        return merged_workspace(before, now, _parsed(path, text)).to_json(identity)
    return now.to_json(identity) if now != Workspace() else ""


def _parsed(path: Path, text: str) -> Workspace:
    try:
        return Workspace.from_json(text)
    except ValueError as wrong:
        raise FileError(path, f"{wrong}; delete it, and it is written anew") from None


def merged_workspace(before: Workspace, now: Workspace, theirs: Workspace) -> Workspace:
    """What is set now, with what others have added to and taken out of what was there before."""
    return Workspace(
        _merged(before.breakpoints, now.breakpoints, theirs.breakpoints),
        _merged(before.displays, now.displays, theirs.displays),
        _merged(before.marks, now.marks, theirs.marks),
    )


def _merged(
    before: Sequence[Record], now: Sequence[Record], theirs: Sequence[Record]
) -> tuple[Record, ...]:
    ours = [record for record in now if record in theirs or record not in before]
    added = [record for record in theirs if record not in now and record not in before]
    return (*ours, *added)
