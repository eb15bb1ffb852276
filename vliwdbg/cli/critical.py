"""`vliwdbg critical`: what the cycles were spent waiting for."""

from __future__ import annotations

from vliwdbg.cli.asking import Asking, ask
from vliwdbg.cli.options import Building, Sizes, Source


def critical(source: Source, building: Building, sizes: Sizes, asking: Asking) -> int:
    """Follow the chain of waits back from the last store of an output."""
    return ask(source, building, sizes, asking, lambda asked: asked.critical())
