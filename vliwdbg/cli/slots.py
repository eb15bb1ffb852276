"""`vliwdbg slots`: what each slot of a bundle reads and writes."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask, cycle_of
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Argument


def slots(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    cycle: Annotated[
        str | None,
        Argument(metavar="CYCLE", help="The cycle that it takes; without one the first."),
    ] = None,
) -> int:
    """Tell what each slot of the bundle that takes a cycle reads and writes."""
    at = cycle_of(cycle) or 0
    return ask(source, building, sizes, asking, lambda asked: asked.slots(at))
