"""The problem of docs/machine.md once more, in the fewest lines, to hold the command against."""

import random

WORD = 2**32
SIZES = {"forest_height": 1, "rounds": 3, "batch_size": 3, "seed": 5}
"""A small problem; the indices it ends with are not those it starts with."""


def image(forest_height: int, rounds: int, batch_size: int, seed: int) -> list[int]:
    """The words of memory at the start."""
    rng = random.Random(seed)
    nodes = 2 ** (forest_height + 1) - 1
    at = 7 + nodes
    header = [rounds, nodes, batch_size, forest_height, 7, at, at + batch_size]
    words = [rng.randint(0, 2**30 - 1) for _ in range(nodes + batch_size)]
    return header + words[:nodes] + [0] * batch_size + words[nodes:]


def solved(memory: list[int]) -> tuple[dict[int, int], dict[int, int]]:
    """The words that have to be at the values' and at the indices' addresses at the end."""
    rounds, nodes, batch, _, tree, indices, values = memory[:7]
    for i in range(batch):
        index, value = memory[indices + i], memory[values + i]
        for _ in range(rounds):
            value = _hashed(value ^ memory[tree + index])
            index = 2 * index + (1 if value % 2 == 0 else 2)
            index = 0 if index >= nodes else index
        memory = [*memory]
        memory[indices + i], memory[values + i] = index, value
    return (
        {values + i: memory[values + i] for i in range(batch)},
        {indices + i: memory[indices + i] for i in range(batch)},
    )


def _hashed(a: int) -> int:
    a = (a + 0x7ED55D16 + (a << 12)) % WORD
    a = (a ^ 0xC761C23C) ^ (a >> 19)
    a = (a + 0x165667B1 + (a << 5)) % WORD
    a = ((a + 0xD3A2646C) ^ (a << 9)) % WORD
    a = (a + 0xFD7046C5 + (a << 3)) % WORD
    return (a ^ 0xB55A4F09) ^ (a >> 16)
