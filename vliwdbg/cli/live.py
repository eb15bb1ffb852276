"""`vliwdbg live`: which words of scratch hold a value, and when."""

from __future__ import annotations

from vliwdbg.cli.asking import Asking, ask
from vliwdbg.cli.options import Building, Sizes, Source


def live(source: Source, building: Building, sizes: Sizes, asking: Asking) -> int:
    """Tell which words of scratch hold a value that is still to be read, and when."""
    return ask(source, building, sizes, asking, lambda asked: asked.live())
