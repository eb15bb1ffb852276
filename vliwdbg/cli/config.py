"""`vliwdbg config`: the user's settings, listed and set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from machine.errors import ProgramError
from vliwdbg.cli.options import AsJson
from vliwdbg.cli.parameters import Argument, Option, UsageError
from vliwdbg.cli.streams import print_err, print_out
from vliwdbg.settings.folders import settings_file
from vliwdbg.settings.schema import (
    Setting,
    Settings,
    find,
    read_settings,
    set_value,
    unset_value,
)


def config(
    key: Annotated[str | None, Argument("KEY", "Which setting; all of them.", "key")] = None,
    value: Annotated[str | None, Argument("VALUE", "What to set it to.", "value")] = None,
    unset: Annotated[bool, Option("--unset", help="Take it out of the file.")] = False,
    path: Annotated[bool, Option("--path", help="Print where the file is.")] = False,
    as_json: AsJson = False,
) -> int:
    """The debugger's settings: list them, or set one in the user's file."""
    from vliwdbg.tui.settings import SETTINGS, clashes

    file = _file()
    if path:
        print_out(str(file))
        return 0
    chosen = None if key is None else find(key, SETTINGS)
    _change(file, chosen, value, unset=unset)
    settings = read_settings(file, SETTINGS)
    rows = list(SETTINGS.values()) if chosen is None else [chosen]
    if as_json:
        print_out(json.dumps(_as_json(settings, rows)))
        return 0
    for complaint in [*settings.complaints, *clashes(settings)]:
        print_err(f"vliwdbg: {complaint}")
    for line in _lines(settings, rows) if chosen is None else _sentences(settings, chosen):
        print_out(line)
    return 0


def _file() -> Path:
    file = settings_file()
    if file is None:
        raise ProgramError.at("settings", "there is no home folder to keep them in")
    return file


def _change(file: Path, setting: Setting | None, value: str | None, *, unset: bool) -> None:
    """Set a value or take one out, as asked for; most often neither is."""
    if unset and (setting is None or value is not None):
        raise UsageError("--unset takes a KEY and no VALUE")
    if setting is None:
        return
    if unset:
        unset_value(file, setting)
    elif value is not None:
        set_value(file, setting, value)


def _lines(settings: Settings, rows: list[Setting]) -> list[str]:
    """A table: key, value, default, origin."""
    table = [("key", "value", "default", "from")]
    table += [(row.key, settings[row.key], row.default, settings.origin(row.key)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]


def _sentences(settings: Settings, row: Setting) -> list[str]:
    """One setting at length."""
    choices = f"; one of {', '.join(row.choices)}" if row.choices else ""
    return [
        f"{row.key} = {settings[row.key]}  ({settings.origin(row.key)})",
        f"{row.help}{choices}; by default {row.default}",
    ]


def _as_json(settings: Settings, rows: list[Setting]) -> dict[str, Any]:
    return {
        "schema": "vliwdbg.config/1",
        "ok": True,
        "path": str(settings.path),
        "settings": [_row_as_json(settings, row) for row in rows],
        "complaints": [complaint._asdict() for complaint in settings.complaints],
    }


def _row_as_json(settings: Settings, row: Setting) -> dict[str, Any]:
    given = settings.given.get(row.key)
    return {
        "key": row.key,
        "value": settings[row.key],
        "default": row.default,
        "line": given.line if given else None,
        "type": row.type.name,
        "choices": list(row.choices),
        "help": row.help,
    }
