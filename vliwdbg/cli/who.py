"""`vliwdbg who`: who wrote some words, and from what."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask, cycle_of
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Argument, Option
from vliwdbg.inspect.who import DEPTH


def who(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    place: Annotated[
        str, Argument(metavar="PLACE", help="Words, like v_val[3] or mem[2310:2318].")
    ],
    cycle: Annotated[
        str | None, Argument(metavar="@CYCLE", help="Before this cycle; else at the end.")
    ] = None,
    depth: Annotated[
        int, Option(min=1, metavar="N", help="Slots from a word to the farthest that is shown.")
    ] = DEPTH,
) -> int:
    """Tell who wrote some words, and from what."""
    at = cycle_of(cycle)
    return ask(source, building, sizes, asking, lambda asked: asked.who(place, at, depth))
