"""Typer's part of the command line: help, the version, and what is wrong with words.

Imported only where words are not plain: from 0.29 on Typer takes longer to start than most runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter as Formal
from inspect import Signature
from typing import Annotated, Any

import typer
from typer.main import get_command

from vliwdbg import __version__
from vliwdbg.cli.parameters import (
    HELP,
    VERSION,
    Argument,
    Command,
    Parameter,
    UsageError,
    call,
    parameters_of,
)
from vliwdbg.cli.streams import print_out


def call_by_typer(commands: Mapping[str, Command], hidden: str, words: Sequence[str]) -> int:
    """Do what these words say with the subcommands by name, of which one is hidden from help.

    Raises UsageError, and KeyboardInterrupt.
    """
    # Not by calling the app, which makes exits of its own of an interrupt or a closed pipe.
    command = get_command(_app(commands, hidden))
    try:
        with command.make_context("vliwdbg", list(words)) as context:
            return command.invoke(context) or 0
    except typer.TyperException as error:
        raise UsageError(error.format_message()) from None
    except typer.Exit as leave:
        return leave.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None


def _app(commands: Mapping[str, Command], hidden: str) -> typer.Typer:
    app = typer.Typer(
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": [*HELP]},
        help="Debug kernels for a VLIW SIMD machine. `vliwdbg [PROGRAM]` opens the debugger.",
    )
    app.callback()(_root)
    for name, command in commands.items():
        app.command(name, hidden=name == hidden, help=command.__doc__)(_flat(command))
    return app


def _flat(command: Command) -> Callable[..., int]:
    """A function with the signature that Typer expects: an option or argument a parameter."""

    def flat(**values: Any) -> int:
        return call(command, values)

    formals = [_formal(parameter) for parameter in parameters_of(command)]
    flat.__signature__ = Signature(formals)  # type: ignore[attr-defined]
    flat.__annotations__ = {formal.name: formal.annotation for formal in formals}
    return flat


def _formal(parameter: Parameter) -> Formal:
    declared = parameter.declared
    if isinstance(declared, Argument):
        described = typer.Argument(metavar=declared.metavar, help=declared.help)
    else:
        described = typer.Option(
            *declared.names,
            help=declared.help,
            metavar=declared.metavar,
            min=declared.min,
            max=declared.max,
            count=declared.count,
        )
    kind: Any = parameter.type | None if parameter.default is None else parameter.type
    hint: Any = Annotated[kind, described]
    return Formal(parameter.name, Formal.KEYWORD_ONLY, default=parameter.default, annotation=hint)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_out(f"vliwdbg {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(VERSION, callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Options before any subcommand."""
