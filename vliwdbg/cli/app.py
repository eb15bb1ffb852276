"""The subcommands by name, and the way from what is typed to the one that is meant.

A subcommand is a function that takes its options, calls the room that does the work, prints, and
returns the exit code. Its module is loaded when it is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module

from vliwdbg.cli.options import in_one_list
from vliwdbg.cli.parameters import COMPLETION, HELP, VERSION, Command, call, parameters_of, read

OPEN = "open"
"""What opens the debugger; nobody types it."""

# The function of each, in the order of `--help`; it is in the file of that name.
_FUNCTIONS = {
    "run": "run",
    "build": "build",
    "tune": "tune",
    "who": "who",
    "uses": "uses",
    "writes": "writes",
    "find": "find",
    "slots": "slots",
    "why": "why",
    "stats": "stats",
    "floor": "floor",
    "critical": "critical",
    "slack": "slack",
    "whatif": "whatif",
    "live": "live",
    "lint": "lint",
    "bench": "bench",
    "ledger": "ledger",
    "export": "export",
    "mcp": "mcp",
    "dap": "dap",
    "serve": "serve",
    "diverge": "diverge",
    "explain": "explain",
    "diff": "diff",
    "info": "info",
    "schedulers": "schedulers",
    "spec": "spec",
    "config": "config",
    OPEN: "open_debugger",
    "exec": "execute",
}
SUBCOMMANDS = frozenset(_FUNCTIONS) - {OPEN}
FIRST_WORDS = SUBCOMMANDS | {*HELP, VERSION, *COMPLETION}
"""What is no PROGRAM."""


def do(words: Sequence[str]) -> int:
    """Do what these arguments say; whatever goes wrong is raised, for `cli.exit_codes` to judge."""
    name, *rest = in_one_list(words)
    if name in _FUNCTIONS:
        command = command_of(name)
        values = read(parameters_of(command), rest)
        if values is not None:
            return call(command, values)
    from vliwdbg.cli.typer_app import call_by_typer

    return call_by_typer({word: command_of(word) for word in _needed(name)}, OPEN, [name, *rest])


def complete() -> int:
    """Answer the shell that asks what could come next."""
    from vliwdbg.cli.typer_app import complete_by_typer

    return complete_by_typer({word: command_of(word) for word in _FUNCTIONS}, OPEN)


def _needed(word: str) -> Iterable[str]:
    """The subcommands that Typer has to know where this is the first word: for `--help`, all."""
    if word in _FUNCTIONS:
        return [word]
    return [] if word in (VERSION, *COMPLETION) else _FUNCTIONS


def names() -> list[str]:
    """The subcommands and OPEN, in the order of `--help`."""
    return list(_FUNCTIONS)


def command_of(name: str) -> Command:
    """The function of a subcommand."""
    module = import_module(f"vliwdbg.cli.{name}")
    command: Command = getattr(module, _FUNCTIONS[name])
    return command
