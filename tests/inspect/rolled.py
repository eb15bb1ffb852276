"""A kernel with loops: of rounds, and in each of groups of vectors, which pass through memory."""

from typing import Any

from machine import Problem, Program
from machine.isa import VLEN
from machine.problem import HASH_STAGES

TOGETHER = 3
"""Vectors of a group, which go in step."""
# Scratch: scalars, vectors of constants, and so many vectors for each of a group.
ONE, EIGHT, ROUND, ROUNDS, LEFT, GROUPS, INDICES, VALUES = range(8)
AT = 8  # addresses of the indices and values of each vector
CONSTANTS = 32
OWN = 256
OWN_VECTORS = 8


def rolled(problem: Problem) -> Program:
    """The kernel for batches that are groups of vectors; the values are right, and the indices."""
    layout = problem.layout
    assert problem.batch_size % (TOGETHER * VLEN) == 0
    words = [1, 2, layout.nodes_at, layout.n_nodes]
    words += [word for stage in HASH_STAGES for word in (stage.c, stage.s)]
    vectors = {word: CONSTANTS + VLEN * at for at, word in enumerate(dict.fromkeys(words))}
    scalars = {
        ONE: 1,
        EIGHT: VLEN * TOGETHER,
        ROUNDS: problem.rounds,
        GROUPS: problem.batch_size // (TOGETHER * VLEN),
        INDICES: layout.indices_at,
        VALUES: layout.values_at,
    }
    scalars |= {AT + 2 * TOGETHER + at: VLEN * at for at in range(TOGETHER)}
    consts = [["const", word, value] for word, value in (*scalars.items(), *_firsts(vectors))]
    bundles: list[dict[str, Any]] = [{"load": consts[i : i + 2]} for i in range(0, len(consts), 2)]
    spread = [["vbroadcast", vector, vector] for vector in vectors.values()]
    bundles += [{"valu": spread[i : i + 6]} for i in range(0, len(spread), 6)]
    rounds_at = len(bundles)
    bundles.append(
        {
            "alu": [
                *(
                    ["+", AT + 2 * at + which, area, AT + 2 * TOGETHER + at]
                    for at in range(TOGETHER)
                    for which, area in enumerate((INDICES, VALUES))
                ),
                ["+", LEFT, GROUPS, LEFT],
                ["+", ROUND, ROUND, ONE],
            ]
        }
    )
    groups_at = len(bundles)
    bundles += _group(vectors, layout.nodes_at, layout.n_nodes)
    bundles.append({"alu": [["-", LEFT, LEFT, ONE]]})
    bundles.append({"flow": [["cond_jump", LEFT, groups_at]], "alu": [["<", 31, ROUND, ROUNDS]]})
    bundles.append({"flow": [["cond_jump", 31, rounds_at]]})
    return Program.from_bundles(bundles, problem=problem)


def _firsts(vectors: dict[int, int]) -> list[tuple[int, int]]:
    return [(vector, word) for word, vector in vectors.items()]


def _group(vectors: dict[int, int], nodes_at: int, n_nodes: int) -> list[dict[str, Any]]:
    """The bundles of a group, whose addresses move on at its end."""

    def own(vector: int, what: int) -> int:
        return OWN + VLEN * (OWN_VECTORS * vector + what)

    idx, val, node, left, right, address, child, inside = range(OWN_VECTORS)
    every = range(TOGETHER)

    def valu(*slots: tuple[Any, ...]) -> dict[str, Any]:
        """These slots for each vector; operands are its own vectors, or those of a word."""
        return {
            "valu": [
                [name, *(own(v, at) if kind == "own" else vectors[at] for kind, at in operands)]
                for v in every
                for name, *operands in slots
            ]
        }

    def mine(what: int) -> tuple[str, int]:
        return "own", what

    def word(value: int) -> tuple[str, int]:
        return "word", value

    bundles = [
        {"load": [["vload", own(v, idx), AT + 2 * v], ["vload", own(v, val), AT + 2 * v + 1]]}
        for v in every
    ]
    bundles.append(valu(("+", mine(address), mine(idx), word(nodes_at))))
    loads = [["load_offset", own(v, node), own(v, address), i] for v in every for i in range(VLEN)]
    bundles += [{"load": loads[i : i + 2]} for i in range(0, len(loads), 2)]
    bundles.append(valu(("^", mine(val), mine(val), mine(node))))
    for stage in HASH_STAGES:
        bundles.append(
            valu(
                (stage.op1, mine(left), mine(val), word(stage.c)),
                (stage.op3, mine(right), mine(val), word(stage.s)),
            )
        )
        bundles.append(valu((stage.op2, mine(val), mine(left), mine(right))))
    bundles.append(
        valu(
            ("&", mine(left), mine(val), word(1)),
            ("multiply_add", mine(child), mine(idx), word(2), word(1)),
        )
    )
    bundles.append(valu(("+", mine(child), mine(child), mine(left))))
    bundles.append(valu(("<", mine(inside), mine(child), word(n_nodes))))
    bundles.append(valu(("*", mine(idx), mine(child), mine(inside))))
    bundles += [
        {"store": [["vstore", AT + 2 * v, own(v, idx)], ["vstore", AT + 2 * v + 1, own(v, val)]]}
        for v in every
    ]
    bundles.append({"alu": [["+", AT + at, AT + at, EIGHT] for at in range(2 * TOGETHER)]})
    return bundles
