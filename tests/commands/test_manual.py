"""The page of all commands is what their table says, and help knows each."""

from pathlib import Path

import pytest

from vliwdbg.commands import COMMANDS, GROUPS
from vliwdbg.commands.general import row_of
from vliwdbg.commands.manual import page
from vliwdbg.render import lines_of
from vliwdbg.views.general import CommandHelp

DOCS = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_page_is_printed_from_the_table() -> None:
    assert DOCS.read_text(encoding="utf-8") == page(), (
        "docs/commands.md is out of date: python -m vliwdbg.commands > docs/commands.md"
    )


def test_no_two_commands_share_a_name() -> None:
    names = [name for group in GROUPS for command in group.commands for name in command.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", COMMANDS)
def test_help(name: str) -> None:
    command = COMMANDS[name]
    assert lines_of(CommandHelp(row_of(command)))[0] == command.usage
    assert command.usage.startswith(command.name)
