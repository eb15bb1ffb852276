"""`python -m vliwdbg.commands` prints the page of all commands, as docs/commands.md has it."""

from vliwdbg.commands.manual import page

print(page(), end="")
