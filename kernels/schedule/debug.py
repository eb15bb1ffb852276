"""Debug operations find their bundles after all others have theirs.

A slot reads the words of its cycle's start. So a compare stands in the bundle after the one that
wrote its words last: earlier it would see the old value, and no later write can have landed yet.
"""

from __future__ import annotations

from kernels.ir import Code, words_of
from machine.access import SPANS


def place_debug(code: Code, bundle: list[int]) -> None:
    """Fill in the bundles of debug operations, those of the others being known."""
    owner = code.owner
    compared = {
        owner[word]
        for row, operands, _, _ in code.ops
        if row.engine == "debug"
        for word in words_of(SPANS[row.code].uses, operands)
    }
    written = [-1] * len(owner)
    latest = -1
    for number, (row, operands, _, _) in enumerate(code.ops):
        defs, uses = SPANS[row.code]
        if row.engine != "debug":
            latest = bundle[number]
            for position, width in defs:
                word = operands[position]
                if owner[word] in compared:
                    written[word : word + width] = [latest] * width
        elif uses:
            bundle[number] = 1 + max(written[word] for word in words_of(uses, operands))
        else:
            bundle[number] = latest + 1
