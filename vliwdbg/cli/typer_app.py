"""Typer's part of the command line: help, the version, and what is wrong with words.

Imported only where words are not plain: from 0.29 on Typer takes longer to start than most runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter as Formal
from inspect import Signature
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from vliwdbg import __version__
from vliwdbg.cli.completing import Asked, candidates
from vliwdbg.cli.parameters import (
    ASKED_BY_SHELL,
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
    except SystemExit as leave:  # of its own, after completion was set up
        return int(leave.code or 0)
    except typer.Abort:
        raise KeyboardInterrupt from None


def complete_by_typer(commands: Mapping[str, Command], hidden: str) -> int:
    """Tell the shell that asks, by the environment, what could come next."""
    try:
        get_command(_app(commands, hidden)).main([], "vliwdbg", complete_var=ASKED_BY_SHELL)
    except SystemExit as leave:
        return int(leave.code or 0)
    return 0


def _app(commands: Mapping[str, Command], hidden: str) -> typer.Typer:
    class Group(TyperGroup):
        """A first word that is no subcommand is a PROGRAM, in completion as well."""

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            known = ctx.resilient_parsing and args and args[0] not in self.commands
            return super().resolve_command(ctx, [hidden, *args] if known else args)

    app = typer.Typer(
        cls=Group,
        rich_markup_mode=None,
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
    completer = _completer(declared.completes)
    if isinstance(declared, Argument):
        described = typer.Argument(
            metavar=declared.metavar, help=declared.help, autocompletion=completer
        )
    else:
        described = typer.Option(
            *declared.names,
            help=declared.help,
            metavar=declared.metavar,
            min=declared.min,
            max=declared.max,
            count=declared.count,
            autocompletion=completer,
        )
    kind: Any = parameter.type | None if parameter.default is None else parameter.type
    hint: Any = Annotated[kind, described]
    return Formal(parameter.name, Formal.KEYWORD_ONLY, default=parameter.default, annotation=hint)


def _completer(kind: str) -> Callable[..., list[str]] | None:
    """What Typer asks for the candidates of a parameter."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        # An option that still lacks its value leaves the arguments before it unread.
        unread = {"program": ctx.args[0]} if ctx.args else {}
        return candidates(kind, Asked(ctx.params | unread, incomplete))

    return complete if kind else None


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
