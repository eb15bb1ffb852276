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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, chain
from operator import add

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

    def heights(self) -> list[int]:
        """By node, the cycles from its own to the last on its longest path."""
        height = [0] * self.nodes
        for node in self.backwards:
            edges = slice(self.first[node], self.first[node + 1])
            after = map(height.__getitem__, self.target[edges])
            height[node] = max(map(add, self.latency[edges], after), default=0)
        return height

    @cached_property
    def backwards(self) -> list[int]:
        """Every node after all that it leads to."""
        waiting = list(self.waiting)
        order = [node for node in range(self.nodes) if not waiting[node]]
        for node in order:
            for after in self.target[self.first[node] : self.first[node + 1]]:
                waiting[after] -= 1
                if not waiting[after]:
                    order.append(after)
        return order[::-1]


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
        self.owner, self.by_lane = code.owner, _by_lane(code)
        self.memory: dict[Region, _Touched] = {}
        self.meeting: dict[Region, list[_Touched]] = {}
        self.pause, self.since_pause = -1, list[int]()

    def add(self, number: int, op: Op) -> None:
        row, operands, _, region = op
        defs, uses = SPANS[row.code]
        before = self.before[number]
        writer, readers = self.writer, self.readers
        for word in self._keys(uses, operands):
            if writer[word] >= 0:
                before[writer[word]] = 1
            readers.setdefault(word, []).append(number)
        for word in self._keys(defs, operands):
            self._write(number, word, before)
        if kind := MEMORY[row.code]:
            self._touch(number, region, kind is Kind.WRITE, before)

        if row.name == "pause":
            before.update((earlier, 0) for earlier in self.since_pause if earlier not in before)
            self.since_pause, self.pause = [], number
        elif self.pause >= 0:
            before[self.pause] = 1
        self.since_pause.append(number)

    def _keys(self, places: Iterable[tuple[int, int]], operands: Sequence[int]) -> list[int]:
        """The words that stand for these operands: a vector's first, or all where lanes matter."""
        keys: list[int] = []
        for position, width in places:
            word = operands[position]
            if width > 1 and self.by_lane[self.owner[word]]:
                keys += range(word, word + width)
            else:
                keys.append(word)
        return keys

    def _write(self, number: int, word: int, before: dict[int, int]) -> None:
        for reader in self.readers.pop(word, ()):
            if reader != number:
                before.setdefault(reader, 0)
        if self.writer[word] >= 0:
            before[self.writer[word]] = 1
        self.writer[word] = number

    def _touch(self, number: int, region: Region, stores: bool, before: dict[int, int]) -> None:
        if region not in self.memory:
            self._learn(region)
        for touched in self.meeting[region]:
            self._wait(touched.stores, 1, before)
            if stores:
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
            self.before.append({node: self._latency(node, latency) for node in for_all})
            for_all[:] = [len(self.before) - 1]
        for node in for_all:
            before[node] = max(before.get(node, 0), self._latency(node, latency))

    def _latency(self, node: int, latency: int) -> int:
        """A join has already waited."""
        return latency if node < self.operations else 0

    def graph(self) -> Graph:
        target: list[list[int]] = [[] for _ in self.before]
        latency: list[list[int]] = [[] for _ in self.before]
        for number, before in enumerate(self.before):
            for node, cycles in before.items():
                target[node].append(number)
                latency[node].append(cycles)
        return Graph(
            len(self.before),
            list(accumulate(map(len, target), initial=0)),
            list(chain.from_iterable(target)),
            list(chain.from_iterable(latency)),
            list(map(len, self.before)),
        )


FEW = 2
"""Operations that a later one waits for one by one, without a join."""


def _by_lane(code: Code) -> list[bool]:
    """By register, whether somebody reaches some of its words but not all."""
    by_lane = [False] * len(code.registers)
    for op in code.ops:
        for places in SPANS[op.row.code]:
            for position, width in places:
                register = code.owner[op.operands[position]]
                if width != code.registers[register].width:
                    by_lane[register] = True
    return by_lane
