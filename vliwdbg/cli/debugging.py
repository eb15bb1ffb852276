"""The debugger, in a terminal (`vliwdbg [PROGRAM]`) and without one (`vliwdbg exec`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Annotated

from typer import Option

from vliwdbg.cli.choosing import choice_of
from vliwdbg.cli.options import AsJson, Building, Script, Sizes, Source, Stopping
from vliwdbg.cli.running import Telling, run_once
from vliwdbg.cli.streams import answer, tell
from vliwdbg.programs import load
from vliwdbg.runner import RunOptions

STDIN = "-"


def open_debugger(
    source: Source, building: Building, sizes: Sizes, stopping: Stopping, script: Script
) -> int:
    """Open a program in the debugger; without a terminal, run it."""
    if not _in_terminal(source.program):
        tell("note: there is no terminal here to show it, so this does what `vliwdbg run` does")
        return run_once(choice_of(source, building, sizes), stopping, RunOptions(), Telling())
    from vliwdbg.tui.start import run_app

    choice = choice_of(source, building, sizes)
    loaded = load(choice)
    if loaded.printed:
        tell(loaded.printed.rstrip("\n"))
    return run_app(loaded, choice, [*_stop_lines(stopping), *script.lines()])


def _stop_lines(stopping: Stopping) -> Iterator[str]:
    """The commands that set the stops which options asked for."""
    for location in stopping.breaks or ():
        yield f"break {location}"
    for place in stopping.watches or ():
        yield f"watch {place}"


def execute(
    source: Source,
    building: Building,
    sizes: Sizes,
    stopping: Stopping,
    script: Script,
    keep_going: Annotated[
        bool, Option("--keep-going", help="Go on after a command that fails.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Run debugger commands on a program, in the order given, without a terminal."""
    from vliwdbg.batch import Batch

    lines = [*_stop_lines(stopping), *script.lines()]
    choice = choice_of(source, building, sizes)
    loaded = load(choice)
    if loaded.printed:
        tell(loaded.printed.rstrip("\n"))
    return Batch(loaded, choice, answer, tell, keep_going=keep_going, as_json=as_json).execute(
        lines
    )


def _in_terminal(program: str | None) -> bool:
    """Whether somebody can see the debugger and give it keys.

    With the program on standard input, keys come from the controlling terminal.
    """
    shows = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return shows and (sys.stdin.isatty() or program == STDIN)
