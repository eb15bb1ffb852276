"""The tree as a kernel meets it: cached nodes in scratch, blocks of nodes in working memory.

Node numbers here count from 1, as the heap index J does: the children of J are 2*J and 2*J + 1.

A table of blocks serves levels 3 to 7. Where a walk turns at level 4 is the group, where it turns
at level 6 the sub-block; mirrored parities lay them out, last node first. One vload at
A4 = start + 20*group, or at A6 = A4 + 5*sub-block, brings a node and all that its children need:

    word     0     1      2      3      4      5     6      7 8 9      12 13 14   17 18 19
    group    node  right  node'  right' both'  left  both   as 2 3 4   as 2 3 4   as 2 3 4
             level 4, 5   |_ level 6, 7, s = 0 _|  4, 5     s = 1      s = 2      s = 3

where both = right ^ left, and all others have the last hash constant in them already. Behind the
groups lie blocks of levels 3 and 4, for walks that go no further: node, right, left, both at A3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kernels.builder import Builder
from kernels.ir import Origin, Region
from kernels.plan import (
    GROUP_WORDS,
    GROUPED_WORDS,
    GROUPS,
    MOST_BUFFERS,
    TABLE_WORDS,
    TOP_BLOCKS,
    TOP_WORDS,
)
from machine.isa import VLEN, opcode
from machine.problem import HASH_STAGES, Layout

VSTORE = opcode("store", "vstore")
BROADCAST = opcode("valu", "vbroadcast")
XOR, SUBTRACT = opcode("alu", "^"), opcode("alu", "-")
ADD, OR = opcode("alu", "+"), opcode("alu", "|")
LAST_CONSTANT = HASH_STAGES[-1].c
FEW = 8
"""Addresses that are cheaper as constants, one by one, than as lanes of a vector."""
SUB_BLOCKS = 4
NOWHERE = -1


class Addresses:
    """Scalars that hold addresses: runs with a stride of 8, eight to a vector.

    The first run is there soonest: its first is a constant, all others are added up.
    """

    def __init__(self, build: Builder, first: tuple[int, int] | None = None) -> None:
        self.build = build
        self._first = first
        self._vectors: dict[int, int] = {}

    def again(self) -> Addresses:
        """Others, to be worked out late: none of the runs so far is kept for them but the first."""
        return Addresses(self.build, self._first)

    def run(self, name: str, start: int, count: int) -> list[int]:
        """Words that hold start, start + 8, …"""
        if count <= FEW:
            return [self.build.constant(start + VLEN * k) for k in range(count)]
        last = start + VLEN * count
        vectors = [self._vector(name, at) for at in range(start, last, VLEN * VLEN)]
        words = [vectors[k // VLEN] + k % VLEN for k in range(count)]
        return (
            [self.build.constant(start), *words[1:]]
            if self._first == (vectors[0], start)
            else words
        )

    def _vector(self, name: str, start: int) -> int:
        if start not in self._vectors:
            before = self._vectors.get(start - VLEN * VLEN)
            if before is None:
                self._vectors[start] = self._start(name, start)
            else:
                step = self.build.constant(VLEN * VLEN, VLEN)
                self._vectors[start] = self.build.valu("+", name, before, step)
        return self._vectors[start]

    def blocks(self, name: str, starts: range) -> list[int]:
        """Vectors with the addresses of eight words each, where a run has been asked for."""
        assert self._first
        vector, at = self._first
        # Eight apart, shifted by three bits, is one apart.
        vectors = [self.build.valu(">>", name, vector, self.build.constant(3, VLEN))]
        at //= VLEN
        for start in starts:
            step = self.build.constant(start - at, VLEN)
            vectors.append(self.build.valu("+", name, vectors[-1], step))
            at = start
        return vectors[1:]

    def _start(self, name: str, start: int) -> int:
        if self._first:
            vector, at = self._first
            return self.build.valu("+", name, vector, self.build.constant(start - at, VLEN))
        vector, first = self.build.vector(name), self.build.constant(start)
        self.build.emit(OR, vector, first, first)
        for lane in range(1, VLEN):
            self.build.emit(ADD, vector + lane, first, self.build.constant(VLEN * lane))
        self._first = vector, start
        return vector


class Buffer(NamedTuple):
    """Eight words of memory in which the chosen children of eight blocks become a vector."""

    start: int
    addresses: int
    """The vector of their addresses."""

    @property
    def region(self) -> Region:
        return Region(self.start, self.start + VLEN)

    def word(self, lane: int) -> Region:
        return Region(self.start + lane, self.start + lane + 1)


class Buffers:
    """Buffers in the memory words `area`, in turn, apart for each of some kinds of blocks.

    What a vector does late comes long after what the next ones do early: in one line they would
    wait for each other. `nowhere` is a word that nobody reads. What is written there in the end
    must come after all buffers' use.
    """

    def __init__(self, addresses: Addresses, area: Region, kinds: int) -> None:
        build = addresses.build
        self.area = area
        self.nowhere = Region(area.end - 1, area.end)
        starts = range(area.start, self.nowhere.start - VLEN + 1, VLEN)[:MOST_BUFFERS]
        vectors = addresses.blocks("buffer_address", starts)
        buffers = [Buffer(*pair) for pair in zip(starts, vectors, strict=True)]
        self._of_kind = [buffers[kind::kinds] for kind in range(kinds)]
        self.nowhere_address = build.constant(self.nowhere.start, VLEN)

    def take(self, kind: int, vector: int) -> Buffer:
        """The vector's own for this kind of block, until others come to it in turn."""
        buffers = self._of_kind[kind]
        return buffers[vector % len(buffers)]


