"""A file of settings in TOML, taken statement by statement, so that each has its line.

    theme = "nord"              Statement(1, "theme", "nord")
    [keys]
    step = "s,f10"              Statement(3, "keys.step", "s,f10")
    oops                        Wrong(4, "expected '=' after a key …")

One wrong line is one `Wrong`; whatever stands below it is still understood.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple

MOST_LINES_OF_A_VALUE = 50
_POSITION = re.compile(r" \(at .*\)$")


class Statement(NamedTuple):
    """A value, the key with those of its tables before it, and the line it begins on."""

    line: int
    key: str
    value: object


class Wrong(NamedTuple):
    """A line that is no TOML, and why."""

    line: int
    message: str


def statements(text: str) -> Iterator[Statement | Wrong]:
    """All statements and all wrong lines, from top to bottom."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    header, at = "", 0
    while at < len(lines):
        written = _first_statement(lines[at : at + MOST_LINES_OF_A_VALUE])
        if not written:
            yield Wrong(at + 1, _complaint(lines[at]))
        elif written[0].lstrip().startswith("["):
            header = "\n".join(written)
        else:
            for key, value in _flat(tomllib.loads("\n".join([header, *written]))):
                yield Statement(at + 1, key, value)
        at += max(len(written), 1)


def _first_statement(lines: Sequence[str]) -> Sequence[str]:
    """The fewest of the first lines that are TOML by themselves; none where that is never so."""
    ends = range(1, len(lines) + 1)
    return next((lines[:end] for end in ends if not _complaint("\n".join(lines[:end]))), ())


def _complaint(written: str) -> str:
    """What is wrong with a text; empty where it is TOML."""
    try:
        tomllib.loads(written)
    except (ValueError, RecursionError) as wrong:
        message = _POSITION.sub("", str(wrong))
        return message[:1].lower() + message[1:]
    return ""


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """The values of a table and of those in it, each with its whole key."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


# Changing one; all else stays as it was written, comments too.


def with_value(text: str, key: str, value: str) -> str:
    """The file with a value set. Raises ValueError where it is no TOML."""
    from tomlkit import dumps, parse, table

    document = parse(text)
    *tables, name = key.split(".")
    inside: MutableMapping[str, Any] = document
    for part in tables:
        if not isinstance(inside.get(part), MutableMapping):
            inside[part] = table()
        inside = inside[part]
    inside[name] = value
    return dumps(document)


def without_value(text: str, key: str) -> str:
    """The file without a value; it need not be there. Raises ValueError where it is no TOML."""
    from tomlkit import dumps, parse

    document = parse(text)
    *tables, name = key.split(".")
    inside: Any = document
    for part in tables:
        inside = inside.get(part) if isinstance(inside, MutableMapping) else None
    if isinstance(inside, MutableMapping) and name in inside:
        del inside[name]
    return dumps(document)
