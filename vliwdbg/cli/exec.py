"""`vliwdbg exec`: debugger commands without a terminal."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.load_options import choice_of, stop_lines
from vliwdbg.cli.loading import load_shown
from vliwdbg.cli.options import AsJson, Building, Script, Sizes, Source, Stopping
from vliwdbg.cli.parameters import Option
from vliwdbg.cli.streams import print_err, print_out


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

    lines = [*stop_lines(stopping), *script.entries()]
    choice = choice_of(source, building, sizes)
    loaded = load_shown(choice)
    return Batch(
        loaded, choice, print_out, print_err, keep_going=keep_going, as_json=as_json
    ).execute(lines)
