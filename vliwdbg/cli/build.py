"""`vliwdbg build`: the bundled kernel as a program file."""

from __future__ import annotations

import json
import sys
from io import StringIO
from typing import Annotated

from machine.codec import write_program
from vliwdbg import report
from vliwdbg.cli.load_options import choice_of
from vliwdbg.cli.loading import load_shown
from vliwdbg.cli.options import AsJson, Building, Sizes, Source
from vliwdbg.cli.output_files import STDOUT, verify_output, write_output
from vliwdbg.cli.parameters import Option
from vliwdbg.cli.streams import print_err, print_out


def build(
    building: Building,
    sizes: Sizes,
    output: Annotated[
        str | None, Option("--output", "-o", metavar="FILE", help="Where the program file goes.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Build the bundled kernel and write it as a program file.

    The file goes to standard output unless -o names another place or a terminal would get it.
    """
    verify_output("--output", output)
    program = load_shown(choice_of(Source(), building, sizes)).program
    if output is None and not sys.stdout.isatty() and not as_json:
        output = STDOUT
    if output is not None:
        text = StringIO()
        write_program(program, text)
        write_output(output, text.getvalue())
    summary = report.built(program)
    if as_json:
        print_out(json.dumps(summary))
    else:
        print_err(report.built_text(summary, output))
    return 0
