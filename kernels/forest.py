"""The tree as a kernel meets it: cached nodes in scratch, blocks of nodes in working memory.

Node numbers here count from 1, as the heap index J does: the children of J are 2*J and 2*J + 1.

A table of blocks serves levels 4 to 7. Where a walk turns at level 4 is the group, where it turns
at level 6 the sub-block; mirrored parities lay them out, last node first. One vload at
A4 = start + 24*group, or at A6 = A4 + 6*sub-block, brings a node and all that its children need:

    word     0     1      2      3      4     5      6     7      8    9 ...      14    15 ...  23
    group    node  right  node'  right' left' both'  left  both   node'' right''  ...
             level 4, 5   level 6, 7 of sub-block 0  level 4, 5   of sub-block 1

where both = right ^ left, and all others have the last hash constant in them already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kernels.builder import Builder
from kernels.ir import Origin, Region
from kernels.plan import GROUP_WORDS, GROUPS, TABLE_WORDS
from machine.isa import VLEN, opcode
from machine.problem import HASH_STAGES, Layout

CONST, VSTORE = opcode("load", "const"), opcode("store", "vstore")
BROADCAST = opcode("valu", "vbroadcast")
XOR, SUBTRACT = opcode("alu", "^"), opcode("alu", "-")
LAST_CONSTANT = HASH_STAGES[-1].c
FEW = 8
"""Addresses that are cheaper as constants, one by one, than as lanes of a vector."""
SUB_BLOCKS = 4
MOST_BUFFERS = 8


class Addresses:
    """Scalars that hold addresses: runs with a stride of 8, eight to a vector."""

    def __init__(self, build: Builder) -> None:
        self.build = build
        self._first: tuple[int, int] | None = None

    def run(self, name: str, start: int, count: int) -> list[int]:
        """Words that hold start, start + 8, …"""
        if count <= FEW:
            return [self.build.constant(start + VLEN * k) for k in range(count)]
        vectors = [self._start(name, start)]
        step = self.build.constant(VLEN * VLEN, VLEN)
        while len(vectors) * VLEN < count:
            vectors.append(self.build.valu("+", name, vectors[-1], step))
        return [vectors[k // VLEN] + k % VLEN for k in range(count)]

    def _start(self, name: str, start: int) -> int:
        if self._first:
            vector, at = self._first
            return self.build.valu("+", name, vector, self.build.constant(start - at, VLEN))
        vector = self.build.vector(name)
        for lane in range(VLEN):
            self.build.emit(CONST, vector + lane, start + VLEN * lane)
        self._first = vector, start
        return vector


class Buffer(NamedTuple):
    """Sixteen words of memory through which the children in eight blocks become two vectors."""

    words: tuple[int, ...]
    """Scalars with their addresses."""
    rights: Region
    lefts: Region


class Buffers:
    """Buffers in turn, in the memory words `area`; made when first asked for."""

    def __init__(self, build: Builder, area: Region) -> None:
        self.build = build
        self.starts = range(area.start, area.end - 2 * VLEN + 1, 2 * VLEN)[:MOST_BUFFERS]
        self._buffers: list[Buffer] = []
        self._next = 0

    def prepare(self) -> None:
        """Work out the addresses of all buffers."""
        if not self._buffers:
            words = self._addresses()
            for number, start in enumerate(self.starts):
                mine = tuple(words[2 * VLEN * number : 2 * VLEN * (number + 1)])
                middle = start + VLEN
                rights, lefts = Region(start, middle), Region(middle, middle + VLEN)
                self._buffers.append(Buffer(mine, rights, lefts))

    def take(self) -> Buffer:
        """The one used longest ago."""
        self._next += 1
        return self._buffers[(self._next - 1) % len(self._buffers)]

    def _addresses(self) -> list[int]:
        vector = self.build.vector("buffer_address")
        for lane in range(VLEN):
            self.build.emit(CONST, vector + lane, self.starts[0] + lane)
        vectors = [vector]
        step = self.build.constant(VLEN, VLEN)
        while len(vectors) < 2 * len(self.starts):
            vectors.append(self.build.valu("+", "buffer_address", vectors[-1], step))
        return [vector + lane for vector in vectors for lane in range(VLEN)]


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
    """Offsets of the words of a block from the address that its vload takes."""

    node: int
    right: int
    left: int
    both: int

    def words(self, node: int) -> dict[int, tuple[int, ...]]:
        """Offset -> the nodes whose xor lies there."""
        left, right = 2 * node, 2 * node + 1
        return {
            self.node: (node,),
            self.right: (right,),
            self.left: (left,),
            self.both: (right, left),
        }


UPPER = Block(node=0, right=1, left=6, both=7)
"""Levels 4 and 5, at A4."""
LOWER = Block(node=2, right=3, left=4, both=5)
"""Levels 6 and 7, at A6."""


@dataclass(frozen=True)
class Table:
    """The blocks of levels 4 to 7 in the memory words from `start` on."""

    start: int
    left: bool
    """Whether somebody reads left children, and not only `both`."""

    @property
    def region(self) -> Region:
        return Region(self.start, self.start + TABLE_WORDS)

    @property
    def upper(self) -> tuple[int, int]:
        """(scale, offset): A4 = scale*J + offset at level 4."""
        return -GROUP_WORDS, self.start + GROUP_WORDS * (2 * GROUPS - 1)

    @property
    def lower(self) -> tuple[int, int]:
        """(scale, offset): A6 = scale*J + offset at level 6."""
        step = GROUP_WORDS // SUB_BLOCKS
        return -step, self.start + step * (2 * GROUPS * SUB_BLOCKS - 1)

    def store(self, build: Builder, forest: Forest, addresses: list[int]) -> None:
        """Lay the table out in scratch, word by word, and store it; one address a vector."""
        build.origin = Origin("table")
        image = self.image()
        for number in range(TABLE_WORDS // VLEN):
            vector = build.vector("table")
            for lane in range(VLEN):
                self._emit_word(build, forest, vector + lane, image.get(VLEN * number + lane, ()))
            start = self.start + VLEN * number
            build.emit(VSTORE, addresses[number], vector, region=Region(start, start + VLEN))

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
            if self.left or offset != block.left
        }

    @staticmethod
    def _blocks() -> Iterator[tuple[int, Block, int]]:
        """(word, block, node) of all blocks, groups and sub-blocks in mirrored order."""
        for group in range(GROUPS):
            at, node = GROUP_WORDS * group, 2 * GROUPS - 1 - group
            yield at, UPPER, node
            for sub in range(SUB_BLOCKS):
                grandchild = SUB_BLOCKS * node + SUB_BLOCKS - 1 - sub
                yield at + GROUP_WORDS // SUB_BLOCKS * sub, LOWER, grandchild
