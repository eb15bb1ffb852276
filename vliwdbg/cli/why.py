"""`vliwdbg why`: why slots are free."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask, cycle_of
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Argument


def why(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    cycle: Annotated[
        str | None, Argument(metavar="CYCLE", help="In the bundle that takes this cycle.")
    ] = None,
    engine: Annotated[str | None, Argument(metavar="ENGINE", help="Of this engine alone.")] = None,
) -> int:
    """Tell why slots are free, in one bundle or in total."""
    at = cycle_of(cycle)
    return ask(source, building, sizes, asking, lambda asked: asked.why(at, engine))
