"""The kernel to start from: scalar, every value through memory, nothing known but the header.

    setup     the 7 header words, from memory; the constants, once each; pause
    element   idx, val = mem[...]; node = mem[...]                     6 slots
              val = hash(val ^ node)                                  19
              idx = 2*idx + (1 if val is even else 2)                  5
              idx = 0 if idx >= n_nodes                                2
              mem[...] = idx, val                                      4

in the order round by round, element by element, with compares against the reference's values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from kernels.builder import Builder
from kernels.errors import BuildError
from kernels.ir import Code, Origin
from kernels.passes.load_constants import LoadConstants
from machine.isa import Opcode, opcode
from machine.problem import HASH_STAGES

if TYPE_CHECKING:
    from machine.problem import Problem

CONST, LOAD, STORE = opcode("load", "const"), opcode("load", "load"), opcode("store", "store")
SELECT, PAUSE = opcode("flow", "select"), opcode("flow", "pause")
HEADER = (
    "rounds",
    "n_nodes",
    "batch_size",
    "forest_height",
    "forest_values_p",
    "inp_indices_p",
    "inp_values_p",
)


def alu(name: str) -> Opcode:
    return opcode("alu", name)


ADD, MULTIPLY, REMAINDER, XOR = alu("+"), alu("*"), alu("%"), alu("^")
EQUAL, LESS = alu("=="), alu("<")


def compile_kernel(
    problem: Problem, _outputs: Sequence[str], without: Sequence[str], settings: Mapping[str, Any]
) -> Code:
    """The baseline with its constants loaded; it leaves both outputs right, claimed or not.

    It has nothing to switch off: any name is a BuildError.
    """
    for name in (*without, *settings):
        raise BuildError.unknown("pass or setting of baseline", name, ())
    return LoadConstants()(baseline(problem))


def baseline(problem: Problem) -> Code:
    """The operations of the baseline for these sizes."""
    kernel = _Baseline()
    kernel.load_header()
    kernel.pause()
    kernel.build.comment("Starting loop")
    for r in range(problem.rounds):
        for i in range(problem.batch_size):
            kernel.element(r, i)
    kernel.build.origin = Origin("end")
    kernel.pause()
    return kernel.build.code


class _Baseline:
    def __init__(self) -> None:
        self.build = build = Builder(pinned=True)
        self.tmp1, self.tmp2, self.tmp3 = map(build.scalar, ("tmp1", "tmp2", "tmp3"))
        self.header = {name: build.scalar(name) for name in HEADER}
        self.zero, self.one, self.two = map(build.constant, (0, 1, 2))
        self.idx, self.val = build.scalar("tmp_idx"), build.scalar("tmp_val")
        self.node_val, self.addr = build.scalar("tmp_node_val"), build.scalar("tmp_addr")
        self.stages = [
            (alu(s.op1), build.constant(s.c), alu(s.op2), alu(s.op3), build.constant(s.s))
            for s in HASH_STAGES
        ]

    def pause(self) -> None:
        self.build.emit(PAUSE)

    def load_header(self) -> None:
        for address, word in enumerate(self.header.values()):
            self.build.emit(CONST, self.tmp1, address)
            self.build.emit(LOAD, word, self.tmp1)

    def element(self, r: int, i: int) -> None:
        at = partial(Origin, round=r, element=i)
        self.load(at("load"), r, i)
        self.hash(r, i)
        self.index(at("index"), r, i)
        self.wrap(at("wrap"), r, i)
        self.store(at("store"), i)

    def load(self, origin: Origin, r: int, i: int) -> None:
        build, number = self.build, self.build.constant(i)
        build.origin = origin
        self.load_from(self.idx, self.header["inp_indices_p"], number)
        build.compare(self.idx, (r, i, "idx"))
        self.load_from(self.val, self.header["inp_values_p"], number)
        build.compare(self.val, (r, i, "val"))
        self.load_from(self.node_val, self.header["forest_values_p"], self.idx)
        build.compare(self.node_val, (r, i, "node_val"))

    def load_from(self, dest: int, start: int, number: int) -> None:
        self.build.emit(ADD, self.addr, start, number)
        self.build.emit(LOAD, dest, self.addr)

    def hash(self, r: int, i: int) -> None:
        build, val, tmp1, tmp2 = self.build, self.val, self.tmp1, self.tmp2
        build.origin = Origin("xor node", r, element=i)
        build.emit(XOR, val, val, self.node_val)
        for number, (op1, c, op2, op3, s) in enumerate(self.stages):
            build.origin = Origin(STAGE_NAMES[number], r, element=i)
            build.emit(op1, tmp1, val, c)
            build.emit(op3, tmp2, val, s)
            build.emit(op2, val, tmp1, tmp2)
            build.compare(val, (r, i, "hash_stage", number))
        build.compare(val, (r, i, "hashed_val"))

    def index(self, origin: Origin, r: int, i: int) -> None:
        build, idx, tmp1, tmp3 = self.build, self.idx, self.tmp1, self.tmp3
        build.origin = origin
        build.emit(REMAINDER, tmp1, self.val, self.two)
        build.emit(EQUAL, tmp1, tmp1, self.zero)
        build.emit(SELECT, tmp3, tmp1, self.one, self.two)
        build.emit(MULTIPLY, idx, idx, self.two)
        build.emit(ADD, idx, idx, tmp3)
        build.compare(idx, (r, i, "next_idx"))

    def wrap(self, origin: Origin, r: int, i: int) -> None:
        build, idx = self.build, self.idx
        build.origin = origin
        build.emit(LESS, self.tmp1, idx, self.header["n_nodes"])
        build.emit(SELECT, idx, self.tmp1, idx, self.zero)
        build.compare(idx, (r, i, "wrapped_idx"))

    def store(self, origin: Origin, i: int) -> None:
        build, number = self.build, self.build.constant(i)
        build.origin = origin
        for start, word in (("inp_indices_p", self.idx), ("inp_values_p", self.val)):
            build.emit(ADD, self.addr, self.header[start], number)
            build.emit(STORE, self.addr, word)


STAGE_NAMES = tuple(f"hash stage {number}" for number in range(len(HASH_STAGES)))
