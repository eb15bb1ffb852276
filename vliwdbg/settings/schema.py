"""A table of settings, one row each, and a user's file read by it.

    Setting("radix", ONE_OF, "hex", "how words are written", ("hex", "decimal", "signed"))

Each key is judged by itself: what is wrong is told with its file and line, and the default stands
in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from machine.errors import Complaint, ProgramError, quoted
from vliwdbg.settings.document import Statement, Wrong, statements, with_value, without_value
from vliwdbg.settings.files import FileError, read, update

MOST_BYTES = 100_000
MOST_COMPLAINTS = 20
"""After which nothing more is read: the file is something else."""


class Type(NamedTuple):
    """What the values of a setting are: its name, and what is wrong with a text; empty if fine."""

    name: str
    complaint: Callable[[str, Sequence[str]], str]


def _no_choice(value: str, choices: Sequence[str]) -> str:
    return "" if value in choices else f"takes {', '.join(choices)}, not {quoted(value)}"


_KEY = re.compile(r"(?:(?:ctrl|shift|alt|super)\+)*(?:[a-z][a-z0-9_]*|[^\s,])")


def _no_keys(value: str, _choices: Sequence[str]) -> str:
    unknown = [key for key in value.split(",") if not _KEY.fullmatch(key)]
    if not unknown:
        return ""
    return f"takes keys like s, S, f10, ctrl+b, a comma between them, not {quoted(unknown[0])}"


def _no_percent(value: str, _choices: Sequence[str]) -> str:
    fine = re.fullmatch(r"[1-9][0-9]?", value)
    return "" if fine else f"takes a percentage from 1 to 99, not {quoted(value)}"


PERCENT = Type("percentage", _no_percent)
ONE_OF = Type("one of", _no_choice)
KEYS = Type("keys", _no_keys)


@dataclass(frozen=True)
class Setting:
    """A row."""

    key: str
    type: Type
    default: str
    help: str
    choices: tuple[str, ...] = ()

    def complaint(self, value: object) -> str:
        """Why it cannot be set to this; empty where it can."""
        if not isinstance(value, str):
            return f'takes a text in quotes, like "{self.default}"'
        return self.type.complaint(value, self.choices)


class Given(NamedTuple):
    """A value of the user's, and the line it stands on."""

    value: str
    line: int


@dataclass(frozen=True)
class Settings:
    """What a user's file gives, and what is wrong with it; for all else there are the defaults."""

    table: Mapping[str, Setting]
    path: Path | None = None
    given: Mapping[str, Given] = field(default_factory=dict)
    complaints: tuple[Complaint, ...] = ()

    def __getitem__(self, key: str) -> str:
        """The value of a setting. Raises KeyError for what is none."""
        return self.given[key].value if key in self.given else self.table[key].default

    def origin(self, key: str) -> str:
        """Where the value is from: `default`, or the file and the line."""
        return f"{self.path}:{self.given[key].line}" if key in self.given else "default"

    def given_under(self, prefix: str) -> dict[str, str]:
        """What the user gives of the settings whose keys begin so, by the rest of the key."""
        return {
            key.removeprefix(prefix): given.value
            for key, given in self.given.items()
            if key.startswith(prefix)
        }


def by_key(rows: Iterable[Setting]) -> dict[str, Setting]:
    """The rows by their keys."""
    return {row.key: row for row in rows}


def read_settings(path: Path | None, table: Mapping[str, Setting]) -> Settings:
    """A user's settings; without a file, or with one that cannot be read, the defaults."""
    if path is None:
        return Settings(table)
    try:
        text = read(path, most=MOST_BYTES)
    except FileError as trouble:
        return Settings(table, path, complaints=(Complaint(str(path), trouble.reason),))
    given: dict[str, Given] = {}
    complaints: list[Complaint] = []
    for found in statements(text):
        message = _complaint(found, table, given)
        if message:
            complaints.append(Complaint(f"{path}:{found.line}", message))
        elif isinstance(found, Statement):
            given[found.key] = Given(str(found.value), found.line)
        if len(complaints) == MOST_COMPLAINTS:
            break
    return Settings(table, path, given, tuple(complaints))


def _complaint(
    found: Statement | Wrong, table: Mapping[str, Setting], given: Mapping[str, Given]
) -> str:
    if isinstance(found, Wrong):
        return found.message
    if found.key not in table:
        return unknown(found.key, table)
    if found.key in given:
        return f"{found.key} is set on line {given[found.key].line} already"
    wrong = table[found.key].complaint(found.value)
    return f"{found.key} {wrong}" if wrong else ""


def unknown(key: str, table: Iterable[str]) -> str:
    """That there is no such setting, and which one may have been meant."""
    close = get_close_matches(key, table, 1)
    hint = f"; {close[0]} is one" if close else ""
    return f"no setting is called {quoted(key)}{hint}"


def find(key: str, table: Mapping[str, Setting]) -> Setting:
    """The row of a key. Raises ProgramError."""
    if key not in table:
        raise ProgramError.at("", f"{unknown(key, table)}; `vliwdbg config` lists them")
    return table[key]


def set_value(path: Path, setting: Setting, value: str) -> None:
    """Write a value into the user's file. Raises ProgramError."""
    if wrong := setting.complaint(value):
        raise ProgramError.at("", f"{setting.key} {wrong}")
    _change(path, lambda text: with_value(text, setting.key, value))


def unset_value(path: Path, setting: Setting) -> None:
    """Take a value out of the user's file. Raises ProgramError."""
    _change(path, lambda text: without_value(text, setting.key))


def _change(path: Path, change: Callable[[str], str]) -> None:
    try:
        update(path, change)
    except FileError as trouble:
        raise ProgramError.at(str(path), trouble.reason) from None
    except ValueError as wrong:
        raise ProgramError.at(str(path), f"is to be mended by hand first: {wrong}") from None


def rows_of(settings: Settings) -> Iterator[tuple[Setting, str, str]]:
    """Each row with its value and where that is from."""
    return ((row, settings[key], settings.origin(key)) for key, row in settings.table.items())
