"""The programs that are run. All are the same at every run."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

from kernels.catalog import build
from machine import Problem, Program
from machine.problem import HEADER_WORDS
from tests.inspect.mutations import mutants

SCALARS, VECTORS = 64, 100
OPS = ("+", "-", "*", "^", "&", "|", "<<", ">>", "<", "==")
LOOP_BUNDLES = 5_000_000


@cache
def dense() -> Program:
    """1,500 bundles of 19 slots (12 alu, 6 valu, 1 flow) on random words, no branch."""
    rng = Random(1)

    def word() -> int:
        return rng.randrange(SCALARS)

    def vector() -> int:
        return SCALARS + 8 * rng.randrange(VECTORS)

    def lanes() -> list[Any]:
        if rng.random() < 0.3:
            return ["multiply_add", vector(), vector(), vector(), vector()]
        return [rng.choice(OPS), vector(), vector(), vector()]

    bundles = [
        {
            "alu": [[rng.choice(OPS), word(), word(), word()] for _ in range(12)],
            "valu": [lanes() for _ in range(6)],
            "flow": [["add_imm", word(), word(), rng.randrange(2**32)]],
        }
        for _ in range(1500)
    ]
    return Program.from_bundles(bundles, problem=Problem())


@cache
def mixed(operations: int) -> Program:
    """1,500 bundles of 18 slots (12 alu, 6 valu) of so many operations, in which no slot meets what
    another writes."""
    rng = Random(1)
    ops = OPS[:operations]

    def slots(addresses: list[int], written: int) -> list[Any]:
        rng.shuffle(addresses)
        read = addresses[written:]
        return [
            [rng.choice(ops), dest, rng.choice(read), rng.choice(read)]
            for dest in addresses[:written]
        ]

    words = list(range(SCALARS))
    vectors = [SCALARS + 8 * vector for vector in range(VECTORS)]
    bundles = [{"alu": slots(words, 12), "valu": slots(vectors, 6)} for _ in range(1500)]
    return Program.from_bundles(bundles, problem=Problem())


@cache
def kernel() -> Program:
    """The bundled kernel at the standard size: some 1,000 bundles, most of them full."""
    return build()


@cache
def slower() -> Program:
    """The same without its tree in scratch, by another scheduler: some 1,800 bundles."""
    return build("treehash", "list", without=("tree-cache",))


@cache
def other() -> Program:
    """The bundled kernel by another scheduler."""
    return build("treehash", "list")


@cache
def wrong() -> Program:
    """The bundled kernel with one operand wrong."""
    return next(mutants(kernel(), 1)).program


@cache
def baseline() -> Program:
    """The scalar kernel, one operation a cycle: 147,734 cycles at the standard size."""
    return build("baseline", "serial")


@cache
def loop() -> Program:
    """A loop of 10 bundles, five million of which are executed: it sums up eight lanes of memory,
    with a scalar or two beside each vector."""
    count, one, at, values, total, word, flag = 0, 1, 2, 8, 16, 24, 25
    start = {"load": [["const", count, LOOP_BUNDLES // 10], ["const", one, 1]]}
    addresses = {"load": [["const", at, HEADER_WORDS]]}
    work: list[dict[str, Any]] = [
        {"load": [["vload", values, at]], "alu": [["+", word, word, one]]},
        {"valu": [["^", values, values, total]], "alu": [["<", flag, word, count]]},
        {"valu": [["+", total, total, values]], "alu": [["-", count, count, one]]},
        {"valu": [["<<", values, total, total]], "flow": [["add_imm", word, word, 3]]},
        {"valu": [["multiply_add", total, total, values, total]], "load": [["load", 26, at]]},
        {"valu": [["&", values, total, values]], "store": [["store", at, word]]},
        {"valu": [[">>", 32, total, values]], "alu": [["^", 27, word, flag]]},
        {"valu": [["|", total, total, values]], "alu": [["+", 28, 28, 27]]},
        {"store": [["vstore", at, total]], "flow": [["select", 29, flag, word, 28]]},
        {"valu": [["vbroadcast", 40, word]], "flow": [["cond_jump", count, 2]]},
    ]
    end = {"flow": [["halt"]]}
    return Program.from_bundles([start, addresses, *work, end], problem=Problem())


@cache
def counting() -> Program:
    """A loop of two bundles, executed a million times: it counts one word down, one up."""
    start = {"load": [["const", 0, 1_000_000], ["const", 1, 1]]}
    count = {"alu": [["-", 0, 0, 1], ["+", 2, 2, 1]]}
    return Program.from_bundles([start, count, {"flow": [["cond_jump", 0, 1]]}], memory=[0])
