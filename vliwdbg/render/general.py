"""Texts of what any command may answer."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.printable import printable
from vliwdbg.render.text import text
from vliwdbg.views.general import (
    CommandHelp,
    CommandRow,
    Commands,
    Nothing,
    Overview,
    Quit,
    Refused,
)


@text.register
def _(_view: Nothing | Quit) -> Iterator[str]:
    yield from ()


@text.register
def _(view: Refused) -> Iterator[str]:
    if view.complaints:
        yield from map(str, view.complaints)
        if view.more:
            yield f"… and {view.more} more"
        return
    yield view.message
    if view.column is not None and view.text:
        yield f"    {view.text}"
        before = printable(view.text[: view.column], keep="\t")
        yield f"    {' ' * len(before)}^"


@text.register
def _(view: Overview) -> Iterator[str]:
    for group in view.groups:
        yield f"{group.title}: {', '.join(group.names)}"
    yield "`help COMMAND` and `help GROUP` say more; `apropos WORD` searches."


@text.register
def _(view: Commands) -> Iterator[str]:
    for command in view.commands:
        yield f"{command.usage}: {command.help}"


@text.register
def _(view: CommandHelp) -> Iterator[str]:
    yield from command_lines(view.command)


def command_lines(command: CommandRow) -> Iterator[str]:
    """Usage, what it does, its short names, and what else there is to say."""
    yield command.usage
    yield f"  {command.help}."
    if short := ", ".join(command.names[1:]):
        yield f"Short: {short}."
    yield from command.more.splitlines()
