"""`vliwdbg stats`: how a run uses the engines."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask, questions_about
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Option
from vliwdbg.cli.streams import print_out
from vliwdbg.inspect.stats import csv_lines


def stats(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    csv: Annotated[
        bool, Option("--csv", help="Print the slots used in each cycle, separated by commas.")
    ] = False,
) -> int:
    """Tell how much of each engine is used, when and for what."""
    if not csv:
        return ask(source, building, sizes, asking, lambda asked: asked.stats())
    print_out("\n".join(csv_lines(questions_about(source, building, sizes, asking).dependences)))
    return 0
