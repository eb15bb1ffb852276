"""General: help, and the way out."""

from __future__ import annotations

from vliwdbg.commands.console import Console, find_command
from vliwdbg.commands.table import Command, Group, Reply, said, whole_number
from vliwdbg.session.errors import DebuggerError


def help_(_console: Console, text: str) -> Reply:
    from vliwdbg.commands import COMMANDS, GROUPS

    name = text.strip()
    if not name:
        return Reply(tuple(_overview(GROUPS)))
    group = next((g for g in GROUPS if g.title.lower() == name.lower()), None)
    if group:
        return Reply(tuple(_lines_of(group)))
    return said(*describe(find_command(name, COMMANDS)))


def _overview(groups: tuple[Group, ...]) -> list[str]:
    lines = [f"{g.title}: {', '.join(c.name for c in g.commands)}" for g in groups]
    return [*lines, "`help COMMAND` and `help GROUP` say more; `apropos WORD` searches."]


def _lines_of(group: Group) -> list[str]:
    return [f"{command.usage}: {command.help}" for command in group.commands]


def describe(command: Command) -> list[str]:
    """Usage, what it does, its short names, and what else there is to say."""
    short = f"Short: {command.short}." if command.short else ""
    lines = [command.usage, f"  {command.help}.", short, *command.more.splitlines()]
    return [line for line in lines if line]


def apropos(_console: Console, text: str) -> Reply:
    from vliwdbg.commands import GROUPS

    word = text.strip().lower()
    if not word:
        raise DebuggerError("Say which word: apropos WORD.")
    found = [
        f"{command.usage}: {command.help}"
        for group in GROUPS
        for command in group.commands
        if word in f"{' '.join(command.names)} {command.usage} {command.help}".lower()
    ]
    if not found:
        raise DebuggerError(f"No command is about {text.strip()!r}; `help` lists them.")
    return said(*found)


def quit_(_console: Console, text: str) -> Reply:
    code = whole_number("The exit code", text, 0)
    if code > 255:
        raise DebuggerError("The exit code is at most 255.")
    return Reply(quit=code)


GROUP = Group(
    "General",
    (
        Command(("help", "h"), "help [COMMAND]", "what a command does", help_, "command"),
        Command(("apropos",), "apropos WORD", "the commands that are about it", apropos),
        Command(("quit", "q"), "quit [N]", "leave, with exit code N", quit_),
    ),
)
