"""Operations as flat arrays of integers: all that the inner loop of `list` looks at.

Made once for a list of operations, then packed as often as one likes under other priorities. A
compiled inner loop takes the very same arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from kernels.analysis.dependences import Graph, dependences
from kernels.ir import Code, Op, splittable
from machine.access import SPANS
from machine.isa import SCRATCH_SIZE, VLEN


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
    reads = [_registers(code, op, 1) for op in code.ops] + [()] * joins
    vector = _vectors(code, graph)
    kind = [int(kind_of(op, code.alu_lanes)) for op in code.ops] + [int(Kind.JOIN)] * joins
    vectors = 1 + max(vector, default=-1)
    return PackInput(
        graph=graph,
        kind=kind,
        height=graph.heights(),
        vector=vector,
        vectors=vectors,
        in_vector=_counts(
            [v for v, k in zip(vector, kind, strict=True) if v >= 0 and k in _COUNTED], vectors
        ),
        writes=[_registers(code, op, 0) for op in code.ops] + [()] * joins,
        reads=reads,
        readers=_counts([r for registers in reads for r in registers], len(code.registers)),
        width=[register.width for register in code.registers],
        places=(SCRATCH_SIZE - pinned_words) // VLEN,
        reserve=code.alu_reserve,
    )


_COUNTED = {kind for kind in Kind if kind < Kind.JOIN} - {Kind.STORE}


def _vectors(code: Code, graph: Graph) -> list[int]:
    """By node, its vector, -1 for set-up and for all that set-up waits for."""
    joins = graph.nodes - len(code.ops)
    vector = [-1 if (v := op.origin.vector) is None else v for op in code.ops] + [0] * joins
    for node in graph.backwards:
        after = graph.target[graph.first[node] : graph.first[node + 1]]
        if min(map(vector.__getitem__, after), default=0) < 0:
            vector[node] = -1
    return vector


def kind_of(op: Op, alu_lanes: bool = True) -> Kind:
    """What it competes for; without alu lanes nothing is split."""
    return Kind.SPLITTABLE if alu_lanes and splittable(op.row) else _OF_ENGINE[op.row.engine]


_OF_ENGINE = {kind.name.lower(): kind for kind in Kind}


def _registers(code: Code, op: Op, which: int) -> tuple[int, ...]:
    """The shared registers that an operation writes (0) or reads (1), once each."""
    if op.row.engine == "debug":
        return ()
    owner, registers = code.owner, code.registers
    firsts = [op.operands[position] for position, _ in SPANS[op.row.code][which]]
    return tuple({owner[word]: 0 for word in firsts if not registers[owner[word]].pinned})


def _counts(numbers: list[int], size: int) -> list[int]:
    counts = [0] * size
    for number in numbers:
        counts[number] += 1
    return counts
