"""`vliwdbg who`: who wrote some words, and from what."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask, at_cycle, cycle_of, words_argument
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Option
from vliwdbg.inspect.who import DEPTH


def who(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    place: Annotated[str, words_argument("PLACE")],
    cycle: Annotated[str | None, at_cycle("Before this cycle; else at the end.")] = None,
    depth: Annotated[
        int, Option(min=1, metavar="N", help="Slots from a word to the farthest that is shown.")
    ] = DEPTH,
) -> int:
    """Tell who wrote some words, and from what."""
    at = cycle_of(cycle)
    return ask(source, building, sizes, asking, lambda asked: asked.who(place, at, depth))
