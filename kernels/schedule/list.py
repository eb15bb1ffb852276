"""List scheduling: urgent first, and the vectors one after another like a flight of stairs.

    key = longest path to the end  -  the vector's start offset

The longest path keeps what everything waits for from waiting itself. If all vectors ran in step,
they would all want loads at one time and multiplies at another, so each starts some cycles after
the one before, and the engines see every part of the kernel at once. The last rounds of a vector,
where little but its value is left in scratch, have time: they go in step with the last vectors',
and fill bundles that would be half empty while those come to their end alone. What set-up does is
as urgent as the most urgent operation that waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kernels.ir import Code, Op, lane_operands
from kernels.schedule.base import Schedule
from kernels.schedule.compiled import pack
from kernels.schedule.debug import place_debug
from kernels.schedule.pack import OutOfScratchError, Part
from kernels.schedule.pack_input import Kind, PackInput, flatten
from kernels.schedule.scratch import Pool, out_of_scratch, pin
from machine.isa import VLEN, opcode


class Stairs(NamedTuple):
    """Vector v starts step * v^shape cycles after the first.

    The last ones, which nobody comes after to fill gaps, are a little closer together. What has no
    longer path to the end than `last` cycles goes in step with the last vector's.
    """

    step: float
    shape: float
    last: int


TWO_ROUNDS, CLOSER, LAST_HASH = Stairs(13.8, 0.93, 25), Stairs(13, 0.91, 26), Stairs(10, 0.81, 11)
Rooms = Mapping[Stairs, Sequence[tuple[int, int]]]
WIDE: Rooms = {
    TWO_ROUNDS: ((64, 0), (64, 2)),
    CLOSER: ((64, 1),),
    LAST_HASH: ((64, 0), (28, 0), (16, 0)),
}
"""Vectors under way at a time, and places that each leaves to every vector before it: the best of
those for which scratch suffices is taken."""
NARROW: Rooms = {LAST_HASH: ((64, 3), (64, 4), *((2**k, 1) for k in (5, 4, 3, 2, 1)), (1, 0))}
"""The same where it suffices for none, tried in this order."""


def list_schedule(code: Code) -> Schedule:
    """A schedule by priority. Raises BuildError if scratch does not suffice."""
    address, pinned_words = pin(code)
    flat = flatten(code, pinned_words)
    return assemble(code, flat, address, pack_within_scratch(code, flat), pinned_words)


def ranks(flat: PackInput, stairs: Stairs = LAST_HASH) -> list[int]:
    """By node, its place in the order of priority, 0 first; program order where keys are equal."""
    offsets = [stairs.step * vector**stairs.shape for vector in range(flat.vectors)]
    latest = max(offsets, default=0.0)
    graph, vector = flat.graph, flat.vector
    key = [
        height - (offsets[v] if height > stairs.last else latest) if v >= 0 else 0.0
        for height, v in zip(flat.height, vector, strict=True)
    ]
    for node in reversed(graph.order):
        if vector[node] >= 0 and flat.kind[node] != Kind.JOIN:
            continue
        after = [1 + key[other] for other in graph.after[node]]
        beside = [key[other] for other in graph.beside[node]]
        key[node] = max(after + beside, default=-latest)
    rank = [0] * len(key)
    for place, node in enumerate(sorted(range(len(key)), key=lambda node: -key[node])):
        rank[node] = place
    return rank


def pack_within_scratch(code: Code, flat: PackInput) -> list[Part]:
    """The shortest packing that does not run out of scratch. Raises BuildError."""
    packings = []
    for stairs, rooms in WIDE.items():
        rank = ranks(flat, stairs)
        found = (_pack(flat, rank, room) for room in rooms)
        packings += [parts for parts in found if isinstance(parts, list)]
    if packings:
        return min(packings, key=_cycles)
    for stairs, rooms in NARROW.items():
        rank = ranks(flat, stairs)
        for room in rooms:
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
    # Of a split operation the last part counts: then all of it is there.
    done = [-1] * flat.graph.nodes
    split: dict[int, list[Part]] = {}
    for part in parts:
        done[part.node] = part.cycle
        if part.lanes:
            split.setdefault(part.node, []).append(part)
    del done[len(code.ops) :]
    place_debug(code, done)
    ops: list[Op] = []
    bundle: list[int] = []
    for number, op in enumerate(code.ops):
        if number in split:
            ops += _lanes(op)
            bundle += [part.cycle for part in split[number] for _ in range(part.lanes)]
        else:
            ops.append(op)
            bundle.append(done[number])
    return Schedule(code.with_ops(ops), bundle, address)


def _lanes(op: Op) -> Iterator[Op]:
    """The alu slots a split operation is issued as."""
    row = opcode("alu", op.row.name)
    for operands in lane_operands(op.operands):
        yield Op(row, operands, op.origin, op.region)


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
