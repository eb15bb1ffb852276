"""The kernel that the debugger shows: a batch of values walked down a tree, eight at a time.

    set-up    constants, the upper levels of the tree as vectors, the others' blocks in memory
    vector    value = vload
              a round:  node of the present position       select | block | gather
                        value = hash(value ^ node)         10 operations
                        bit = value & 1, one level down    or back to the root
              vstore

It reads nothing but nodes and values: sizes are fixed when it is built, indices start at 0, and
after `height + 1` rounds every walk is back at the root. It changes neither tree nor header.

What may be done in several ways is in `plan`; the simple forms that passes improve are written
here as the problem states them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from kernels.builder import Builder
from kernels.errors import BuildError
from kernels.forest import (
    BLOCKS,
    BUFFERED,
    LOWER,
    TOP,
    UPPER,
    Addresses,
    Block,
    Buffer,
    Buffers,
    Forest,
    Table,
)
from kernels.ir import Code, Origin, Region
from kernels.passes import Hook, Pass, run_passes
from kernels.passes.dead_code import DeadCode
from kernels.passes.hash_fusion import HashFusion
from kernels.passes.load_constants import LoadConstants
from kernels.passes.multiply_add import MultiplyAdd
from kernels.plan import TABLE_LEVELS, TABLE_WORDS, Modes, Plan
from kernels.position import Bit, Position
from machine.isa import VLEN, opcode
from machine.problem import HASH_STAGES

if TYPE_CHECKING:
    from machine.problem import Problem

BY_FLOW = range(4, 40, 2)
"""Which constants flow makes: it is idle at the start, when everything waits for loads."""
PASSES: tuple[Pass, ...] = (
    MultiplyAdd(),
    HashFusion(),
    DeadCode(),
    LoadConstants(BY_FLOW, by_alu=True),
)
OPTIONAL = tuple(step.name for step in PASSES[:2])
"""Passes that may be left out; the others tidy up, and are part of every build."""
STORE, VSTORE, LOAD = opcode("store", "store"), opcode("store", "vstore"), opcode("load", "load")
VCOMPARE = opcode("debug", "vcompare")
XOR, MULTIPLY = opcode("alu", "^"), opcode("alu", "*")
WINDOW_WORD = 6
"""The node with index J, counted from 1, is word 6 of the 8 from address J: nodes begin at 7."""
MAX_HEIGHT = 12
CHUNKS = (2 << TABLE_LEVELS[-1]) // VLEN
"""Vectors of nodes down to the last level that has its place in the table."""


def compile_plan(
    problem: Problem,
    plan: Plan,
    outputs: Sequence[str] = ("values",),
    without: Sequence[str] = (),
    hook: Hook | None = None,
) -> Code:
    """A plan's operations, all passes done; `hook` is shown them after each. Raises BuildError."""
    code = treehash(problem, plan, outputs)
    if hook:
        hook("treehash", code)
    return run_passes(PASSES, code, without, hook)


def treehash(problem: Problem, plan: Plan, outputs: Sequence[str] = ("values",)) -> Code:
    """The kernel as written, before any pass."""
    if not 1 <= problem.forest_height <= MAX_HEIGHT:
        height = problem.forest_height
        raise BuildError(f"treehash takes trees of height 1 to {MAX_HEIGHT}, not {height}")
    if problem.batch_size < 1:
        raise BuildError("treehash takes a batch of at least 1 element")
    return _Kernel(problem, plan, outputs).code()


