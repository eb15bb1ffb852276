"""`vliwdbg floor`: the least cycles for the same operations."""

from __future__ import annotations

from vliwdbg.cli.asking import Asking, ask
from vliwdbg.cli.options import Building, Sizes, Source


def floor(source: Source, building: Building, sizes: Sizes, asking: Asking) -> int:
    """Tell the least number of cycles for the same operations, and what binds."""
    return ask(source, building, sizes, asking, lambda asked: asked.floor())