class Forest:
    """Nodes in scratch, loaded when first asked for."""

    def __init__(self, build: Builder, layout: Layout, addresses: list[int]) -> None:
        self.build, self.layout, self.addresses = build, layout, addresses
        self._chunks: dict[int, int] = {}
        self._scalars: dict[int, int] = {}
        self._broadcast: dict[tuple[int, bool], int] = {}
        self._differences: dict[int, int] = {}

    def word(self, node: int) -> int:
        """A word of scratch that holds the node as it is in memory."""
        chunk = (node - 1) // VLEN
        start = self._start(chunk)
        if chunk not in self._chunks:
            exact = start == self.layout.nodes_at + VLEN * chunk and chunk < len(self.addresses)
            address = self.addresses[chunk] if exact else self.build.constant(start)
            region = Region(start, start + VLEN)
            self._chunks[chunk] = self.build.vload("nodes", address, region)
        return self._chunks[chunk] + self.layout.nodes_at + node - 1 - start

    def _start(self, chunk: int) -> int:
        """Address of a chunk of nodes; near the end of memory it begins earlier."""
        return min(self.layout.nodes_at + VLEN * chunk, self.layout.words - VLEN)

    def scalar(self, node: int, *, deferred: bool) -> int:
        """A word that holds the node, with the last hash constant in it if deferred."""
        if not deferred:
            return self.word(node)
        if node not in self._scalars:
            self._scalars[node] = self.build.scalar("node")
            last = self.build.constant(LAST_CONSTANT)
            self.build.emit(XOR, self._scalars[node], self.word(node), last)
        return self._scalars[node]

    def broadcast(self, node: int, *, deferred: bool) -> int:
        """A vector with the node in all lanes."""
        key = (node, deferred)
        if key not in self._broadcast:
            self._broadcast[key] = self._spread("v_node", self.scalar(node, deferred=deferred))
        return self._broadcast[key]

    def difference(self, a: int, b: int) -> int:
        """A vector with node a minus node b, both deferred, in all lanes."""
        if a not in self._differences:
            word = self.build.scalar("node")
            operands = self.scalar(a, deferred=True), self.scalar(b, deferred=True)
            self.build.emit(SUBTRACT, word, *operands)
            self._differences[a] = self._spread("v_difference", word)
        return self._differences[a]

    def _spread(self, name: str, scalar: int) -> int:
        vector = self.build.vector(name)
        self.build.emit(BROADCAST, vector, scalar)
        return vector


