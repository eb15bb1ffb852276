"""`vliwdbg whatif`: the cycles if something were different."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, ask
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Argument
from vliwdbg.inspect.whatif import USAGE


def whatif(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    changes: Annotated[list[str] | None, Argument(metavar="CHANGE", help=f"{USAGE}.")] = None,
) -> int:
    """Tell what the run would take with other limits, other words, or something for nothing."""
    change = " ".join(changes or ())
    return ask(source, building, sizes, asking, lambda asked: asked.whatif(change))
