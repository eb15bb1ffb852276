"""Many seeds as a few tests: the first always, the others in long runs."""

from typing import Any

import pytest


def in_parts(size: int, always: int, soaked: int) -> list[Any]:
    """The first seed of each part of so many: those below `always`, then those for soak alone."""
    soak = pytest.mark.soak
    rest = [pytest.param(first, marks=soak) for first in range(always, soaked, size)]
    return [*range(0, always, size), *rest]
