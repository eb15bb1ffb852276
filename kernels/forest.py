"""The tree as a kernel meets it: cached nodes in scratch, blocks of nodes in working memory.

Node numbers here count from 1, as the heap index J does: the children of J are 2*J and 2*J + 1.
Node J lies in memory at J + 6, and a row of memory is eight words from a multiple of 8 on.

A block is a node and its children, side by side, so that one vload brings two levels of a walk:

    word    0      1       2      3
            node   right   left   right ^ left       the last one where there is room

All but the last have the last hash constant in them. Blocks of a level lie in mirrored order, the
last node's first: where a walk is at a level is then an affine function of J with a factor of -3
or -4, and so is the address. A table of blocks that ends with memory has windows of 8 that begin
some words before a block instead of at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import lcm
from typing import NamedTuple

from kernels.builder import Builder
from kernels.ir import Origin, Region
from kernels.plan import FEWEST_WORDS, MOST_WORDS
from machine.isa import VLEN, Opcode, opcode
from machine.problem import HASH_STAGES, Layout

VSTORE = opcode("store", "vstore")
LOAD = opcode("load", "load")
BROADCAST = opcode("valu", "vbroadcast")
XOR, ADD, SUBTRACT = opcode("alu", "^"), opcode("alu", "+"), opcode("alu", "-")
SHIFT = opcode("alu", ">>")
LAST_CONSTANT = HASH_STAGES[-1].c
FEW = 8
"""Addresses that are cheaper as constants, one by one, than as lanes of a vector."""
LINE = VLEN * VLEN
"""Memory words that the lanes of a vector of addresses lie apart in all."""
DUMMY = 9
"""A word of row 1. The hash multiplies by 9, so the vector that holds it is there already."""


class Addresses:
    """Scalars that hold addresses: runs with a stride of 8, eight to a vector.

    All are added to 0, 8, … 56, which are there from the start. Where there are to be `single`
    lanes, what only one line needs is added from one word, and a line has no more lanes than asked.
    """

    def __init__(self, build: Builder, rows: int, *, single: bool) -> None:
        """`rows` is the vector of 0, 8, … 56."""
        self.build, self.rows, self.single = build, rows, single
        self._lines: dict[int, int] = {0: rows}

    def again(self) -> Addresses:
        """Others, to be worked out late: none of the runs so far is kept for them."""
        return Addresses(self.build, self.rows, single=self.single)

    def run(self, name: str, start: int, count: int) -> list[int]:
        """Words that hold start, start + 8, …"""
        if count <= FEW:
            return [self.build.constant(start + VLEN * k) for k in range(count)]
        end = start + VLEN * count
        lines = [self._line(name, at, (end - at) // VLEN) for at in range(start, end, LINE)]
        words = [lines[k // VLEN] + k % VLEN for k in range(count)]
        # The first may be known before the vector is.
        return [self.build.code.constants.get((start, 1), words[0]), *words[1:]]

    def _line(self, name: str, start: int, lanes: int) -> int:
        if start in self._lines:
            return self._lines[start]
        before = self._lines.get(start - LINE)
        first, step = (self._lines[0], start) if before is None else (before, LINE)
        if self.single and lanes < VLEN:
            return lane_by_lane(self.build, name, ADD, first, step, lanes)
        if self.single and step != LINE:
            line = lane_by_lane(self.build, name, ADD, first, step)
        else:
            line = self.build.valu("+", name, first, self.build.constant(step, VLEN))
        self._lines[start] = line
        return line


def lane_by_lane(
    build: Builder, name: str, row: Opcode, vector: int, by: int, lanes: int = VLEN
) -> int:
    """A new vector, its first lanes made by alu of the vector's and a constant."""
    made, scalar = build.vector(name), build.constant(by)
    for lane in range(lanes):
        build.emit(row, made + lane, vector + lane, scalar)
    return made


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
    """Rows of the forest from row 2 on, as buffers in turn, apart for each of some rounds.

    What a vector does late comes long after what the next ones do early: in one line they would
    wait for each other. What is not wanted in the end goes to a word of row 1. All these rows are
    in scratch from the start, and are stored back after all buffers' use.
    """

    def __init__(
        self, build: Builder, rows: int, count: int, rounds: Sequence[int], *, single: bool
    ) -> None:
        """As many as there are; rounds for which there is none are not served."""
        self.build, self.rows, self.count, self.single = build, rows, count, single
        starts = range(2 * VLEN, (2 + count) * VLEN, VLEN)
        vectors = self._vectors(starts) if count else ()
        buffers = [Buffer(*pair) for pair in zip(starts, vectors, strict=True)]
        self._of_round = {r: buffers[at :: len(rounds)] for at, r in enumerate(rounds)}
        self.nowhere = build.constant(DUMMY, VLEN)

    def _vectors(self, starts: Iterable[int]) -> list[int]:
        """Eight addresses each. Alu is not needed for anything better when these are made."""
        name, vectors, before = "buffer_address", list[int](), 0
        for start in starts:
            if not vectors and self.single:
                vectors.append(self._first(name, start))
            else:
                base = (
                    vectors[-1] if vectors else lane_by_lane(self.build, name, SHIFT, self.rows, 3)
                )
                vectors.append(lane_by_lane(self.build, name, ADD, base, start - before))
            before = start
        return vectors

    def _first(self, name: str, start: int) -> int:
        """Lane by lane from the nearer of the row's two ends."""
        made, half = self.build.vector(name), VLEN // 2
        row, end = self.build.constant(start), self.build.constant(start + VLEN)
        for lane in range(VLEN):
            up = lane < half
            by = self.build.constant(lane if up else VLEN - lane)
            self.build.emit(ADD if up else SUBTRACT, made + lane, row if up else end, by)
        return made

    def take(self, r: int, vector: int) -> Buffer | None:
        """The vector's own for a round, until others come to it in turn."""
        buffers = self._of_round[r]
        return buffers[vector % len(buffers)] if buffers else None

    @property
    def period(self) -> int:
        """Vectors so far apart have the same buffers."""
        return lcm(*(len(buffers) for buffers in self._of_round.values() if buffers))

    def restore(self, forest: Forest, vector: int) -> None:
        """Store the rows back that they lie in: that is the end of the last vector's work."""
        self.build.origin = Origin("restore", vector=vector)
        for row in range(1, 2 + self.count if self.count else 1):
            start = VLEN * row
            operands = self.build.constant(start), forest.row(row)
            region = self.area if row == 1 else Region(start, start + VLEN)
            self.build.emit(VSTORE, *operands, region=region)

    @property
    def area(self) -> Region:
        """All words that may hold something else than nodes: row 1, where what is not wanted
        goes, comes last."""
        return Region(VLEN, (2 + self.count) * VLEN)


