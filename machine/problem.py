"""The problem that kernels solve: a batch of values walks down a binary tree, hashing.

    val = hash(val ^ node[idx])
    idx = 2*idx + (1 if val is even else 2)
    idx = 0 if idx >= n_nodes

`Problem` generates memory from a seed, the very words that the public code does. `Layout` reads
the header of any memory and knows where its parts are. `solve` is the reference kernel;
`machine.verdict` holds a run against it. The facts are those of docs/machine.md, The problem.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from machine.errors import ProgramError, shown
from machine.isa import WORD_MASK

MAX_HEIGHT = 20
"""Greatest tree height; a higher tree has over four million nodes."""
MAX_WORDS = 2**24
"""Most words of memory that a problem may ask for."""
MAX_STEPS = 2**24
"""Most element rounds (rounds times batch) that the reference kernel is asked for."""
GREATEST_VALUE = 2**30 - 1
HEADER_WORDS = 7
DEFAULT_SEED = 123


class HashStage(NamedTuple):
    """One stage: `a = (a op1 c) op2 (a op3 s)`."""

    op1: str
    c: int
    op2: str
    op3: str
    s: int


HASH_STAGES = (
    HashStage("+", 0x7ED55D16, "+", "<<", 12),
    HashStage("^", 0xC761C23C, "^", ">>", 19),
    HashStage("+", 0x165667B1, "+", "<<", 5),
    HashStage("+", 0xD3A2646C, "^", "<<", 9),
    HashStage("+", 0xFD7046C5, "+", "<<", 3),
    HashStage("^", 0xB55A4F09, "^", ">>", 16),
)
_WORD_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b & WORD_MASK,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b & WORD_MASK,
    ">>": lambda a, b: a >> b,
}


def hash_stages(value: int) -> Iterator[int]:
    """The word after each of the six stages."""
    for stage in HASH_STAGES:
        left = _WORD_OPERATIONS[stage.op1](value, stage.c)
        right = _WORD_OPERATIONS[stage.op3](value, stage.s)
        value = _WORD_OPERATIONS[stage.op2](left, right)
        yield value


def hash_word(value: int) -> int:
    """The word after all six stages."""
    *_, hashed = hash_stages(value)
    return hashed


@dataclass(frozen=True, slots=True)
class Problem:
    """Sizes and the seed of the words: height of the tree, rounds, elements of the batch.

    Raises ProgramError for sizes that are none or too large.
    """

    forest_height: int = 10
    rounds: int = 16
    batch_size: int = 256
    seed: int = DEFAULT_SEED

    def __post_init__(self) -> None:
        self._within("forest_height", 0, MAX_HEIGHT)
        self._within("rounds", 0, WORD_MASK)
        self._within("batch_size", 0, MAX_WORDS)
        if self.rounds * self.batch_size > MAX_STEPS:
            message = f"{self.rounds} times a batch of {self.batch_size} is over {MAX_STEPS} steps"
            raise ProgramError.at("problem.rounds", message)

    def _within(self, name: str, least: int, most: int) -> None:
        value = getattr(self, name)
        if not least <= value <= most:
            raise ProgramError.at(f"problem.{name}", f"{shown(value)} is not in {least}..{most}")

    @property
    def layout(self) -> Layout:
        """Where the parts of its memory are."""
        n_nodes = 2 ** (self.forest_height + 1) - 1
        nodes = HEADER_WORDS
        return Layout(
            rounds=self.rounds,
            n_nodes=n_nodes,
            batch_size=self.batch_size,
            forest_height=self.forest_height,
            nodes_at=nodes,
            indices_at=nodes + n_nodes,
            values_at=nodes + n_nodes + self.batch_size,
        )

    def memory(self) -> array[int]:
        """The words a run starts with, as the public code generates them from the seed."""
        layout = self.layout
        from random import Random

        random = Random(self.seed)
        words = array("I", layout.header)
        words.extend(random.randint(0, GREATEST_VALUE) for _ in range(layout.n_nodes))
        words.extend([0] * self.batch_size)
        words.extend(random.randint(0, GREATEST_VALUE) for _ in range(self.batch_size))
        return words


class Layout(NamedTuple):
    """The seven header words of a memory image: counts, and addresses of the parts in words."""

    rounds: int
    n_nodes: int
    batch_size: int
    forest_height: int
    nodes_at: int
    indices_at: int
    values_at: int

    @classmethod
    def read(cls, memory: Sequence[int]) -> Layout | None:
        """The layout that a memory's header tells; None where it is none that hangs together.

        It does where the sizes agree with each other and with the memory's length, and every
        index is a node's, so that the reference kernel can run.
        """
        if len(memory) < HEADER_WORDS:
            return None
        layout = cls(*memory[:HEADER_WORDS])
        if not layout._hangs_together(len(memory)):
            return None
        indices = memory[layout.indices_at : layout.values_at]
        return layout if all(index < layout.n_nodes for index in indices) else None

    def _hangs_together(self, words: int) -> bool:
        return (
            self.forest_height <= MAX_HEIGHT
            and self.n_nodes == 2 ** (self.forest_height + 1) - 1
            and self.nodes_at == HEADER_WORDS
            and self.indices_at == self.nodes_at + self.n_nodes
            and self.values_at == self.indices_at + self.batch_size
            and words >= self.words
            and self.rounds * self.batch_size <= MAX_STEPS
        )

    @property
    def header(self) -> tuple[int, ...]:
        """The header words, in order."""
        return tuple(self)

    @property
    def words(self) -> int:
        """Length of the whole image, which ends with the values."""
        return self.values_at + self.batch_size

    @property
    def nodes(self) -> range:
        return range(self.nodes_at, self.nodes_at + self.n_nodes)

    @property
    def indices(self) -> range:
        return range(self.indices_at, self.indices_at + self.batch_size)

    @property
    def values(self) -> range:
        return range(self.values_at, self.values_at + self.batch_size)

    def regions(self) -> dict[str, range]:
        """Name -> addresses, for people to read."""
        return {
            "header": range(HEADER_WORDS),
            "nodes": self.nodes,
            "indices": self.indices,
            "values": self.values,
        }


class Solution(NamedTuple):
    """What the reference kernel leaves: the final indices and values of the batch."""

    indices: list[int]
    values: list[int]


def solve(layout: Layout, memory: Sequence[int]) -> Solution:
    """Run the reference kernel on the words of a memory image, which it leaves alone."""
    nodes = memory[layout.nodes_at : layout.indices_at]
    indices = list(memory[layout.indices_at : layout.values_at])
    values = list(memory[layout.values_at : layout.words])
    for i, (index, value) in enumerate(zip(indices, values, strict=True)):
        for _ in range(layout.rounds):
            value = hash_word(value ^ nodes[index])
            index = _child(index, value, layout.n_nodes)
        indices[i], values[i] = index, value
    return Solution(indices, values)


def _child(index: int, value: int, n_nodes: int) -> int:
    child = 2 * index + (2 if value % 2 else 1)
    return child if child < n_nodes else 0


STEP_NAMES: tuple[tuple[Any, ...], ...] = (
    *(("idx",), ("val",), ("node_val",)),
    *(("hash_stage", stage) for stage in range(len(HASH_STAGES))),
    *(("hashed_val",), ("next_idx",), ("wrapped_idx",)),
)
"""What `steps` tells of a round and an element, in its order."""


def step_keys(layout: Layout) -> Iterator[Any]:
    """The keys of what `steps` tells, in its order."""
    return (
        (r, i, *name)
        for r in range(layout.rounds)
        for i in range(layout.batch_size)
        for name in STEP_NAMES
    )


def steps(layout: Layout, memory: Sequence[int]) -> Iterator[int]:
    """The words of the walk, for every round and element: the index, the value and the node that it
    meets, the value after each stage of the hash and after all, the child, the next index."""
    nodes = memory[layout.nodes_at : layout.indices_at]
    indices = list(memory[layout.indices_at : layout.values_at])
    values = list(memory[layout.values_at : layout.words])
    for _ in range(layout.rounds):
        for i, (index, value) in enumerate(zip(indices, values, strict=True)):
            node = nodes[index]
            hashed = list(hash_stages(value ^ node))
            values[i] = hashed[-1]
            indices[i] = _child(index, values[i], layout.n_nodes)
            child = 2 * index + (2 if values[i] % 2 else 1)
            yield from (index, value, node, *hashed, values[i], child, indices[i])


OUTPUTS = ("values", "indices")
