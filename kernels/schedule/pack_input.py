"""Operations as flat arrays of integers: all that the inner loop of `list` looks at.

Made once for a list of operations, then packed as often as one likes under other priorities. A
compiled inner loop takes the very same arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import chain, dropwhile

from kernels.analysis.dependences import Graph, dependences
from kernels.ir import Code, splittable
from machine.access import READ, WRITTEN
from machine.isa import OPCODES, SCRATCH_SIZE, VLEN, Opcode


class Kind(IntEnum):
    """What an operation competes for."""

    FLOW = 0
    LOAD = 1
    STORE = 2
    ALU = 3
    VALU = 4
    SPLITTABLE = 5
    """A valu slot, or 8 alu slots in one cycle or two."""
    JOIN = 6
    """Nothing; it stands for others (see `analysis.dependences`)."""
    DEBUG = 7


@dataclass
class PackInput:
    """Arrays by node, which is an operation or a join, and by register."""

    graph: Graph
    kind: list[int]
    height: list[int]
    vector: list[int]
    """-1 for set-up: what belongs to no vector, and what that waits for."""
    vectors: int
    in_vector: list[int]
    """By vector, how many operations belong to it; stores, which may come much later, apart."""
    writes: list[tuple[int, ...]]
    """Shared registers that it writes to."""
    reads: list[tuple[int, ...]]
    """Shared registers that it reads, once each."""
    readers: list[int]
    """By register, how many operations read it."""
    width: list[int]
    """By register, in words."""
    places: int
    """Places for vectors behind the pinned words; one holds a vector or 8 scalars."""
    reserve: bool
    """Whether the last splittable operation that is ready is kept for alu."""


def flatten(code: Code, pinned_words: int) -> PackInput:
    """The arrays of this code."""
    graph = dependences(code)
    joins = graph.nodes - len(code.ops)
    writes, reads = (registers + [()] * joins for registers in _registers(code))
    vector = _vectors(code, graph)
    kinds = [kind_of(row, code.alu_lanes) for row in OPCODES]
    kind = [int(kinds[op.row.code]) for op in code.ops] + [int(Kind.JOIN)] * joins
    vectors = 1 + max(vector, default=-1)
    counted = [k < Kind.JOIN and k != Kind.STORE for k in Kind]
    return PackInput(
        graph=graph,
        kind=kind,
        height=graph.heights(),
        vector=vector,
        vectors=vectors,
        in_vector=_counts(
            [v for v, k in zip(vector, kind, strict=True) if v >= 0 and counted[k]], vectors
        ),
        writes=writes,
        reads=reads,
        readers=_counts(list(chain.from_iterable(reads)), len(code.registers)),
        width=[register.width for register in code.registers],
        places=(SCRATCH_SIZE - pinned_words) // VLEN,
        reserve=code.alu_reserve,
    )


def _vectors(code: Code, graph: Graph) -> list[int]:
    """By node, its vector, -1 for set-up and for all that set-up waits for."""
    joins = graph.nodes - len(code.ops)
    vector = [-1 if (v := op.origin.vector) is None else v for op in code.ops] + [0] * joins
    # Nobody past the last one of set-up is waited for by it.
    order = list(dropwhile(lambda node: vector[node] >= 0, reversed(graph.order)))
    for node in order:
        if any(vector[other] < 0 for other in chain(graph.after[node], graph.beside[node])):
            vector[node] = -1
    return vector


def kind_of(row: Opcode, alu_lanes: bool = True) -> Kind:
    """What a slot of it competes for; without alu lanes nothing is split."""
    return Kind.SPLITTABLE if alu_lanes and splittable(row) else _OF_ENGINE[row.engine]


_OF_ENGINE = {kind.name.lower(): kind for kind in Kind}


def _registers(code: Code) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """By operation, the shared registers that it writes, and those that it reads, once each."""
    shared = [-1 if register.pinned else n for n, register in enumerate(code.registers)]
    by_word = [shared[owner] for owner in code.owner]
    # By register, and at -1 what a pinned one counts as.
    alone: list[tuple[int, ...]] = [*((n,) for n in range(len(shared))), ()]
    writes: list[tuple[int, ...]] = []
    reads: list[tuple[int, ...]] = []
    for row, operands, _, _ in code.ops:
        defs, uses = _REACHED[row.code]
        writes.append(alone[by_word[operands[defs[0]]]] if defs else ())
        if len(uses) < 2:
            reads.append(alone[by_word[operands[uses[0]]]] if uses else ())
            continue
        found = {by_word[operands[at]]: 0 for at in uses}
        found.pop(-1, None)
        reads.append(tuple(found))
    return writes, reads


_REACHED = [
    ((), ()) if row.engine == "debug" else (WRITTEN[row.code], READ[row.code]) for row in OPCODES
]
"""By opcode number, the operands that it writes, and those that it reads."""


def _counts(numbers: list[int], size: int) -> list[int]:
    counts = [0] * size
    for number in numbers:
        counts[number] += 1
    return counts
