"""The page of all settings, from their table."""

from __future__ import annotations

from collections.abc import Iterable

from vliwdbg.settings.schema import Setting

MOST_CHOICES = 6
"""Of a row; where there are more, they depend on what is installed."""
_HEAD = """\
# Settings

They stand in one file, `settings.toml`, in the platform's folder for settings (Linux:
`~/.config/vliwdbg`; `vliwdbg config --path` says where):

```toml
radix = "decimal"      # a comment stays where it is

[keys]
step = "s,f10"         # Textual's names of keys, a comma between them
```

    vliwdbg config                      every setting, its value, its default and where it is from
    vliwdbg config radix                one, with its choices
    vliwdbg config radix decimal        set it in the file; comments stay
    vliwdbg config radix --unset        take it out
    vliwdbg config --json               one JSON object for scripts

A line that is invalid is told with its number when the debugger opens, and by `vliwdbg config`; the
rest of the file is used. Only the debugger in a terminal reads the file: `run`, `exec` and all else
do the same for everybody.

| key | type | default | meaning |
| --- | --- | --- | --- |
"""
_TAIL = """
## What is kept besides

In the platform's folder for state (Linux: `~/.local/state/vliwdbg`):

- `history`: the command lines of earlier, of all debuggers together.
- `workspaces`: for each program its breakpoints and watchpoints (with condition, ignore count,
  commands, and whether they are disabled), its displays and its marks. They are set again when the
  debugger opens the program. A file is known by its path, so that it keeps them when it is edited,
  and a program by its bundles, so that it keeps them when it is moved. What cannot be met in the
  program any more is listed with the reason.

Files are written whole or not at all. Two debuggers at one program each add what was set in them
and take out what was deleted in them. Where a file cannot be read or written, the debugger says so
once and works without.
"""


def page(rows: Iterable[Setting]) -> str:
    """The page, in Markdown."""
    return _HEAD + "".join(f"{_row(row)}\n" for row in rows) + _TAIL


def _row(row: Setting) -> str:
    return f"| `{row.key}` | {_type(row)} | `{row.default}` | {row.help} |"


def _type(row: Setting) -> str:
    if not row.choices:
        return row.type.name
    if len(row.choices) > MOST_CHOICES:
        return f"{row.type.name} those that `vliwdbg config {row.key}` lists"
    return f"{row.type.name} {', '.join(f'`{choice}`' for choice in row.choices)}"
