"""What must come before what, from the program order of operations.

    RAW  1   a word is there the cycle after its write
    WAW  1   two writes of a word land a cycle apart
    WAR  0   a write may share the cycle of an earlier read, which still gets the old word

and the same for memory, between operations whose regions meet. A pause shows all that was before
it and nothing that comes after. A node is an operation, by number; the nodes past them are *joins*,
which stand for "all of these" where many wait for many: without them a table that is written by 50
stores and read by 3,000 loads would have 150,000 edges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kernels.ir import Code, Op, Region
from machine.access import MEMORY, SPANS, Kind
from machine.isa import VLEN, Opcode, opcode


@dataclass
class Graph:
    """By node, those that wait for it."""

    nodes: int
    after: list[list[int]]
    """Those that come a cycle after it at the soonest."""
    beside: list[list[int]]
    """Those that may share its cycle."""
    waiting: list[int]
    """By node, for how many it waits."""
    order: list[int]
    """Every node after all that it waits for."""

    def edges_of(self, node: int) -> Iterator[tuple[int, int]]:
        """Who waits for a node, and for how many cycles: 1 or 0."""
        yield from ((other, 1) for other in self.after[node])
        yield from ((other, 0) for other in self.beside[node])

    def heights(self) -> list[int]:
        """By node, the cycles from its own to the last on its longest path."""
        height = [0] * self.nodes
        height_of = height.__getitem__
        for node in reversed(self.order):
            if after := self.after[node]:
                height[node] = 1 + max(map(height_of, after))
            if beside := self.beside[node]:
                height[node] = max(height[node], *map(height_of, beside))
        return height


def dependences(code: Code) -> Graph:
    """The graph of all operations but debug ones, which have no edges."""
    walk = _Walk(code)
    walk.run()
    return walk.graph()


@dataclass
class _Touched:
    """A region of memory: who has been there, and whom the next one has to wait for."""

    region: Region
    meeting: list[_Touched] = field(default_factory=list)
    """The regions that it meets, itself among them."""
    loads: list[int] = field(default_factory=list)
    stores: list[int] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)
    """The stores to all that it meets: a table has few readers' regions, but many writers'."""


class _Walk:
    def __init__(self, code: Code) -> None:
        self.code, self.owner = code, code.owner
        self.by_lane, self.rewritten = _by_lane(code), _rewritten(code)
        self.writer = [NOBODY] * len(code.owner)
        self.readers: dict[int, list[int]] = {}
        self.after: list[list[int]] = [[] for _ in code.ops]
        self.beside: list[list[int]] = [[] for _ in code.ops]
        self.waiting = [0] * len(code.ops)
        self.order: list[int] = []
        self.memory: dict[Region, _Touched] = {}
        self.pause, self.since_pause = NOBODY, list[int]()

    def run(self) -> None:
        """Go through all operations: quickly, with everything at hand, through those that only read
        and write words that are written once. Most are of that kind."""
        writer, owner, by_lane, after = self.writer, self.owner, self.by_lane, self.after
        careful = bool(self.rewritten) or any(op.row is PAUSE for op in self.code.ops)
        for number, op in enumerate(self.code.ops):
            row, operands, _, _ = op
            if row.engine == "debug":
                continue
            defs, uses = SPANS[row.code]
            found = []
            for position, width in uses:
                word = operands[position]
                if width > 1 and by_lane[owner[word]]:
                    found += writer[word : word + width]
                else:
                    found.append(writer[word])
            before = {*found}
            before.discard(NOBODY)
            if careful or MEMORY[row.code]:
                self._add(number, self._all_before(number, op, before))
            else:
                self.order.append(number)
                self.waiting[number] = len(before)
                for earlier in before:
                    after[earlier].append(number)
            for position, width in defs:
                word = operands[position]
                writer[word : word + width] = [number] * width

    def _add(self, node: int, before: Mapping[int, int]) -> None:
        """A node that waits for others, so many cycles for each."""
        self.order.append(node)
        self.waiting[node] = len(before)
        for earlier, cycles in before.items():
            (self.after if cycles else self.beside)[earlier].append(node)

    def _all_before(self, number: int, op: Op, written: Iterable[int]) -> dict[int, int]:
        """All that it waits for, and for how many cycles, besides those who write what it reads."""
        before = dict.fromkeys(written, 1)
        row, operands, _, region = op
        if self.rewritten:
            self._rewrite(number, row, operands, before)
        if kind := MEMORY[row.code]:
            self._touch(number, region, kind is Kind.WRITE, before)
        self._pause(number, row, before)
        return before

    def _words(self, word: int, width: int) -> range:
        """The words that stand for an operand: a vector's first, or all where lanes matter."""
        return range(word, word + (width if self.by_lane[self.owner[word]] else 1))

    def _rewrite(
        self, number: int, row: Opcode, operands: Sequence[int], before: dict[int, int]
    ) -> None:
        """Wait for those who read and wrote what is overwritten."""
        defs, uses = SPANS[row.code]
        for position, width in uses:
            if self.owner[operands[position]] in self.rewritten:
                for word in self._words(operands[position], width):
                    self.readers.setdefault(word, []).append(number)
        for position, width in defs:
            if self.owner[operands[position]] in self.rewritten:
                for word in self._words(operands[position], width):
                    for reader in self.readers.pop(word, ()):
                        if reader != number:
                            before.setdefault(reader, 0)
                    if self.writer[word] != NOBODY:
                        before[self.writer[word]] = 1

    def _touch(self, number: int, region: Region, stores: bool, before: dict[int, int]) -> None:
        mine = self.memory.get(region) or self._learn(region)
        self._wait(mine.stored, 1, before)
        if not stores:
            mine.loads.append(number)
            return
        mine.stores.append(number)
        mine.stored.clear()
        for met in mine.meeting:
            self._wait(met.loads, 0, before)
            met.stored.append(number)
        # Who waits for the store waits for all that it has waited for.
        mine.loads.clear()

    def _learn(self, region: Region) -> _Touched:
        """Note which regions the new one meets, and that they meet it."""
        mine = self.memory[region] = _Touched(region)
        mine.meeting += (known for known in self.memory.values() if known.region.meets(region))
        for known in mine.meeting[:-1]:
            known.meeting.append(mine)
            mine.stored += known.stores
        return mine

    def _wait(self, for_all: list[int], latency: int, before: dict[int, int]) -> None:
        """Wait for all of them: through a join that stands for them from now on, if many."""
        if len(for_all) > FEW:
            for_all[:] = [self._join({node: self._latency(node, latency) for node in for_all})]
        for node in for_all:
            before[node] = max(before.get(node, 0), self._latency(node, latency))

    def _join(self, before: dict[int, int]) -> int:
        join = len(self.waiting)
        self.after.append([])
        self.beside.append([])
        self.waiting.append(0)
        self._add(join, before)
        return join

    def _latency(self, node: int, latency: int) -> int:
        """A join has already waited."""
        return latency if node < len(self.code.ops) else 0

    def _pause(self, number: int, row: Opcode, before: dict[int, int]) -> None:
        """Wait for all since the last pause, or for that one."""
        if row is PAUSE:
            before.update((earlier, 0) for earlier in self.since_pause if earlier not in before)
            self.since_pause, self.pause = [], number
        elif self.pause != NOBODY:
            before[self.pause] = 1
        self.since_pause.append(number)

    def graph(self) -> Graph:
        return Graph(len(self.waiting), self.after, self.beside, self.waiting, self.order)


