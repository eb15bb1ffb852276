"""`vliwdbg uses`: who reads some words."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask, at_cycle, cycle_of, words_argument
from vliwdbg.cli.options import Building, Sizes, Source


def uses(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    place: Annotated[str, words_argument("PLACE")],
    cycle: Annotated[str | None, at_cycle("From this cycle on; else from the start.")] = None,
) -> int:
    """Tell who reads some words until they are overwritten."""
    at = cycle_of(cycle)
    return ask(source, building, sizes, asking, lambda asked: asked.uses(place, at))
