"""`vliwdbg whatif`: the cycles if something were different."""

from __future__ import annotations

from typing import Annotated

from machine.isa import MOST_SCRATCH, SCRATCH_SIZE
from vliwdbg.cli.asking import Asking, ask
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Argument, Option
from vliwdbg.inspect.whatif import USAGE


def whatif(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    changes: Annotated[list[str] | None, Argument(metavar="CHANGE", help=f"{USAGE}.")] = None,
    scratch: Annotated[
        int | None,
        Option(
            min=SCRATCH_SIZE + 1,
            max=MOST_SCRATCH,
            metavar="N",
            help="Run it with N words of scratch, more than the machine has.",
        ),
    ] = None,
) -> int:
    """Tell what the run would take with other limits, other words, or something for nothing."""
    change = " ".join(changes or ())
    return ask(source, building, sizes, asking, lambda asked: asked.whatif(change), scratch)
