"""How few cycles the engines could do a kernel in, were nothing ever to wait.

engine       slots / limit
lanes        (8 * valu + alu) / 60: elementwise operations may go to either engine, and a
             bundle has 6 * 8 + 12 lanes
path         the longest chain of dependences
"""

from __future__ import annotations

from collections import Counter

from kernels.analysis.dependences import dependences
from kernels.ir import Code, splittable
from machine.isa import SLOT_LIMITS, VLEN

LANES = VLEN * SLOT_LIMITS["valu"] + SLOT_LIMITS["alu"]


def floors(code: Code) -> dict[str, float]:
    """Lower bounds in cycles, by what sets them; `lanes` takes the place of valu and alu."""
    slots = Counter(op.row.engine for op in code.ops)
    whole = sum(op.row.engine == "valu" and not splittable(op.row) for op in code.ops)
    engines = {engine: slots[engine] / SLOT_LIMITS[engine] for engine in ("load", "store", "flow")}
    return {
        "lanes": (VLEN * slots["valu"] + slots["alu"]) / LANES,
        "valu": whole / SLOT_LIMITS["valu"],
        "alu": slots["alu"] / SLOT_LIMITS["alu"],
        **engines,
        "path": float(1 + max(dependences(code).heights(), default=0)),
    }
