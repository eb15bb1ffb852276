"""Debug operations find their bundles after all others have theirs.

A slot reads the words of its cycle's start. So a compare stands in the bundle after the one that
wrote its words last: earlier it would see the old value, and no later write can have landed yet.
"""

from __future__ import annotations

from kernels.ir import Code, words_of
from machine.access import SPANS


def place_debug(code: Code, bundle: list[int]) -> None:
    """Fill in the bundles of debug operations, those of the others being known."""
    written = [-1] * len(code.owner)
    latest = -1
    for number, op in enumerate(code.ops):
        defs, uses = SPANS[op.row.code]
        if op.row.engine != "debug":
            latest = bundle[number]
            for position, width in defs:
                word = op.operands[position]
                written[word : word + width] = [latest] * width
        elif uses:
            bundle[number] = 1 + max(written[word] for word in words_of(uses, op.operands))
        else:
            bundle[number] = latest + 1
