"""From the baseline to the best, a technique a row: what each is worth, told by whoever runs them.

Every row is what `build` takes; a later one has all that the earlier ones have.
"""

from __future__ import annotations

from typing import NamedTuple


class Rung(NamedTuple):
    """A kernel with some techniques and not others; `adds` says what the row before lacks."""

    adds: str
    kernel: str = "treehash"
    scheduler: str = "list"
    without: tuple[str, ...] = ()


_ADDED_IN_TURN = (
    ("tree-cache", "levels 1 to 3 of the tree in scratch, chosen by vselect"),
    ("multiply-add", "hash stages 0, 2 and 4 as one multiply_add each"),
    ("hash-fusion", "hash stages 2 and 3 fused"),
    ("deferred-xor", "the last hash constant goes into the next node"),
    ("alu-lanes", "elementwise vector operations in idle alu slots, 8 for one"),
    ("window-loads", "a node is a word of the 8 loaded at its index: no address to add up"),
    ("block-tables", "levels 4 to 7 from blocks in working memory, two levels a load"),
)
_NAMES = tuple(name for name, _ in _ADDED_IN_TURN)

LADDER = (
    Rung("one slot a bundle", "baseline", "serial"),
    Rung("bundles, filled in program order", "baseline", "greedy"),
    Rung(
        "vectors, state in scratch, sizes known: one slot a bundle",
        scheduler="serial",
        without=_NAMES,
    ),
    Rung("the same in bundles, in program order", scheduler="greedy", without=_NAMES),
    Rung("list scheduling, staggered vectors", without=_NAMES),
    *(
        Rung(f"{name}: {adds}", without=_NAMES[number + 1 :])
        for number, (name, adds) in enumerate(_ADDED_IN_TURN)
    ),
)
