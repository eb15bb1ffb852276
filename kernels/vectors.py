"""The first steps from the baseline: eight elements at a time, and then one thing after another.

    setup     header and constants, as vectors where vectors are worked with
    vector    idx, val = mem[...]                    each round; once, with scratch-state
              node = 8 loads                         from the addresses idx + start
              val = hash(val ^ node)                 19 slots, as in the baseline
              idx = 2*idx + (1 if val is even else 2), 0 if idx >= n_nodes
              mem[...] = idx, val                    each round; once, with scratch-state

It is the baseline's code with v in front. `treehash` goes on from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kernels.baseline import HEADER, STAGE_NAMES
from kernels.builder import Builder
from kernels.errors import BuildError
from kernels.ir import Code, Origin, Region
from kernels.passes.load_constants import LoadConstants
from machine.isa import VLEN, Opcode, opcode
from machine.problem import HASH_STAGES

if TYPE_CHECKING:
    from machine.problem import Problem

CONST, LOAD, VLOAD = opcode("load", "const"), opcode("load", "load"), opcode("load", "vload")
VSTORE, SELECT = opcode("store", "vstore"), opcode("flow", "vselect")
ADD, BROADCAST = opcode("alu", "+"), opcode("valu", "vbroadcast")
MULTIPLY_ADD, VCOMPARE = opcode("valu", "multiply_add"), opcode("debug", "vcompare")
STEPS = {
    "scratch-state": "indices and values stay in scratch from the first round to the last",
    "known-sizes": "sizes are known: nothing is read from the header, addresses are constants",
    "index-arithmetic": "2*idx + 1 + (val & 1) by multiply_add; the wrap decided at build time",
}
"""What may be left out -> a line of help."""


def compile_kernel(
    problem: Problem, _outputs: Sequence[str], without: Sequence[str], settings: Mapping[str, Any]
) -> Code:
    """The kernel with its constants loaded; both outputs are right, claimed or not.

    Raises BuildError for a name that is no step, and for a batch that is no multiple of 8.
    """
    for name in without:
        if name not in STEPS:
            raise BuildError.unknown("step of vectors", name, STEPS)
    for name in settings:
        raise BuildError.unknown("setting of vectors", name, ())
    if problem.batch_size % VLEN:
        raise BuildError(f"vectors takes batches that are multiples of {VLEN}")
    return LoadConstants()(_Vectors(problem, frozenset(STEPS) - set(without)).code())


def valu(name: str) -> Opcode:
    return opcode("valu", name)


class _Vectors:
    def __init__(self, problem: Problem, steps: frozenset[str]) -> None:
        self.problem, self.steps = problem, steps
        self.layout = problem.layout
        self.build = build = Builder(pinned=True)
        self.address = build.scalar("tmp_addr")
        self.tmp1, self.tmp2, self.tmp3, self.node, self.addresses = (
            build.vector(name) for name in ("tmp1", "tmp2", "tmp3", "node_val", "node_addr")
        )
        self.header = {} if "known-sizes" in steps else self._load_header()
        self.nodes_at = self._spread("forest_values_p", self.layout.nodes_at)
        self.n_nodes = self._spread("n_nodes", self.layout.n_nodes)
        self.zero, self.one, self.two = (build.constant(n, VLEN) for n in (0, 1, 2))
        own = range(problem.batch_size // VLEN) if "scratch-state" in steps else range(1)
        self.idx = [build.vector(f"idx{number}") for number in own]
        self.val = [build.vector(f"val{number}") for number in own]

    def _load_header(self) -> dict[str, int]:
        tmp = self.build.scalar("tmp_header")
        header = {name: self.build.scalar(name) for name in HEADER}
        for address, word in enumerate(header.values()):
            self.build.emit(CONST, tmp, address)
            self.build.emit(LOAD, word, tmp, region=Region(0, len(HEADER)))
        return header

    def _spread(self, name: str, known: int) -> int:
        """A vector of a word of the header."""
        if not self.header:
            return self.build.constant(known, VLEN)
        vector = self.build.vector(f"v_{name}")
        self.build.emit(BROADCAST, vector, self.header[name])
        return vector

    def code(self) -> Code:
        starts = range(0, self.problem.batch_size, VLEN)
        stays = "scratch-state" in self.steps
        if stays:
            for start in starts:
                self.move(VLOAD, start)
        for r in range(self.problem.rounds):
            for start in starts:
                self.round(r, start, stays)
        if stays:
            for start in starts:
                self.move(VSTORE, start)
        return self.build.code

    def round(self, r: int, start: int, stays: bool) -> None:
        if not stays:
            self.move(VLOAD, start, r)
        self.hash(r, start)
        self.index(r, start)
        if not stays:
            self.move(VSTORE, start, r)

    def at(self, stage: str, start: int, r: int | None = None) -> tuple[int, int]:
        """Say where what follows comes from; the index and the value that are worked on."""
        level = None if r is None else r % (self.problem.forest_height + 1)
        self.build.origin = Origin(stage, r, level, start // VLEN)
        own = start // VLEN % len(self.idx)
        return self.idx[own], self.val[own]

    def move(self, row: Opcode, start: int, r: int | None = None) -> None:
        """The index and the value from memory or to it."""
        idx, val = self.at("load" if row is VLOAD else "store", start, r)
        areas = ("inp_indices_p", self.layout.indices_at), ("inp_values_p", self.layout.values_at)
        for (name, area), word in zip(areas, (idx, val), strict=True):
            address = self.address_of(name, area, start)
            operands = (word, address) if row is VLOAD else (address, word)
            first = area + start
            self.build.emit(row, *operands, region=Region(first, first + VLEN))

    def address_of(self, name: str, area: int, start: int) -> int:
        if not self.header:
            return self.build.constant(area + start)
        self.build.emit(ADD, self.address, self.header[name], self.build.constant(start))
        return self.address

    def hash(self, r: int, start: int) -> None:
        build, region = self.build, Region(self.layout.nodes.start, self.layout.nodes.stop)
        idx, val = self.at("node", start, r)
        build.emit(valu("+"), self.addresses, idx, self.nodes_at)
        for lane in range(VLEN):
            build.emit(LOAD, self.node + lane, self.addresses + lane, region=region)
        build.emit(valu("^"), val, val, self.node)
        for name, stage in zip(STAGE_NAMES, HASH_STAGES, strict=True):
            self.at(name, start, r)
            build.emit(valu(stage.op1), self.tmp1, val, build.constant(stage.c, VLEN))
            build.emit(valu(stage.op3), self.tmp2, val, build.constant(stage.s, VLEN))
            build.emit(valu(stage.op2), val, self.tmp1, self.tmp2)
        keys = tuple((r, start + lane, "hashed_val") for lane in range(VLEN))
        build.emit(VCOMPARE, val, keys)

    def index(self, r: int, start: int) -> None:
        idx, val = self.at("index", start, r)
        if "index-arithmetic" in self.steps:
            self.index_by_arithmetic(r, idx, val)
            return
        build, tmp1, tmp3 = self.build, self.tmp1, self.tmp3
        build.emit(valu("%"), tmp1, val, self.two)
        build.emit(valu("=="), tmp1, tmp1, self.zero)
        build.emit(SELECT, tmp3, tmp1, self.one, self.two)
        build.emit(valu("*"), idx, idx, self.two)
        build.emit(valu("+"), idx, idx, tmp3)
        build.emit(valu("<"), tmp1, idx, self.n_nodes)
        build.emit(SELECT, idx, tmp1, idx, self.zero)

    def index_by_arithmetic(self, r: int, idx: int, val: int) -> None:
        build, tmp1 = self.build, self.tmp1
        if r % (self.problem.forest_height + 1) == self.problem.forest_height:
            build.emit(valu("^"), idx, idx, idx)  # below the leaves comes the root, with index 0
            return
        build.emit(valu("&"), tmp1, val, self.one)
        build.emit(valu("+"), tmp1, tmp1, self.one)
        build.emit(MULTIPLY_ADD, idx, idx, self.two, tmp1)
