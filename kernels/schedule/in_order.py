"""Schedulers that issue in program order: a slot never goes before an earlier one's bundle.

    serial   one slot a bundle, debug slots too
    greedy   into the open bundle, or a later one where a limit or dependence asks for it

The dependences: a word is there one bundle after its write (RAW), two writes of it are a bundle
apart (WAW), and a write may share the bundle of an earlier read (WAR), which still gets the old
word. Memory is kept in the same order, region by region.
"""

from __future__ import annotations

from kernels.ir import Code, Region
from kernels.schedule.base import Schedule
from kernels.schedule.debug import place_debug
from kernels.schedule.scratch import allocate_in_order
from machine.access import MEMORY, SPANS, Kind
from machine.isa import SLOT_LIMITS


def serial(code: Code) -> Schedule:
    """Every operation in a bundle of its own, in program order."""
    return Schedule(code, list(range(len(code.ops))), allocate_in_order(code))


def greedy(code: Code) -> Schedule:
    """Every operation in the first bundle that takes it, not before that of the one before."""
    bundle = _pack(code)
    place_debug(code, bundle)
    return Schedule(code, bundle, allocate_in_order(code))


def _pack(code: Code) -> list[int]:
    ready = [0] * len(code.owner)  # word -> first bundle that can read, or write, it
    memory = _Memory()
    bundle = [0] * len(code.ops)
    free = dict(SLOT_LIMITS)
    now = 0
    for number, (row, operands, _, region) in enumerate(code.ops):
        engine = row.engine
        if engine == "debug":
            continue
        defs, uses = SPANS[row.code]
        at = now
        # In program order no write can come before an earlier read: WAR holds by itself.
        for position, width in uses + defs:
            word = operands[position]
            first = ready[word] if width == 1 else max(ready[word : word + width])
            if first > at:
                at = first
        if MEMORY[row.code]:
            at = max(at, memory.ready(region))
        if at > now or not free[engine]:
            now = at if at > now else now + 1
            free = dict(SLOT_LIMITS)
        free[engine] -= 1
        bundle[number] = now
        for position, width in defs:
            word = operands[position]
            ready[word : word + width] = [now + 1] * width
        if MEMORY[row.code] is Kind.WRITE:
            memory.stored(region, now)
        elif row.name == "pause":
            now, free = now + 1, dict(SLOT_LIMITS)
    return bundle


class _Memory:
    """When the words of a region are there: the bundle after the last store that meets it."""

    def __init__(self) -> None:
        self.last: dict[Region, int] = {}

    def ready(self, region: Region) -> int:
        return max((at + 1 for known, at in self.last.items() if known.meets(region)), default=0)

    def stored(self, region: Region, at: int) -> None:
        self.last[region] = at
