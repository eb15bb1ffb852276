"""`vliwdbg writes`: all writes to some words."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Argument


def writes(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    words: Annotated[str, Argument(metavar="RANGE", help="Words, like v_val or mem[2310:2318].")],
) -> int:
    """List all writes to some words."""
    return ask(source, building, sizes, asking, lambda asked: asked.writes(words))
