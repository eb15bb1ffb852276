"""Numbers as a line of bars."""

from __future__ import annotations

from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"
LONGEST = 24


def curve(numbers: Sequence[int], longest: int = LONGEST) -> str:
    """The last of these numbers as bars, the greatest of them the highest: `█▅▂▁`."""
    last = numbers[-longest:]
    low, high = min(last), max(last)
    step = (high - low) / (len(_BLOCKS) - 1) or 1
    return "".join(_BLOCKS[round((number - low) / step)] for number in last)
