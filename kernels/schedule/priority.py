"""How urgent operations are under searched parameters, in whole steps of a cycle.

    key = longest path to the end  -  the offset of its group  +  its own noise

Equal keys are told apart by names, which other modes do not change. So a search that puts
operations together in its own way and a build that compiles them get the same schedule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from kernels.analysis.names import Names
from kernels.ir import Origin
from kernels.schedule.pack_input import PackInput

SCALE = 16
"""Steps of a cycle in which offsets and noise are counted."""


class Groups:
    """Operations that are offset together: 0 is set-up, the others a part of a vector.

    Parts are its rounds, and last the hash of the last round, which has time: nothing waits for
    it but the store. What comes before all rounds goes with the first one. Nothing waits for a
    final index either, but its bits take up scratch until it is there: it goes with the last round
    but one.
    """

    def __init__(self, vectors: int, rounds: int) -> None:
        self.vectors, self.rounds = vectors, rounds
        self.parts = rounds + 1
        self._outside = {"load": 0, "index": max(0, rounds - 2)}
        self.count = 1 + vectors * self.parts

    def of(self, origin: Origin) -> int:
        """The group of an operation that comes from there."""
        return 0 if origin.vector is None else 1 + origin.vector * self.parts + self.part(origin)

    def part(self, origin: Origin) -> int:
        """The part of its vector."""
        if origin.round is None:
            return self._outside.get(origin.stage, self.rounds)
        ends = origin.round == self.rounds - 1 and origin.stage != "node"
        return origin.round + ends


def ranks(
    flat: PackInput,
    names: Names,
    groups: Groups,
    offsets: Sequence[int],
    noise: Iterable[int],
) -> list[int]:
    """By node, its place in the order of priority, 0 first.

    `offsets` are by group; `noise` is by operation, in the order of their ties.
    """
    ops, height, vector = names.code.ops, flat.height, flat.vector
    group_of = cache(groups.of)  # many operations share one origin
    keys = []
    for node, steps in zip(names.in_order, noise, strict=True):
        # What set-up waits for is not held back with its vector.
        group = group_of(ops[node].origin) if vector[node] >= 0 else 0
        keys.append(offsets[group] - SCALE * height[node] - steps)
    rank = [-1] * flat.graph.nodes
    for place, tied in enumerate(sorted(range(len(keys)), key=keys.__getitem__)):
        rank[names.in_order[tied]] = place
    others = (node for node, place in enumerate(rank) if place < 0)
    for place, node in enumerate(others, len(keys)):
        rank[node] = place
    return rank