class Forest:
    """Nodes in scratch, loaded when first asked for."""

    def __init__(self, build: Builder, layout: Layout, header: int | None) -> None:
        """`header` is row 0, the header and the root, if it has been loaded."""
        self.build, self.layout = build, layout
        self.addresses: list[int] = []
        """Of rows, as far as there are any; others are constants."""
        self._rows: dict[int, int] = {} if header is None else {0: header}
        self._scalars: dict[tuple[int, bool], int] = {}
        self._broadcast: dict[tuple[int, bool], int] = {}

    def word(self, node: int) -> int:
        """A word of scratch that holds the node as it is in memory."""
        address = self.layout.nodes_at + node - 1
        row = address // VLEN
        if row or row in self._rows:
            return self.row(row) + address - self._start(row)
        if (node, False) not in self._scalars:
            word = self._scalars[node, False] = self.build.scalar("node")
            at = self.build.constant(address)
            self.build.emit(LOAD, word, at, region=Region(address, address + 1))
        return self._scalars[node, False]

    def row(self, row: int, region: Region | None = None) -> int:
        """The vector of a row's words; it is loaded in time for what happens to the region."""
        if row not in self._rows:
            start = self._start(row)
            exact = row < len(self.addresses) and start == VLEN * row
            address = self.addresses[row] if exact else self.build.constant(start)
            region = region or Region(start, start + VLEN)
            self._rows[row] = self.build.vload("nodes", address, region)
        return self._rows[row]

    def _start(self, row: int) -> int:
        """Where a row's vload begins; near the end of memory that is earlier."""
        return min(VLEN * row, self.layout.words - VLEN)

    def scalar(self, node: int, *, deferred: bool) -> int:
        """A word that holds the node, with the last hash constant in it if deferred."""
        if not deferred:
            return self.word(node)
        if (node, True) not in self._scalars:
            word = self._scalars[node, True] = self.build.scalar("node")
            self.build.emit(XOR, word, self.word(node), self.build.constant(LAST_CONSTANT))
        return self._scalars[node, True]

    def broadcast(self, node: int, *, deferred: bool) -> int:
        """A vector with the node in all lanes."""
        key = (node, deferred)
        if key not in self._broadcast:
            vector = self.build.vector("v_node")
            self.build.emit(BROADCAST, vector, self.scalar(node, deferred=deferred))
            self._broadcast[key] = vector
        return self._broadcast[key]


