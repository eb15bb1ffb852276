"""`vliwdbg [PROGRAM]`: the debugger in a terminal."""

from __future__ import annotations

import os
import sys

from vliwdbg.cli.load_options import choice_of, stop_lines
from vliwdbg.cli.loading import load_shown
from vliwdbg.cli.options import Building, OutputOptions, Script, Sizes, Source, Stopping
from vliwdbg.cli.streams import print_err

STDIN = "-"


def open_debugger(
    source: Source, building: Building, sizes: Sizes, stopping: Stopping, script: Script
) -> int:
    """Open a program in the debugger; without a terminal, run it."""
    if not _in_terminal(source.program):
        return _without_terminal(source, building, sizes, stopping, script)
    from vliwdbg.tui.start import run_app

    choice = choice_of(source, building, sizes)
    loaded = load_shown(choice)
    return run_app(loaded, choice, [*stop_lines(stopping), *script.entries()])


def _without_terminal(
    source: Source, building: Building, sizes: Sizes, stopping: Stopping, script: Script
) -> int:
    does = "exec" if script.commands else "run"
    print_err(
        f"note: there is no terminal here to show it, so this does what `vliwdbg {does}` does"
    )
    if script.commands:
        from vliwdbg.cli.exec import execute

        return execute(source, building, sizes, stopping, script)
    from vliwdbg.cli.run import run_once
    from vliwdbg.runner import RunOptions

    return run_once(choice_of(source, building, sizes), stopping, RunOptions(), OutputOptions())


def _in_terminal(program: str | None) -> bool:
    """Whether somebody can see the debugger and give it keys.

    With the program on standard input, keys come from the controlling terminal.
    """
    shows = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return shows and (sys.stdin.isatty() or program == STDIN)
