"""Python's garbage collector, kept out of the way of work that makes objects by the million."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """No collection while it lasts.

    Parsing or building a program of 200,000 bundles makes a million containers and no cycles:
    looking for cycles among them would cost more than the work.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
