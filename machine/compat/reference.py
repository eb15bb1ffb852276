"""The public simulator's problem: trees, inputs, their memory image, and the reference kernels.

The words are those of Python's own generator, `random.seed` and all, and where the compiled core is
there it does the work. What does not look like the problem (an index outside the tree, a value of
more than 32 bits) is computed as the public code does.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

from machine import problem
from machine.core.inputs import record, solve_images
from machine.problem import GREATEST_VALUE, HEADER_WORDS, Layout, hash_stages, hash_word

HASH_STAGES = [tuple(stage) for stage in problem.HASH_STAGES]


@dataclass
class Tree:
    """A perfect binary tree: its node values in heap order."""

    height: int
    values: list[int]

    @staticmethod
    def generate(height: int) -> Tree:
        """A tree of random values."""
        return Tree(height, _random_values(2 ** (height + 1) - 1))


@dataclass
class Input:
    """A batch: an index and a value for each element, and how many rounds they walk."""

    indices: list[int]
    values: list[int]
    rounds: int

    @staticmethod
    def generate(forest: Tree, batch_size: int, rounds: int) -> Input:  # noqa: ARG004
        """A batch of random values, each at the root."""
        return Input([0] * batch_size, _random_values(batch_size), rounds)


def _random_values(count: int) -> list[int]:
    """What so many `random.randint(0, 2**30 - 1)` give, and the generator after them.

    Each takes the upper 31 bits of outputs of 32 until they are in range. As many outputs as there
    are values to be drawn are never too many.
    """
    values: list[int] = []
    while left := count - len(values):
        outputs = array("I", random.getrandbits(32 * left).to_bytes(4 * left, "little"))
        values += [output >> 1 for output in outputs if output >> 1 <= GREATEST_VALUE]
    return values


def build_mem_image(t: Tree, inp: Input) -> list[int]:
    """The words that a run on this tree and input starts with."""
    indices_at = HEADER_WORDS + len(t.values)
    values_at = indices_at + len(inp.indices)
    sizes = [inp.rounds, len(t.values), len(inp.indices), t.height]
    return [*sizes, HEADER_WORDS, indices_at, values_at, *t.values, *inp.indices, *inp.values]


def myhash(a: int) -> int:
    """The word after all stages of the hash."""
    return hash_word(a)


def myhash_traced(a: int, trace: MutableMapping[Any, int], round: int, batch_i: int) -> int:
    """The word after all stages of the hash, and in the trace that after each of them."""
    words = list(hash_stages(a))
    for stage, word in enumerate(words):
        trace[round, batch_i, "hash_stage", stage] = word
    return words[-1]


def reference_kernel(t: Tree, inp: Input) -> None:
    """Walk the batch down the tree: indices and values become the final ones."""
    image = build_mem_image(t, inp)
    for _ in reference_kernel2(image):
        pass
    _, _, _, _, _, indices_at, values_at = image[:HEADER_WORDS]
    inp.indices[:] = image[indices_at:values_at]
    inp.values[:] = image[values_at:]


def reference_kernel2(mem: Any, trace: MutableMapping[Any, int] | None = None) -> Iterator[Any]:
    """Do on a memory image what a kernel does, and yield it where a kernel pauses: at the start and
    at the end. `trace` gets what compares look for, by key."""
    yield mem
    layout = _layout_of(mem)
    words = None if layout is None else _words_of(mem[: layout.words])
    if layout is None or words is None:
        _walk(mem, {} if trace is None else trace)
    else:
        if trace is not None:
            trace.update(record(layout, words).pairs())
        solve_images(layout, words)
        mem[layout.indices_at : layout.words] = words[layout.indices_at :].tolist()
    yield mem


def _layout_of(mem: Any) -> Layout | None:
    """The layout of a memory image; None for what is no list, or tells none."""
    if type(mem) is not list or any(type(word) is not int for word in mem[:HEADER_WORDS]):
        return None
    return Layout.read(mem)


def _words_of(words: list[int]) -> array[int] | None:
    try:
        return array("I", words)
    except (TypeError, OverflowError):
        return None


def _walk(mem: Any, trace: MutableMapping[Any, int]) -> None:
    rounds, n_nodes, batch_size, _, nodes_at, indices_at, values_at = mem[:HEADER_WORDS]
    for r in range(rounds):
        for i in range(batch_size):
            index, value = mem[indices_at + i], mem[values_at + i]
            node = mem[nodes_at + index]
            trace.update({(r, i, "idx"): index, (r, i, "val"): value, (r, i, "node_val"): node})
            value = myhash_traced(value ^ node, trace, r, i)
            child = 2 * index + (2 if value % 2 else 1)
            wrapped = child if child < n_nodes else 0
            trace[r, i, "hashed_val"] = value
            trace[r, i, "next_idx"] = child
            trace[r, i, "wrapped_idx"] = wrapped
            mem[indices_at + i], mem[values_at + i] = wrapped, value
