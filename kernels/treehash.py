"""The kernel that the debugger shows: a batch of values walked down a tree, eight at a time.

    set-up    constants, the upper levels of the tree as vectors, the others' blocks in memory
    vector    value = vload
              a round:  node of the present position       select | block | gather
                        value = hash(value ^ node)         10 operations
                        bit = value & 1, one level down    or back to the root
              vstore

It reads nodes, values and what it knows of the header: sizes are fixed when it is built, indices
start at 0, and after `height + 1` rounds every walk is back at the root. Tree and header are at the
end as they were.

What may be done in several ways is in `plan`; the simple forms that passes improve are written
here as the problem states them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from kernels.builder import Builder
from kernels.errors import BuildError
from kernels.forest import (
    LAST_CONSTANT,
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
from kernels.passes.load_constants import KNOWN, LoadConstants
from kernels.passes.multiply_add import MultiplyAdd
from kernels.plan import (
    LANES,
    LONG,
    REMAINDER,
    SELECTS,
    SHORT,
    SHORT_BLOCK,
    STORES,
    Plan,
)
from kernels.position import Bit, Position
from machine.isa import VLEN, Opcode, opcode
from machine.problem import HASH_STAGES

if TYPE_CHECKING:
    from machine.problem import Problem

PASSES: tuple[Pass, ...] = (
    MultiplyAdd(),
    HashFusion(),
    DeadCode(),
    LoadConstants(by_alu=True),
)
OPTIONAL = tuple(step.name for step in PASSES[:2])
"""Passes that may be left out; the others tidy up, and are part of every build."""
STORE, VSTORE, LOAD = opcode("store", "store"), opcode("store", "vstore"), opcode("load", "load")
VCOMPARE = opcode("debug", "vcompare")
XOR, MULTIPLY = opcode("alu", "^"), opcode("alu", "*")
SELECT = opcode("flow", "select")
WINDOW_WORD = 6
"""The node with index J, counted from 1, is word 6 of the 8 from address J: nodes begin at 7."""
FEWEST_BUFFERS = 2
REMAINDER_BITS = 2
"""Bits by flow where a remainder is asked for and cannot be had."""
MAX_HEIGHT = 12


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
        self.build.code.alu_reserve = plan.alu_reserve
        self.batch = Batch(problem.batch_size)
        self.table: Table | None = None

    def code(self) -> Code:
        """Set-up, vectors, and loads and stores of values where they do not disturb others."""
        self.set_up()
        every = [_Vector(self, number) for number in range(len(self.batch.starts))]
        vectors = [every[number] for number in self.plan.only] or every
        if self.table:
            self.build.code.period = self.buffers.period
            # The table lies where the values come from and go to.
            self.each(vectors, _Vector.load)
            if not self.plan.bare:
                self.table.store(self.build, self.forest, self.table_addresses)
            self.each(vectors, _Vector.run)
            self.each(vectors, _Vector.store)
            if every[-1] in vectors:
                self.buffers.restore(self.forest, every[-1].number)
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
        rows, header = self.set_up_known()
        self.build.origin = Origin("setup")
        addresses = Addresses(self.build, rows, single=self.plan.single_lanes)
        layout, starts = self.layout, self.batch.starts
        self.build.code.soon |= {layout.nodes_at, layout.values_at, VLEN}
        self.value_addresses = self.addresses_of(addresses, "value", layout.values_at)
        self.forest = Forest(self.build, layout, header)
        if levels := self.levels_in_blocks():
            self.build.code.busy_loads = True
            self.set_up_table(addresses, rows, levels)
        self.index_addresses = (
            self.addresses_of(addresses.again(), "index", layout.indices_at)
            if "indices" in self.outputs
            else [0] * len(starts)
        )
        self.build.code.constant(1, VLEN)

    def set_up_known(self) -> tuple[int, int | None]:
        """A vector for 0, 8, … 56 and the one of the header, if that is read."""
        build, code = self.build, self.build.code
        rows = code.new_register("rows", VLEN, pinned=True)
        code.zeros.add(rows)
        code.known[0] = rows
        code.placed = {VLEN * lane: rows + lane for lane in range(1, VLEN)}
        if not self.plan.header_constants:
            return rows, None
        build.origin = Origin(KNOWN)
        header = build.vload("header", rows, Region(0, VLEN))
        for lane, value in enumerate(self.layout.header):
            code.known.setdefault(value, header + lane)
        return rows, header

    def addresses_of(self, addresses: Addresses, name: str, start: int) -> list[int]:
        """By vector, a scalar with the address of its words in the area from `start` on."""
        full, starts = self.batch.full, self.batch.starts
        run = addresses.run(f"{name}_address", start, full)
        return run + [self.build.constant(start + at) for at in starts[full:]]

    def set_up_table(self, addresses: Addresses, rows: int, levels: set[int]) -> None:
        layout = self.layout
        self.table = Table(layout.indices_at, layout.words, levels)
        last_row = (layout.nodes_at + (4 << max(levels)) - 2) // VLEN
        self.forest.addresses = addresses.run("node_address", 0, 1 + last_row)
        vectors = self.table.words // VLEN
        self.table_addresses = addresses.run("table_address", layout.indices_at, vectors)
        below = [self.level(r) for r in range(self.rounds) if self.is_from_memory(r)]
        rows_above = min((1 << level for level in below), default=layout.words) // VLEN
        # Rows 0 and 1 are no buffers, nor is one that ends in the area behind the forest.
        whole = min(layout.indices_at // VLEN, 1 + last_row) - 2
        count = min(self.plan.forest_buffers, whole, rows_above - 2)
        count = count if count >= FEWEST_BUFFERS else 0
        rounds, single = self.rounds_with_children(self.table), self.plan.single_lanes
        self.buffers = Buffers(self.build, rows, count, rounds, single=single)
        # Loaded here, and not where somebody happens to want them first.
        self.forest.row(1, self.buffers.area)
        for row in range(2, (count + 1 if self.plan.bare else last_row) + 1):
            self.forest.row(row)

    def level(self, r: int) -> int:
        """Of the tree, in round r: a walk is back at the root after `height + 1` rounds."""
        return r % (self.height + 1)

    def last_level(self, r: int) -> int:
        """The deepest level of the walk that round r is part of."""
        return min(self.height, self.level(r) + self.rounds - 1 - r)

    def blocks(self, r: int) -> Mapping[int, str]:
        """The levels at which the walk of round r reads blocks, named as in VectorChoices."""
        if self.last_level(r) in (SHORT_BLOCK, SHORT_BLOCK + 1):
            return {SHORT_BLOCK: SHORT} if self.plan.blocks else {}
        return dict(zip(self.plan.blocks, LONG, strict=False))

    def levels_in_blocks(self) -> set[int]:
        """The levels at which some walk reads blocks."""
        every = range(self.rounds)
        return {self.level(r) for r in every if self.source(r) is _Vector.from_block}

    def rounds_with_children(self, table: Table) -> list[int]:
        """The rounds before a child of a block is read, first those where nothing tells apart."""
        rounds = [r for r in range(self.rounds - 1) if self.source(r + 1) is _Vector.from_child]
        return sorted(rounds, key=lambda r: table.blocks[self.level(r)].both is not None)

    def source(self, r: int) -> Callable[[_Vector, int], int]:
        """How the value is joined with its node in round r."""
        level, blocks = self.level(r), self.blocks(r)
        if level in blocks:
            return _Vector.from_block
        if level - 1 in blocks:
            return _Vector.from_child
        return _Vector.from_cache if level < self.plan.tree_cache else _Vector.from_memory

    def index_offset(self, r: int) -> int:
        """What is added to the index J of a node that is read from memory.

        The last level's is J + 6, which is the node's address: no window is wanted. The one before
        has half of it, so that it costs nothing to double. Further up that does not go on.
        """
        if not self.plan.window_loads:
            return WINDOW_WORD
        rest = self.last_level(r) - self.level(r)
        first = r - sum(1 for _ in takewhile(self.is_from_memory, range(r - 1, -1, -1)))
        levels = self.last_level(r) - self.level(first) + 1
        return WINDOW_WORD >> rest if self.plan.exact_leaves and levels <= 2 else 0

    def is_from_memory(self, r: int) -> bool:
        return self.source(r) is _Vector.from_memory


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
        self.block: Block | None = None
        self.windows: list[int] = []
        self.child = LANES
        self.buffer: Buffer | None = None
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
        self.at("node", r)
        self.value = self.kernel.source(r)(self, r)
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
            shifted = self.build.make(op3, "shifted", self.value, self.build.constant(s, VLEN))
            self.value = self.build.make(op2, "value", self.value, shifted)
        else:
            self.value = self.stage(op1, c, op2, op3, s)
            self.compare(r)

    def stage(self, op1: Opcode, c: int, op2: Opcode, op3: Opcode, s: int) -> int:
        build, value = self.build, self.value
        if c == LAST_CONSTANT and self.plan.scalar_operands:
            left = self.mixed_with_scalar(build.constant(c))
        else:
            left = build.make(op1, "mixed", value, build.constant(c, VLEN))
        right = build.make(op3, "shifted", value, build.constant(s, VLEN))
        return build.make(op2, "value", left, right)

    def needs_true_value(self, r: int) -> bool:
        """Whether the last hash constant cannot wait for the next node."""
        last = r + 1 == self.kernel.rounds
        return last or not self.plan.deferred_xor or self.kernel.is_from_memory(r + 1)

    def compare(self, r: int) -> None:
        if self.first >= 0:
            keys = tuple((r, self.first + lane, "hashed_val") for lane in range(VLEN))
            self.build.emit(VCOMPARE, self.value, keys)

    def descend(self, r: int) -> None:
        self.at("descend", r)
        if self.kernel.level(r) == self.kernel.height:
            self.back_to_root()
            return
        parity = self.build.valu("&", "bit", self.value, self.build.constant(1, VLEN))
        bit = Bit(parity, self.deferred, self.value)
        self.path.append(bit)
        self.position.descend(bit)

    def mixed_with(self, node: int) -> int:
        return self.build.valu("^", "value", self.value, node)

    def mixed_with_scalar(self, word: int) -> int:
        return self.mixed_with_lanes([word] * VLEN)

    def mixed_with_lanes(self, words: Sequence[int]) -> int:
        mixed = self.build.vector("value")
        for lane, word in enumerate(words):
            self.build.emit(XOR, mixed + lane, self.value + lane, word)
        return mixed

    # The node, from the cache.

    def from_cache(self, _: int) -> int:
        if self.deferred and not self.path and self.plan.scalar_operands:
            return self.mixed_with_scalar(self.kernel.forest.scalar(1, deferred=True))
        return self.mixed_with(self.cached_node())

    def cached_node(self) -> int:
        level = len(self.path)
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

    # The node, straight from memory.

    def from_memory(self, r: int) -> int:
        offset = self.kernel.index_offset(r)
        index = self.position.reach("index", 1, offset, selected=self.modes.index)
        level, word = self.kernel.level(r), WINDOW_WORD - offset
        # Windows reach past the nodes of the level, but nobody looks there.
        region = Region((1 << level) + WINDOW_WORD, (2 << level) + WINDOW_WORD)
        if not word:
            return self.mixed_with(self.gathered(index, region))
        windows = [self.build.vload("window", index + lane, region) for lane in range(VLEN)]
        return self.mixed_with_lanes([window + word for window in windows])

    def gathered(self, address: int, region: Region) -> int:
        node = self.build.vector("node")
        for lane in range(VLEN):
            self.build.emit(LOAD, node + lane, address + lane, region=region)
        return node

    # The node, from a block of the table.

    def from_block(self, r: int) -> int:
        level = self.kernel.level(r)
        name = self.kernel.blocks(r)[level]
        table = self.kernel.table
        assert table
        block = table.blocks[level]
        address = self.address_of(block, self.modes.address(name))
        self.windows = [self.build.vload("block", address + k, block.region) for k in range(VLEN)]
        self.block, self.buffer = block, None
        if level < self.kernel.last_level(r):
            self.choose_way(r, self.modes.child(name))
        return self.mixed_with_lanes([words + block.node for words in self.windows])

    def address_of(self, block: Block, bits: int) -> int:
        scale, offset = block.affine
        if bits != REMAINDER:
            return self.position.reach("block_address", scale, offset, selected=bits)
        if self.plan.remainders and block.level == SHORT_BLOCK:
            return self.position.reach_by_remainder("block_address", scale, offset)
        return self.position.reach("block_address", scale, offset, selected=REMAINDER_BITS)

    def choose_way(self, r: int, asked: int) -> None:
        """How the child is chosen, as far as that can be had; the right ones may be stored now."""
        self.child = LANES
        if asked == SELECTS and self.plan.scalar_selects:
            self.child = SELECTS
        if asked == STORES and self.plan.store_selects:
            self.buffer = self.kernel.buffers.take(r, self.number)
        if self.buffer and self.block:
            self.child = STORES
            self.store_children(self.block.right, self.buffer.addresses)

    def from_child(self, _: int) -> int:
        """By way of memory, by flow, or lane by lane."""
        bit, block = self.path[-1], self.block
        assert bit.mirrored
        assert block
        if self.child == STORES:
            return self.mixed_with(self.child_by_stores(bit, block))
        if self.child == SELECTS:
            return self.mixed_with(self.child_by_selects(bit, block))
        return self.mixed_by_lanes(bit, block)

    def child_by_stores(self, bit: Bit, block: Block) -> int:
        """The right ones are there; a left one goes over it, or where nobody reads."""
        assert self.buffer
        addresses, nowhere = self.buffer.addresses, self.kernel.buffers.nowhere
        places = self.build.select("places", bit.vector, addresses, nowhere)
        self.store_children(block.left, places)
        return self.build.vload("children", addresses, self.buffer.region)

    def store_children(self, offset: int, places: int) -> None:
        assert self.buffer
        for lane, words in enumerate(self.windows):
            region = self.buffer.word(lane)
            self.build.emit(STORE, places + lane, words + offset, region=region)

    def child_by_selects(self, bit: Bit, block: Block) -> int:
        child = self.build.vector("child")
        for lane, words in enumerate(self.windows):
            operands = (child + lane, bit.vector + lane, words + block.left, words + block.right)
            self.build.emit(SELECT, *operands)
        return child

    def mixed_by_lanes(self, bit: Bit, block: Block) -> int:
        """right ^ (right ^ left) where the bit is 1, that is mirrored: where it goes left."""
        turned = self.build.vector("turned")
        for lane, both in enumerate(self.both_children(block)):
            self.build.emit(MULTIPLY, turned + lane, bit.vector + lane, both)
        mixed = self.mixed_with_lanes([words + block.right for words in self.windows])
        return self.build.valu("^", "value", mixed, turned)

    def both_children(self, block: Block) -> list[int]:
        """By lane, a word that holds right ^ left."""
        if block.both is not None:
            return [words + block.both for words in self.windows]
        both = self.build.vector("both")
        for lane, words in enumerate(self.windows):
            self.build.emit(XOR, both + lane, words + block.right, words + block.left)
        return [both + lane for lane in range(VLEN)]

    # The end.

    def store(self) -> None:
        layout = self.kernel.layout
        self.at("store")
        self.store_words(self.value, layout.values_at, self.kernel.value_addresses)
        if "indices" in self.kernel.outputs:
            self.at("index")
            from_zero = -1
            index = self.position.reach("index", 1, from_zero, selected=self.modes.final)
            self.at("store")
            self.store_words(index, layout.indices_at, self.kernel.index_addresses)

    def store_words(self, vector: int, area: int, addresses: list[int]) -> None:
        lanes = self.kernel.batch.lanes(self.number)
        if len(lanes) == VLEN:
            self.build.emit(VSTORE, addresses[self.number], vector, region=self.words(area))
            return
        for lane in lanes:
            at = area + self.first + lane
            address = self.build.constant(at)
            self.build.emit(STORE, address, vector + lane, region=Region(at, at + 1))


def _valu(name: str) -> Opcode:
    return opcode("valu", name)


_STAGES = tuple((_valu(s.op1), s.c, _valu(s.op2), _valu(s.op3), s.s) for s in HASH_STAGES)
