"""The page of all commands, from their table."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.commands import GROUPS
from vliwdbg.commands.table import Command, Group

_HEAD = """\
# Commands

Typed in the debugger, or given to `vliwdbg exec` with `-ex` and `-x`. Unique prefixes work, an
ambiguous one lists its candidates, an empty line repeats, `#` starts a comment. `+N`, `-N`, `50%`
and `'a` alone are a `goto`.

`exec --json` prints an object a command: `command`, `ok`, `lines` as people see them, and `data`,
whose `kind` says what it is; words, cycles and counts are numbers there. `vliwdbg spec --replies`
prints its JSON Schema.

A file's name goes to the end of the line, or is quoted; `~` is the home folder, and `-` standard
output for `save` and `dump`. In a script `commands N … end` is one command.

This page is printed by `python -m vliwdbg.commands`.
"""


def page() -> str:
    """The page, in Markdown."""
    return _HEAD + "".join(_section(group) for group in GROUPS)


def _section(group: Group) -> str:
    rows = "".join(f"{_row(command)}\n" for command in group.commands)
    notes = "".join(f"\n{note}\n" for note in _notes(group))
    return (
        f"\n## {group.title}\n\n| command | short | meaning |\n| --- | --- | --- |\n{rows}{notes}"
    )


def _row(command: Command) -> str:
    usage = command.usage.replace("|", "\\|")
    short = ", ".join(f"`{name}`" for name in command.names[1:])
    return f"| `{usage}` | {short} | {command.help} |".replace("|  |", "| |")


def _notes(group: Group) -> Iterator[str]:
    yield from dict.fromkeys(command.more for command in group.commands if command.more)
