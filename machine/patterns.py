"""Words for trials that random ones never come upon: a kernel should hold for them too.

Each pattern gives the nodes and the values of an input; what is random in it comes from the seed.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import NamedTuple, TypeAlias

from machine.problem import GREATEST_VALUE, Problem

Words: TypeAlias = "Sequence[int]"
Images: TypeAlias = "array[int] | memoryview"

RANDOM = "random"


def _equal(random: Random, count: int) -> Words:
    return [random.randint(0, GREATEST_VALUE)] * count


def _one_bit(random: Random, count: int) -> Words:
    return [1 << random.randrange(32) for _ in range(count)]


def _descending(random: Random, count: int) -> Words:
    return range(first := random.randint(count, GREATEST_VALUE), first - count, -1)


def _zeros(_: Random, count: int) -> Words:
    return [0] * count


def _full(random: Random, count: int) -> Words:
    return [random.getrandbits(32) for _ in range(count)]


PATTERNS: dict[str, Callable[[Random, int], Words] | None] = {
    RANDOM: None,
    "equal": _equal,
    "one-bit": _one_bit,
    "descending": _descending,
    "zeros": _zeros,
    "full": _full,
}
"""Name -> words; None are those that the problem itself draws from the seed, of 30 bits."""


class Inputs(NamedTuple):
    """Which inputs of a problem to try: the patterns in turn, from indices of 0 or any."""

    problem: Problem
    patterns: tuple[str, ...] = (RANDOM,)
    random_starts: bool = False

    def pattern(self, seed: int) -> str:
        """The pattern that the input of a seed has."""
        return self.patterns[(seed - self.problem.seed) % len(self.patterns)]

    @property
    def drawn_alone(self) -> bool:
        """Whether all words are those that the problem draws."""
        return self.patterns == (RANDOM,) and not self.random_starts

    def change(self, seed: int, image: Images, start: int = 0) -> None:
        """Make of the words that the problem drew, from `start` on, those of this input."""
        layout = self.problem.layout
        make = PATTERNS[self.pattern(seed)]
        random = Random(f"pattern {seed}")
        if make:
            _fill(image, start, layout.nodes, make(random, layout.n_nodes))
            _fill(image, start, layout.values, make(random, layout.batch_size))
        if self.random_starts:
            nodes = range(layout.n_nodes)
            _fill(image, start, layout.indices, random.choices(nodes, k=layout.batch_size))


def _fill(image: Images, start: int, addresses: range, words: Words) -> None:
    image[start + addresses.start : start + addresses.stop] = array("I", words)


SHAPES: tuple[Mapping[str, int], ...] = (
    {"forest_height": 10, "rounds": 16, "batch_size": 256},
    {"forest_height": 10, "rounds": 8, "batch_size": 128},
    {"forest_height": 9, "rounds": 20, "batch_size": 64},
    {"forest_height": 6, "rounds": 16, "batch_size": 256},
    {"forest_height": 4, "rounds": 12, "batch_size": 32},
    {"forest_height": 1, "rounds": 3, "batch_size": 8},
)
"""Sizes of the problem, from the standard one down: low trees that are walked around several times,
few rounds, batches of few vectors."""
