"""List scheduling: urgent first, and the vectors one after another like a flight of stairs.

    key = longest path to the end  -  the vector's start offset

The longest path keeps what everything waits for from waiting itself. If all vectors ran in step,
they would all want loads at one time and multiplies at another, so each starts some cycles after
the one before, and the engines see every part of the kernel at once. The last LAST cycles of a
vector, where nothing but its value is left in scratch, have time: they go in step with the last
vector's, and fill bundles that would be half empty while it comes to its end alone. What set-up
does is as urgent as the most urgent operation that waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernels.ir import Code, Op, lane_operands
from kernels.schedule.base import Schedule
from kernels.schedule.compiled import pack
from kernels.schedule.debug import place_debug
from kernels.schedule.pack import OutOfScratchError, Part
from kernels.schedule.pack_input import PackInput, flatten
from kernels.schedule.scratch import Pool, out_of_scratch, pin
from machine.isa import VLEN, opcode

STEP, SHAPE = 8, 0.95
"""Vector v starts STEP * v^SHAPE cycles after the first: the last ones, which nobody comes after
to fill gaps, a little closer together."""
LAST = 10
"""Longest path in cycles, up to which an operation has time: those of most of a last hash."""
WIDE = ((64, 0), (64, 1), (64, 2), (28, 0), (20, 1), (16, 0))
"""Vectors under way at a time, and places that each leaves to every vector before it: the best of
those for which scratch suffices is taken."""
NARROW = ((64, 3), (64, 4), *((2**k, 1) for k in (5, 4, 3, 2, 1)), (1, 0))
"""The same where it suffices for none, tried in this order."""


@dataclass(frozen=True)
class Parameters:
    """What a search may vary; empty sequences stand for the constants' own."""

    offsets: Sequence[float] = ()
    """By vector, in cycles."""
    noise: Sequence[float] = ()
    """By operation, added to its key, in cycles."""


def list_schedule(code: Code, parameters: Parameters | None = None) -> Schedule:
    """A schedule by priority. Raises BuildError if scratch does not suffice."""
    address, pinned_words = pin(code)
    flat = flatten(code, pinned_words)
    rank = ranks(flat, parameters or Parameters())
    return assemble(code, flat, address, pack_within_scratch(code, flat, rank), pinned_words)


def ranks(flat: PackInput, parameters: Parameters) -> list[int]:
    """By node, its place in the order of priority, 0 first; program order where keys are equal."""
    offsets = parameters.offsets or [STEP * vector**SHAPE for vector in range(flat.vectors)]
    latest = max(offsets, default=0)
    graph, vector = flat.graph, flat.vector
    key = [0.0] * graph.nodes
    for node in reversed(graph.order):
        height = flat.height[node]
        if vector[node] >= 0:
            key[node] = height - (offsets[vector[node]] if height > LAST else latest)
            continue
        edges = range(graph.first[node], graph.first[node + 1])
        after = [graph.latency[edge] + key[graph.target[edge]] for edge in edges]
        key[node] = max(after, default=-latest)
    for node, noise in enumerate(parameters.noise):
        key[node] += noise
    rank = [0] * len(key)
    for place, node in enumerate(sorted(range(len(key)), key=lambda node: -key[node])):
        rank[node] = place
    return rank


def pack_within_scratch(code: Code, flat: PackInput, rank: Sequence[int]) -> list[Part]:
    """The shortest packing that does not run out of scratch. Raises BuildError."""
    packings = [parts for room in WIDE if isinstance(parts := _pack(flat, rank, room), list)]
    if packings:
        return min(packings, key=_cycles)
    for room in NARROW:
        parts = _pack(flat, rank, room)
        if isinstance(parts, list):
            return parts
        stuck = parts
    names = [code.registers[register].name for register in stuck.holding]
    raise out_of_scratch(names, "nothing can go on")


def _pack(
    flat: PackInput, rank: Sequence[int], room: tuple[int, int]
) -> list[Part] | OutOfScratchError:
    try:
        return pack(flat, rank, *room)
    except OutOfScratchError as stuck:
        return stuck


def _cycles(parts: Sequence[Part]) -> int:
    return max((part.cycle for part in parts), default=-1)


def assemble(
    code: Code, flat: PackInput, address: list[int], parts: Sequence[Part], pinned_words: int
) -> Schedule:
    """The schedule of these parts: split operations as alu slots, registers at addresses."""
    place_registers(flat, address, parts, pinned_words)
    of: list[list[Part]] = [[] for _ in range(flat.graph.nodes)]
    for part in parts:
        of[part.node].append(part)
    ops: list[Op] = []
    bundle: list[int] = []
    for node, op in enumerate(code.ops):
        for slot, cycle in _slots(op, of[node]):
            ops.append(slot)
            bundle.append(cycle)
    issued = code.with_ops(ops)
    place_debug(issued, bundle)
    return Schedule(issued, bundle, address)


def _slots(op: Op, parts: Sequence[Part]) -> list[tuple[Op, int]]:
    """The slots an operation is issued as, with their cycles; a debug one's is not known yet."""
    if not parts:
        return [(op, -1)]
    if not parts[0].lanes:
        return [(op, parts[0].cycle)]
    row = opcode("alu", op.row.name)
    return [
        (op._replace(row=row, operands=lane_operands(op.operands, lane)), part.cycle)
        for part in parts
        for lane in range(part.lane, part.lane + part.lanes)
    ]


def place_registers(
    flat: PackInput, address: list[int], parts: Sequence[Part], pinned_words: int
) -> None:
    """Addresses of the shared registers, given out and back in the order of the packing."""
    pool = Pool(pinned_words)
    readers = list(flat.readers)
    for _, node, lane, lanes in parts:
        if lane + lanes in (0, VLEN):
            for register in flat.reads[node]:
                readers[register] -= 1
                if not readers[register]:
                    pool.give(address[register], flat.width[register])
        for register in flat.writes[node]:
            if address[register] < 0:
                address[register] = pool.take(flat.width[register])
