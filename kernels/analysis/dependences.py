"""What must come before what, from the program order of operations.

    RAW  1   a word is there the cycle after its write
    WAW  1   two writes of a word land a cycle apart
    WAR  0   a write may share the cycle of an earlier read, which still gets the old word

and the same for memory, between operations whose regions meet. A pause shows all that was before
it and nothing that comes after. The graph is flat arrays of
integers, for schedulers to walk quickly. A node is an operation, by number; the nodes past them
are *joins*, which stand for "all of these" where many stores wait for many loads: without them
a table that is written by 50 stores and read by 3,000 loads would have 150,000 edges.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate, chain

from kernels.ir import Code, Op, Region
from machine.access import MEMORY, SPANS, Kind


@dataclass
class Graph:
    """Edges by node: those of node n are `target[first[n]:first[n + 1]]`, with their latency."""

    nodes: int
    first: list[int]
    target: list[int]
    latency: list[int]
    """In cycles, 0 or 1."""
    waiting: list[int]
    """By node, how many edges lead to it."""
    before: list[dict[int, int]]
    """By node, those with an edge to it, and its latency."""
    order: list[int]
    """Every node after all that lead to it."""

    def heights(self) -> list[int]:
        """By node, the cycles from its own to the last on its longest path."""
        height = [0] * self.nodes
        for node in reversed(self.order):
            path = height[node]
            for earlier, latency in self.before[node].items():
                if path + latency > height[earlier]:
                    height[earlier] = path + latency
        return height


def dependences(code: Code) -> Graph:
    """The graph of all operations but debug ones, which have no edges."""
    walk = _Walk(code)
    for number, op in enumerate(code.ops):
        if op.row.engine != "debug":
            walk.add(number, op)
    return walk.graph()


@dataclass
class _Touched:
    """The operations on a region of memory since the one that replaced all before."""

    loads: list[int] = field(default_factory=list)
    stores: list[int] = field(default_factory=list)


class _Walk:
    def __init__(self, code: Code) -> None:
        self.operations = len(code.ops)
        self.writer = [-1] * len(code.owner)
        self.readers: dict[int, list[int]] = {}
        self.before: list[dict[int, int]] = [{} for _ in code.ops]
        self.order: list[int] = []
        self.owner, self.by_lane = code.owner, _by_lane(code)
        self.overwritten = _overwritten(code)
        self.memory: dict[Region, _Touched] = {}
        self.meeting: dict[Region, list[_Touched]] = {}
        self.pause, self.since_pause = -1, list[int]()

    def add(self, number: int, op: Op) -> None:
        row, operands, _, region = op
        defs, uses = SPANS[row.code]
        before = self.before[number]
        writer, owner, by_lane = self.writer, self.owner, self.by_lane
        # The words that stand for an operand: a vector's first, or all where lanes matter.
        for position, width in uses:
            word = operands[position]
            register = owner[word]
            end = word + (width if by_lane[register] else 1)
            for earlier in writer[word:end]:
                if earlier >= 0:
                    before[earlier] = 1
            if self.overwritten[register]:
                for read in range(word, end):
                    self.readers.setdefault(read, []).append(number)
        for position, width in defs:
            word = operands[position]
            register = owner[word]
            end = word + (width if by_lane[register] else 1)
            if self.overwritten[register]:
                self._overwrite(number, range(word, end), before)
            writer[word:end] = [number] * (end - word)
        if kind := MEMORY[row.code]:
            self._touch(number, region, kind is Kind.WRITE, before)

        if row.name == "pause":
            before.update((earlier, 0) for earlier in self.since_pause if earlier not in before)
            self.since_pause, self.pause = [], number
        elif self.pause >= 0:
            before[self.pause] = 1
        self.since_pause.append(number)
        self.order.append(number)

    def _overwrite(self, number: int, words: Iterable[int], before: dict[int, int]) -> None:
        for word in words:
            for reader in self.readers.pop(word, ()):
                if reader != number:
                    before.setdefault(reader, 0)
            if self.writer[word] >= 0:
                before[self.writer[word]] = 1

    def _touch(self, number: int, region: Region, stores: bool, before: dict[int, int]) -> None:
        if region not in self.memory:
            self._learn(region)
        for touched in self.meeting[region]:
            if touched.stores:
                self._wait(touched.stores, 1, before)
            if stores and touched.loads:
                self._wait(touched.loads, 0, before)
        mine = self.memory[region]
        (mine.stores if stores else mine.loads).append(number)

    def _learn(self, region: Region) -> None:
        """Note which regions the new one meets, and that they meet it."""
        mine = self.memory[region] = _Touched()
        meeting = [known for known in self.memory if known.meets(region)]
        self.meeting[region] = [self.memory[known] for known in meeting]
        for known in meeting[:-1]:
            self.meeting[known].append(mine)

    def _wait(self, for_all: list[int], latency: int, before: dict[int, int]) -> None:
        """Wait for all of them: through a join that stands for them from now on, if many."""
        if len(for_all) > FEW:
            self.order.append(len(self.before))
            self.before.append({node: self._latency(node, latency) for node in for_all})
            for_all[:] = [len(self.before) - 1]
        for node in for_all:
            before[node] = max(before.get(node, 0), self._latency(node, latency))

    def _latency(self, node: int, latency: int) -> int:
        """A join has already waited."""
        return latency if node < self.operations else 0

    def graph(self) -> Graph:
        # An edge is twice the node it leads to, and its latency.
        edges: list[list[int]] = [[] for _ in self.before]
        for number, before in enumerate(self.before):
            for node, cycles in before.items():
                edges[node].append(2 * number + cycles)
        every = list(chain.from_iterable(edges))
        return Graph(
            len(self.before),
            list(accumulate(map(len, edges), initial=0)),
            [edge >> 1 for edge in every],
            [edge & 1 for edge in every],
            list(map(len, self.before)),
            self.before,
            self.order,
        )


FEW = 2
"""Operations that a later one waits for one by one, without a join."""


def _by_lane(code: Code) -> list[bool]:
    """By register, whether somebody reaches its words one at a time."""
    by_lane = [False] * len(code.registers)
    for op in code.ops:
        for position in _SINGLE[op.row.code]:
            by_lane[code.owner[op.operands[position]]] = True
    return by_lane


_SINGLE = tuple(
    tuple(position for places in spans for position, width in places if width == 1)
    for spans in SPANS
)
"""By opcode number, the operands that are one word."""


def _overwritten(code: Code) -> list[bool]:
    """By register, whether some word of it is written more than once."""
    overwritten, written = [False] * len(code.registers), bytearray(len(code.owner))
    for op in code.ops:
        for position, width in SPANS[op.row.code].defs:
            word = op.operands[position]
            if any(written[word : word + width]):
                overwritten[code.owner[word]] = True
            written[word : word + width] = b"\1" * width
    return overwritten