NOBODY = -1
FEW = 2
"""Operations that a later one waits for one by one, without a join."""
PAUSE = opcode("flow", "pause")


def _by_lane(code: Code) -> list[bool]:
    """By register, whether somebody reaches its words one at a time."""
    by_lane = [False] * len(code.registers)
    for word in {operands[at] for row, operands, _, _ in code.ops for at in _WORDS[row.code]}:
        by_lane[code.owner[word]] = True
    return by_lane


_WORDS = tuple(
    tuple(position for places in spans for position, width in places if width == 1)
    for spans in SPANS
)
"""By opcode number, the operands that are one word."""


def _rewritten(code: Code) -> set[int]:
    """The registers of which some word is written more than once."""
    words, vectors = (
        [operands[at] for row, operands, _, _ in code.ops for at in written[row.code]]
        for written in (_WRITTEN_WORDS, _WRITTEN_VECTORS)
    )
    owner = code.owner
    both = {owner[word] for word in words} & {owner[word] for word in vectors}
    return both | {owner[word] for word, times in Counter(words + vectors).items() if times > 1}


_WRITTEN_WORDS, _WRITTEN_VECTORS = (
    [[position for position, reach in spans.defs if reach == width] for spans in SPANS]
    for width in (1, VLEN)
)
"""By opcode number, the operands that are written: a word, and a vector."""
