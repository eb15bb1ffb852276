"""Many seeds as a few tests: the first always, the others in long runs."""

from collections.abc import Iterator
from typing import Any

import pytest


def in_parts(size: int, always: int, soaked: int) -> Iterator[Any]:
    """The first seed of each part of so many: those below `always`, then those for soak alone."""
    yield from range(0, always, size)
    for first in range(always, soaked, size):
        yield pytest.param(first, marks=pytest.mark.soak)
