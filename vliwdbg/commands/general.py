"""General: help, and the way out."""

from __future__ import annotations

from vliwdbg.commands.console import Console, find_command
from vliwdbg.commands.table import Command, Group, whole_number
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import View
from vliwdbg.views.general import (
    CommandGroup,
    CommandHelp,
    CommandRow,
    Commands,
    Overview,
    Quit,
)


def help_(_console: Console, text: str) -> View:
    from vliwdbg.commands import COMMANDS, GROUPS

    name = text.strip()
    if not name:
        return Overview(tuple(_group_row(group) for group in GROUPS))
    group = next((g for g in GROUPS if g.title.lower() == name.lower()), None)
    if group:
        return Commands(tuple(map(row_of, group.commands)))
    return CommandHelp(row_of(find_command(name, COMMANDS)))


def _group_row(group: Group) -> CommandGroup:
    return CommandGroup(group.title, tuple(command.name for command in group.commands))


def row_of(command: Command) -> CommandRow:
    """A row of the table, as help shows it."""
    return CommandRow(command.names, command.usage, command.help, command.more)


def apropos(_console: Console, text: str) -> Commands:
    from vliwdbg.commands import GROUPS

    word = text.strip().lower()
    if not word:
        raise DebuggerError("Say which word: apropos WORD.")
    found = tuple(
        row_of(command)
        for group in GROUPS
        for command in group.commands
        if word in f"{' '.join(command.names)} {command.usage} {command.help}".lower()
    )
    if not found:
        raise DebuggerError(f"No command is about {text.strip()!r}; `help` lists them.")
    return Commands(found)


def quit_(_console: Console, text: str) -> Quit:
    code = whole_number("The exit code", text, 0)
    if code > 255:
        raise DebuggerError("The exit code is at most 255.")
    return Quit(code)


GROUP = Group(
    "General",
    (
        Command(("help", "h"), "help [COMMAND]", "what a command does", help_, "command"),
        Command(("apropos",), "apropos WORD", "the commands that are about it", apropos),
        Command(("quit", "q"), "quit [N]", "leave, with exit code N", quit_),
    ),
)
