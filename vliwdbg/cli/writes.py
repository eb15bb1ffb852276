"""`vliwdbg writes`: all writes to some words."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask, words_argument
from vliwdbg.cli.options import Building, Sizes, Source


def writes(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    words: Annotated[str, words_argument("RANGE")],
) -> int:
    """List all writes to some words."""
    return ask(source, building, sizes, asking, lambda asked: asked.writes(words))