class _Kernel:
    """What all vectors share."""

    def __init__(self, problem: Problem, plan: Plan, outputs: Sequence[str]) -> None:
        self.problem, self.plan, self.outputs = problem, plan, outputs
        self.layout = problem.layout
        self.height, self.rounds = problem.forest_height, problem.rounds
        self.build = Builder()
        self.build.code.alu_lanes = plan.alu_lanes
        self.batch = Batch(problem.batch_size)
        self.table: Table | None = None

    def code(self) -> Code:
        """Set-up, vectors, and loads and stores of values where they do not disturb others."""
        self.set_up()
        every = [_Vector(self, number) for number in range(len(self.batch.starts))]
        vectors = [every[number] for number in self.plan.only] or every
        if self.table:
            # The table lies where the values come from and go to.
            self.each(vectors, _Vector.load)
            self.table.store(self.build, self.forest, self.table_addresses, self.layout.words)
            self.each(vectors, _Vector.run)
            self.each(vectors, _Vector.store)
            return self.build.code
        for vector in vectors:
            end = vector.number + 1 + self.batch.overlaps(vector.number)
            self.each(every[vector.number : end], _Vector.load)
            vector.run()
            vector.store()
        return self.build.code

    @staticmethod
    def each(vectors: Sequence[_Vector], do: Callable[[_Vector], None]) -> None:
        for vector in vectors:
            do(vector)

    def set_up(self) -> None:
        self.build.origin = Origin("setup")
        addresses = Addresses(self.build)
        layout, starts = self.layout, self.batch.starts
        self.build.code.soon |= {layout.nodes_at, layout.values_at, VLEN}
        self.value_addresses = self.addresses_of(addresses, "value", layout.values_at)
        # The root is wanted first, before there are any runs.
        nodes = [self.build.constant(layout.nodes_at)]
        if self.plan.tables:
            nodes += addresses.run("node_address", layout.nodes_at, CHUNKS)[1:]
        self.forest = Forest(self.build, layout, nodes)
        if self.plan.tables:
            self.set_up_table(addresses)
        self.index_addresses = (
            self.addresses_of(addresses.again(), "index", layout.indices_at)
            if "indices" in self.outputs
            else [0] * len(starts)
        )
        self.build.code.constant(1, VLEN)

    def addresses_of(self, addresses: Addresses, name: str, start: int) -> list[int]:
        """By vector, a scalar with the address of its words in the area from `start` on."""
        full, starts = self.batch.full, self.batch.starts
        run = addresses.run(f"{name}_address", start, full)
        return run + [self.build.constant(start + at) for at in starts[full:]]

    def set_up_table(self, addresses: Addresses) -> None:
        layout = self.layout
        start, end = layout.indices_at, layout.indices_at + TABLE_WORDS
        modes = map(self.plan.modes_of, range(len(self.batch.starts)))
        self.table = Table(start, {word for mine in modes for word in self.words_read(mine)})
        self.table_addresses = addresses.run("table_address", start, TABLE_WORDS // VLEN)
        self.buffers = Buffers(addresses, Region(end, layout.words), BUFFERED)

    def words_read(self, modes: Modes) -> Iterator[tuple[Block, int]]:
        """The words of blocks that a vector of these modes reads."""
        short = self.last_level(self.rounds - 1) in _FROM_TOP
        for block in BLOCKS:
            whole = block is not TOP or (short and not modes.short)
            if whole or modes.level3_by_load:
                yield block, block.node
            if whole:
                yield block, block.right
                yield block, block.left if modes.by_store[block.kind] else block.both

    def level(self, r: int) -> int:
        """Of the tree, in round r: a walk is back at the root after `height + 1` rounds."""
        return r % (self.height + 1)

    def last_level(self, r: int) -> int:
        """The deepest level of the walk that round r is part of."""
        return min(self.height, self.level(r) + self.rounds - 1 - r)

    def source(self, r: int, modes: Modes) -> Callable[[_Vector], int]:
        """How the value is joined with its node in round r."""
        level, short = self.level(r), self.last_level(r) in _FROM_TOP
        if self.table and short and not modes.short and level in _FROM_TOP:
            return _FROM_TOP[level]
        if self.table and not short and modes.level3_by_load and level == 3:
            return _Vector.from_top_node
        if level < self.plan.tree_cache or (level == 4 and short and modes.short == 2):
            return _Vector.from_cache
        if self.table and level in _FROM_TABLE:
            return _FROM_TABLE[level]
        return _Vector.from_memory


class Batch:
    """The batch in vectors: the element at which each starts.

    The last one overlaps the one before where the batch is no multiple of 8. Below 8 elements
    the one vector begins before the values, with words that do not count.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.full = size // VLEN
        self.starts = [VLEN * k for k in range(self.full)]
        if size % VLEN:
            self.starts.append(size - VLEN)

    def overlaps(self, number: int) -> bool:
        """Whether the next vector shares elements with this one, which must not be stored yet."""
        return self.size % VLEN != 0 and number == self.full - 1

    def lanes(self, number: int) -> range:
        """Lanes of a vector that hold elements."""
        return range(max(0, -self.starts[number]), VLEN)


class _Vector:
    """Eight elements on their way through all rounds."""

    def __init__(self, kernel: _Kernel, number: int) -> None:
        self.kernel, self.build, self.number = kernel, kernel.build, number
        self.plan, self.modes = kernel.plan, kernel.plan.modes_of(number)
        self.first = kernel.batch.starts[number]
        self.value = -1
        self.deferred = False
        self.block: list[int] = []
        self.buffer: Buffer | None = None
        self.goes_on = False
        self.back_to_root()

    def back_to_root(self) -> None:
        self.position = Position(self.build)
        self.path: list[Bit] = []

    def at(self, stage: str, r: int | None = None) -> None:
        level = None if r is None else self.kernel.level(r)
        self.build.origin = Origin(stage, r, level, self.number)

    def words(self, area: int) -> Region:
        return Region(area + self.first, area + self.first + VLEN)

    def load(self) -> None:
        if self.value < 0:
            self.at("load")
            address = self.kernel.value_addresses[self.number]
            self.value = self.build.vload(
                "value", address, self.words(self.kernel.layout.values_at)
            )

    def run(self) -> None:
        for r in range(self.kernel.rounds):
            self.round(r)

    def round(self, r: int) -> None:
        self.goes_on = self.kernel.level(r) < self.kernel.last_level(r)
        self.at("node", r)
        self.value = self.kernel.source(r, self.modes)(self)
        self.hash(r)
        self.descend(r)

    def hash(self, r: int) -> None:
        for number, (op1, c, op2, op3, s) in enumerate(_STAGES[:-1]):
            self.at(f"hash stage {number}", r)
            self.value = self.stage(op1, c, op2, op3, s)
        self.at(f"hash stage {len(_STAGES) - 1}", r)
        op1, c, op2, op3, s = _STAGES[-1]
        self.deferred = not self.needs_true_value(r)
        if self.deferred:
            shifted = self.build.valu(op3, "shifted", self.value, self.build.constant(s, VLEN))
            self.value = self.build.valu(op2, "value", self.value, shifted)
        else:
            self.value = self.stage(op1, c, op2, op3, s)
            self.compare(r)

    def stage(self, op1: str, c: int, op2: str, op3: str, s: int) -> int:
        build, value = self.build, self.value
        left = build.valu(op1, "mixed", value, build.constant(c, VLEN))
        right = build.valu(op3, "shifted", value, build.constant(s, VLEN))
        return build.valu(op2, "value", left, right)

    def needs_true_value(self, r: int) -> bool:
        """Whether the last hash constant cannot wait for the next node."""
        last = r + 1 == self.kernel.rounds
        return (
            last
            or not self.plan.deferred_xor
            or self.kernel.source(r + 1, self.modes) is _Vector.from_memory
        )

    def compare(self, r: int) -> None:
        if self.first >= 0:
            keys = [(r, self.first + lane, "hashed_val") for lane in range(VLEN)]
            self.build.emit(VCOMPARE, self.value, keys)

    def descend(self, r: int) -> None:
        self.at("descend", r)
        if self.kernel.level(r) == self.kernel.height:
            self.back_to_root()
            return
        parity = self.build.valu("&", "bit", self.value, self.build.constant(1, VLEN))
        bit = Bit(parity, self.deferred)
        self.path.append(bit)
        self.position.descend(bit)

    def mixed_with(self, node: int) -> int:
        return self.build.valu("^", "value", self.value, node)

    # The node, from the cache.

    def from_cache(self) -> int:
        return self.mixed_with(self.cached_node())

    def cached_node(self) -> int:
        level = len(self.path)
        if level == 1 and self.modes.level1_by_valu and self.deferred:
            return self.node_by_difference(self.path[0])
        nodes = range(1 << level, 2 << level)
        choices = [self.kernel.forest.broadcast(node, deferred=self.deferred) for node in nodes]
        # The oldest bit halves first: of its two halves' nodes it takes one each.
        for bit in self.path:
            half = len(choices) // 2
            choices = [
                self.choose(bit, left, right)
                for left, right in zip(choices[:half], choices[half:], strict=True)
            ]
        return choices[0]

    def choose(self, bit: Bit, left: int, right: int) -> int:
        """The right one where the parity is odd."""
        a, b = (left, right) if bit.mirrored else (right, left)
        return self.build.select("node", bit.vector, a, b)

    def node_by_difference(self, bit: Bit) -> int:
        forest, build = self.kernel.forest, self.build
        if bit.mirrored:
            base, step = forest.broadcast(3, deferred=True), forest.difference(2, 3)
        else:
            base, step = forest.broadcast(2, deferred=True), forest.difference(3, 2)
        return build.valu("multiply_add", "node", bit.vector, step, base)

    # The node, straight from memory.

    def from_memory(self) -> int:
        layout = self.kernel.layout
        # A window's last word may be an index, but nobody looks at it.
        region = Region(layout.nodes.start, layout.nodes.stop)
        if not self.plan.window_loads:
            return self.mixed_with(self.gathered(region))
        address = self.position.reach("index", 1, 0, selected=self.modes.index)
        windows = [self.build.vload("window", address + k, region) for k in range(VLEN)]
        return self.mixed_with_lanes([window + WINDOW_WORD for window in windows])

    def gathered(self, region: Region) -> int:
        address = self.position.reach("address", 1, WINDOW_WORD)
        node = self.build.vector("node")
        for lane in range(VLEN):
            self.build.emit(LOAD, node + lane, address + lane, region=region)
        return node

    def mixed_with_lanes(self, words: Sequence[int]) -> int:
        mixed = self.build.vector("value")
        for lane, word in enumerate(words):
            self.build.emit(XOR, mixed + lane, self.value + lane, word)
        return mixed

    # The node, from a block of the table.

    def from_top_block(self) -> int:
        return self.from_block(TOP, self.modes.address3)

    def from_upper_block(self) -> int:
        return self.from_block(UPPER, self.modes.address4)

    def from_lower_block(self) -> int:
        return self.from_block(LOWER, 2 * self.modes.address6_by_flow)

    def from_top_node(self) -> int:
        return self.from_block(TOP, self.modes.passing3, children=False)

    def from_block(self, block: Block, selected: int, *, children: bool = True) -> int:
        assert self.deferred
        table = self.kernel.table
        assert table
        scale, offset = table.affine(block)
        address = self.position.reach("block_address", scale, offset, selected=selected)
        region = table.region(block)
        self.block = [self.build.vload("block", address + k, region) for k in range(VLEN)]
        self.buffer = None
        if children and self.goes_on and self.modes.by_store[block.kind]:
            self.buffer = self.kernel.buffers.take(block.kind, self.number)
            self.store_children(block.right, self.buffer.addresses)
        return self.mixed_with_lanes([words + block.node for words in self.block])

    def from_top_child(self) -> int:
        return self.from_child(TOP)

    def from_upper_child(self) -> int:
        return self.from_child(UPPER)

    def from_lower_child(self) -> int:
        return self.from_child(LOWER)

    def from_child(self, block: Block) -> int:
        """By way of memory, or lane by lane."""
        bit = self.path[-1]
        assert bit.mirrored
        if not self.buffer:
            return self.from_child_by_lanes(block)
        # The right ones are there; a left one goes over it, or where nobody reads.
        addresses = self.buffer.addresses
        places = self.build.select(
            "places", bit.vector, addresses, self.kernel.buffers.nowhere_address
        )
        self.store_children(block.left, places)
        return self.mixed_with(self.build.vload("children", addresses, self.buffer.region))

    def store_children(self, offset: int, places: int) -> None:
        assert self.buffer
        for lane, words in enumerate(self.block):
            region = self.buffer.word(lane)
            self.build.emit(STORE, places + lane, words + offset, region=region)

    def from_child_by_lanes(self, block: Block) -> int:
        """right ^ (right ^ left) where the bit is 1, that is mirrored: where it goes left."""
        turned = self.build.vector("turned")
        bit = self.path[-1].vector
        for lane, words in enumerate(self.block):
            self.build.emit(MULTIPLY, turned + lane, bit + lane, words + block.both)
        mixed = self.mixed_with_lanes([words + block.right for words in self.block])
        return self.build.valu("^", "value", mixed, turned)

    # The end.

    def store(self) -> None:
        layout = self.kernel.layout
        self.at("store")
        self.store_words(self.value, layout.values_at, self.kernel.value_addresses)
        if "indices" in self.kernel.outputs:
            # Counted from 0.
            index = self.position.reach("index", 1, -1, selected=self.modes.final)
            self.store_words(index, layout.indices_at, self.kernel.index_addresses)

    def store_words(self, vector: int, area: int, addresses: list[int]) -> None:
        lanes = self.kernel.batch.lanes(self.number)
        if len(lanes) == VLEN:
            region = self.words(area)
            if self.kernel.table and region.meets(self.kernel.buffers.nowhere):
                region = self.kernel.buffers.area
            self.build.emit(VSTORE, addresses[self.number], vector, region=region)
            return
        for lane in lanes:
            at = area + self.first + lane
            address = self.build.constant(at)
            self.build.emit(STORE, address, vector + lane, region=Region(at, at + 1))


_FROM_TOP = {3: _Vector.from_top_block, 4: _Vector.from_top_child}
_FROM_TABLE = {
    4: _Vector.from_upper_block,
    5: _Vector.from_upper_child,
    6: _Vector.from_lower_block,
    7: _Vector.from_lower_child,
}
_STAGES = tuple((s.op1, s.c, s.op2, s.op3, s.s) for s in HASH_STAGES)
