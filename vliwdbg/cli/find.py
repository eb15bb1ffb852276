"""`vliwdbg find`: at which cycles an expression holds."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask, cycle_of
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Argument, UsageError


def find(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    expression: Annotated[str, Argument(metavar="EXPR", help="Like v_val[0] == 7.")],
    cycles: Annotated[
        str | None, Argument(metavar="A..B", help="The cycles to look at; else all.")
    ] = None,
) -> int:
    """Tell at which cycles an expression holds."""
    first, last = _span(cycles)
    return ask(
        source, building, sizes, asking, lambda asked: asked.find(expression, first or 0, last)
    )


def _span(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    first, dots, last = text.partition("..")
    if not dots:
        raise UsageError(f"cycles are written A..B, not {text}")
    return cycle_of(first), cycle_of(last)
