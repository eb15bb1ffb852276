"""`vliwdbg uses`: who reads some words."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask, cycle_of
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Argument


def uses(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    place: Annotated[
        str, Argument(metavar="PLACE", help="Words, like v_val[3] or mem[2310:2318].")
    ],
    cycle: Annotated[
        str | None, Argument(metavar="@CYCLE", help="From this cycle on; else from the start.")
    ] = None,
) -> int:
    """Tell who reads some words until they are overwritten."""
    at = cycle_of(cycle)
    return ask(source, building, sizes, asking, lambda asked: asked.uses(place, at))
