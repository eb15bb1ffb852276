"""`vliwdbg diverge`: where a wrong program goes wrong."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask, questions_about
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Option


def diverge(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    against: Annotated[
        str | None,
        Option(metavar="GOOD", help="A program that does the same in the same way, and is right."),
    ] = None,
) -> int:
    """Find the first wrong output, the slot that makes it wrong, and a repair.

    Exit code 1 is for a program that is wrong.
    """
    good = None
    if against is not None:
        good = questions_about(Source(against), Building(), sizes, asking)
    return ask(source, building, sizes, asking, lambda asked: asked.diverge(good))