@dataclass(frozen=True)
class Block:
    """Offsets of the words of a block from the address that its vload takes.

    `left` is for those whose children may be chosen by stores.
    """

    kind: int
    node: int
    right: int
    both: int
    left: int = NOWHERE

    def words(self, node: int) -> dict[int, tuple[int, ...]]:
        """Offset -> the nodes whose xor lies there."""
        left, right = 2 * node, 2 * node + 1
        words = {self.node: (node,), self.right: (right,), self.both: (right, left)}
        return words if self.left == NOWHERE else words | {self.left: (left,)}


TOP = Block(kind=0, node=0, right=1, both=3, left=2)
"""Levels 3 and 4, at A3."""
UPPER = Block(kind=1, node=0, right=1, both=6, left=5)
"""Levels 4 and 5, at A4."""
LOWER = Block(kind=2, node=2, right=3, both=4)
"""Levels 6 and 7, at A6."""
BLOCKS = (TOP, UPPER, LOWER)
BUFFERED = sum(block.left != NOWHERE for block in BLOCKS)


@dataclass(frozen=True)
class Table:
    """The blocks of levels 3 to 7 in the memory words from `start` on."""

    start: int
    read: Collection[tuple[Block, int]]
    """The words that somebody reads: (block, offset)."""

    def region(self, block: Block) -> Region:
        """The words in which the blocks of a kind lie."""
        middle = self.start + GROUPED_WORDS
        if block is TOP:
            return Region(middle, self.start + TABLE_WORDS)
        return Region(self.start, middle)

    def affine(self, block: Block) -> tuple[int, int]:
        """(scale, offset) of the address of a block: scale*J + offset at its node's level."""
        if block is TOP:
            return -TOP_WORDS, self.start + GROUPED_WORDS + TOP_WORDS * (2 * TOP_BLOCKS - 1)
        step = GROUP_WORDS if block is UPPER else GROUP_WORDS // SUB_BLOCKS
        return -step, self.start + GROUPED_WORDS + step * (GROUPED_WORDS // step - 1)

    def store(self, build: Builder, forest: Forest, addresses: list[int], end: int) -> None:
        """Lay the table out in scratch, word by word, and store it; one address a vector.

        The last store comes after all loads from the words up to `end`, which are free from then.
        """
        build.origin = Origin("table")
        image = self.image()
        numbers = sorted({word // VLEN for word in image})
        for number in numbers:
            vector = build.vector("table")
            for lane in range(VLEN):
                self._emit_word(build, forest, vector + lane, image.get(VLEN * number + lane, ()))
            start = self.start + VLEN * number
            region = Region(start, end if number == numbers[-1] else start + VLEN)
            build.emit(VSTORE, addresses[number], vector, region=region)

    def _emit_word(self, build: Builder, forest: Forest, word: int, nodes: tuple[int, ...]) -> None:
        if len(nodes) == 1:
            last = build.constant(LAST_CONSTANT)
            build.emit(XOR, word, forest.word(nodes[0]), last)
        elif nodes:
            build.emit(XOR, word, *map(forest.word, nodes))

    def image(self) -> Mapping[int, tuple[int, ...]]:
        """Word of the table -> the nodes whose xor lies there."""
        return {
            at + offset: nodes
            for at, block, node in self._blocks()
            for offset, nodes in block.words(node).items()
            if (block, offset) in self.read
        }

    @staticmethod
    def _blocks() -> Iterator[tuple[int, Block, int]]:
        """(word, block, node) of all blocks, in mirrored order."""
        for group in range(GROUPS):
            at, node = GROUP_WORDS * group, 2 * GROUPS - 1 - group
            yield at, UPPER, node
            for sub in range(SUB_BLOCKS):
                grandchild = SUB_BLOCKS * node + SUB_BLOCKS - 1 - sub
                yield at + GROUP_WORDS // SUB_BLOCKS * sub, LOWER, grandchild
        for second in range(TOP_BLOCKS):
            yield GROUPED_WORDS + TOP_WORDS * second, TOP, 2 * TOP_BLOCKS - 1 - second
