"""`vliwdbg slack`: how much later slots could be."""

from __future__ import annotations

from vliwdbg.cli.asking import Asking, ask
from vliwdbg.cli.options import Building, Sizes, Source


def slack(source: Source, building: Building, sizes: Sizes, asking: Asking) -> int:
    """Tell how much later each slot could be, all others staying."""
    return ask(source, building, sizes, asking, lambda asked: asked.slack())
