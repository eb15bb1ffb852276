"""The least number of cycles for the operations of a run: by engine, and by the longest path.

An engine needs its slots divided by its limit. It cannot start before the first operation of it can
have its words, and after the last one there is still to be done what waits for it: ramp and tail.
The path counts only words that are really read, through scratch and through memory: it stays when
words are renamed. The same with storage counts every wait. All of these hold for the operations as
they are, each on its engine; the bound of lanes tells what is left if scalar and vector slots did
each other's work, 8 lanes a vector.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from math import ceil

from machine.core.waits import LATENCIES
from machine.isa import SLOT_LIMITS, VLEN
from vliwdbg.inspect.dependences import LIMITS, WORKING, Dependences, Wait
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.words import notes_of
from vliwdbg.views.schedule import Bound, Floor

DATA = frozenset({Wait.READ, Wait.LOADED})
"""Waits for a word that is read."""
_LANES = VLEN * SLOT_LIMITS["valu"] + SLOT_LIMITS["alu"]


def floor(dependences: Dependences) -> Floor:
    """What a run of the same operations cannot get below."""
    depths = depths_of(dependences, DATA)
    heights = _heights(dependences, DATA)
    bounds = [
        bound
        for code in range(len(WORKING))
        if (bound := _engine_bound(dependences, code, depths, heights))
    ]
    bounds.append(Bound("path", max(depths, default=-1) + 1))
    bounds.sort(key=lambda bound: -bound.cycles)
    cycles = dependences.end - dependences.start
    least = ceil(bounds[0].cycles)
    storage = max(depths_of(dependences, frozenset(Wait)), default=-1) + 1
    others = (Bound("path with storage", storage), _lanes_bound(dependences))
    return Floor(
        cycles,
        least,
        cycles - least,
        bounds[0].name,
        tuple(bounds),
        others,
        notes=notes_of(dependences.flow),
    )


def depths_of(dependences: Dependences, kinds: Collection[int]) -> list[int]:
    """By operation the cycles that must pass before it, if it waits for such things alone."""
    depths = [0] * len(dependences)
    first, waited, why = dependences.first_wait, dependences.waited, dependences.wait_kinds
    latencies = [LATENCIES[kind] if kind in kinds else None for kind in range(len(LATENCIES))]
    cycle = dependences.cycle
    for op in parts_of("paths", range(len(depths))):
        depth = 0
        for at in range(first[op], first[op + 1]):
            latency = latencies[why[at]]
            other = waited[at]
            # A wait inside a bundle costs no cycle, and may be for an operation that comes later.
            if latency is not None and cycle[other] != cycle[op]:
                depth = max(depth, depths[other] + latency)
        depths[op] = depth
    return depths


def _heights(dependences: Dependences, kinds: Collection[int]) -> list[int]:
    """By operation the cycles that must pass after its own."""
    heights = [0] * len(dependences)
    first, waited, why = dependences.first_wait, dependences.waited, dependences.wait_kinds
    for op in parts_of("paths", range(len(heights) - 1, -1, -1)):
        above = heights[op]
        for at in range(first[op], first[op + 1]):
            if why[at] in kinds:
                other = waited[at]
                heights[other] = max(heights[other], above + LATENCIES[why[at]])
    return heights


def _engine_bound(
    dependences: Dependences, code: int, depths: list[int], heights: list[int]
) -> Bound | None:
    ops = [op for op, engine in enumerate(dependences.engine) if engine == code]
    if not ops:
        return None
    ramp, tail = min(depths[op] for op in ops), min(heights[op] for op in ops)
    limit = LIMITS[code]
    cycles = ramp + len(ops) / limit + tail
    return Bound(WORKING[code], cycles, len(ops), limit, ramp, tail)


def _lanes_bound(dependences: Dependences) -> Bound:
    """As if the elementwise slots of valu could be split into slots of alu, and joined."""
    opcodes = dependences.flow.columns.opcodes
    counts = Counter(opcodes[slot] for slot in dependences.slot)
    rows = dependences.flow.row_of_code
    scalar = sum(n for code, n in counts.items() if rows(code).engine == "alu")
    vector = sum(n for code, n in counts.items() if rows(code).engine == "valu")
    whole = sum(
        n for code, n in counts.items() if rows(code).engine == "valu" and not rows(code).arithmetic
    )
    cycles = max((VLEN * vector + scalar) / _LANES, whole / SLOT_LIMITS["valu"])
    return Bound("lanes", cycles, VLEN * vector + scalar, _LANES)