@dataclass(frozen=True)
class Block:
    """The blocks of a level: in memory from `start` on, `stride` words each.

    `shift` is how many words before a block its window begins.
    """

    level: int
    start: int
    stride: int
    shift: int

    @property
    def region(self) -> Region:
        return Region(self.start, self.start + (self.stride << self.level))

    @property
    def node(self) -> int:
        """The word of a window that holds the node; the children's follow."""
        return self.shift

    @property
    def right(self) -> int:
        return self.shift + 1

    @property
    def left(self) -> int:
        return self.shift + 2

    @property
    def both(self) -> int | None:
        """That of right ^ left, if there is one."""
        return self.shift + 3 if self.stride == MOST_WORDS else None

    @property
    def affine(self) -> tuple[int, int]:
        """(scale, offset) of the address of a window: scale*J + offset at its node's level."""
        last = (2 << self.level) - 1
        return -self.stride, self.start + self.stride * last - self.shift

    def words(self) -> Iterator[tuple[int, ...]]:
        """Word by word, the nodes whose xor lies there."""
        for node in range((2 << self.level) - 1, (1 << self.level) - 1, -1):
            left, right = 2 * node, 2 * node + 1
            yield from ((node,), (right,), (left,), (right, left))[: self.stride]


class Table:
    """The blocks of some levels in the memory words from `start` to `end`."""

    def __init__(self, start: int, end: int, levels: Iterable[int]) -> None:
        levels = sorted(levels)
        self.start, self.blocks = start, dict[int, Block]()
        spare = end - start - sum(FEWEST_WORDS << level for level in levels)
        for level in levels:
            more = min(spare >> level, MOST_WORDS - FEWEST_WORDS)
            spare -= more << level
            stride = FEWEST_WORDS + more
            last = start + (stride << level) - stride
            self.blocks[level] = Block(level, start, stride, max(0, last + VLEN - end))
            start = last + stride

    @property
    def words(self) -> int:
        return sum(block.stride << block.level for block in self.blocks.values())

    def store(self, build: Builder, forest: Forest, addresses: list[int]) -> None:
        """Lay the table out in scratch, word by word, and store it; one address a vector."""
        build.origin = Origin("table")
        image = [nodes for block in self.blocks.values() for nodes in block.words()]
        for number, address in enumerate(addresses):
            vector = build.vector("table")
            for lane, nodes in enumerate(image[VLEN * number : VLEN * (number + 1)]):
                self._emit_word(build, forest, vector + lane, nodes)
            start = self.start + VLEN * number
            build.emit(VSTORE, address, vector, region=Region(start, start + VLEN))

    @staticmethod
    def _emit_word(build: Builder, forest: Forest, word: int, nodes: tuple[int, ...]) -> None:
        operands = [forest.word(node) for node in nodes]
        if len(operands) == 1:
            operands.append(build.constant(LAST_CONSTANT))
        build.emit(XOR, word, *operands)
