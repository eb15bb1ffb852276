"""All commands: one table, split by group. A group joins by its line in `GROUPS`."""

from vliwdbg.commands import data, general, program, questions, running, stops
from vliwdbg.commands.console import Console
from vliwdbg.commands.table import Command, Group, Reply, by_name

GROUPS: tuple[Group, ...] = (
    running.GROUP,
    stops.GROUP,
    data.GROUP,
    questions.GROUP,
    program.GROUP,
    general.GROUP,
)
COMMANDS: dict[str, Command] = by_name(command for group in GROUPS for command in group.commands)
"""Every name, short ones too, with its row."""

__all__ = ["COMMANDS", "GROUPS", "Command", "Console", "Group", "Reply"]
