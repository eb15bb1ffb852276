"""The subcommands by name, and the way from what is typed to the one that is meant.

A subcommand is a function that takes its options, calls the room that does the work, prints, and
returns the exit code. Its module is loaded, and described to Typer, when it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Annotated

from typer import Exit, Option, Typer
from typer.main import get_command

from vliwdbg import __version__
from vliwdbg.cli.options import in_one_list, takes_groups
from vliwdbg.cli.streams import print_out

OPEN = "open"
"""What opens the debugger; nobody types it."""
HELP, VERSION = ("-h", "--help"), "--version"

# The function of each, in the order of `--help`; it is in the file of that name.
_FUNCTIONS = {
    "run": "run",
    "build": "build",
    "tune": "tune",
    "who": "who",
    "uses": "uses",
    "writes": "writes",
    "find": "find",
    "why": "why",
    "stats": "stats",
    "floor": "floor",
    "critical": "critical",
    "slack": "slack",
    "whatif": "whatif",
    "live": "live",
    "lint": "lint",
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
FIRST_WORDS = SUBCOMMANDS | {*HELP, VERSION}
"""What is no PROGRAM."""


def call(words: Sequence[str]) -> int | None:
    """Do what these arguments say; whatever goes wrong is raised, for `cli.exit_codes` to judge."""
    # Not by calling the app, which makes exits of its own of an interrupt or a closed pipe.
    command = get_command(_app(_needed(words[0])))
    with command.make_context("vliwdbg", in_one_list(words)) as context:
        code: int | None = command.invoke(context)
        return code


def _needed(word: str) -> Iterable[str]:
    """The subcommands that Typer has to know where this is the first word: for `--help`, all."""
    if word in _FUNCTIONS:
        return [word]
    return [] if word == VERSION else _FUNCTIONS


def _app(subcommands: Iterable[str]) -> Typer:
    app = Typer(
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": [*HELP]},
        help="Debug kernels for a VLIW SIMD machine. `vliwdbg [PROGRAM]` opens the debugger.",
    )
    app.callback()(_root)
    for name in subcommands:
        app.command(name, hidden=name == OPEN)(takes_groups(_load(name)))
    return app


def _load(name: str) -> Callable[..., int]:
    module = import_module(f"vliwdbg.cli.{name}")
    command: Callable[..., int] = getattr(module, _FUNCTIONS[name])
    return command


def _root(
    version: Annotated[
        bool, Option(VERSION, callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before any subcommand."""


def _print_version(wanted: bool) -> None:
    if wanted:
        print_out(f"vliwdbg {__version__}")
        raise Exit
