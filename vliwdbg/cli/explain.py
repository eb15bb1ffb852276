"""`vliwdbg explain`: what the slots of a program are for that brings no names."""

from __future__ import annotations

import io
from typing import Annotated

from machine.codec import write_program
from vliwdbg.cli.asking import Asking, progress_shown, questions_about, tell_view
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.output_files import STDOUT, verify_output, write_output
from vliwdbg.cli.parameters import Option


def explain(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    output: Annotated[
        str | None,
        Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where the program goes with all that was found: names, tags, what slots are for.",
        ),
    ] = None,
) -> int:
    """Tell which vector, round and stage each slot works for, and name words."""
    verify_output("--output", output)
    asked = questions_about(source, building, sizes, asking)
    with progress_shown():
        explanation = asked.explanation
        view = asked.explain()
    if output is not None:
        text = io.StringIO()
        write_program(explanation.explained(), text)
        write_output(output, text.getvalue())
    if output == STDOUT:
        return 0
    return tell_view(view, asking.as_json)
