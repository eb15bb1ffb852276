"""Many inputs of the problem: their words, their runs, their solutions, as fast as there is a way.

Images are memories of one problem, one after the other. The compiled core is used where it is
there; where it is not the same words come from `Problem.memory` and `machine.problem.solve`, and
nothing is run together.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any, TypeAlias

from machine.core import choose_core
from machine.problem import (
    GREATEST_VALUE,
    HASH_STAGES,
    STEP_NAMES,
    Layout,
    Problem,
    solve,
    step_keys,
    steps,
)
from machine.program import Program
from machine.protocol import NO_LIMIT

Images: TypeAlias = "array[int] | memoryview"

MOST_DIGITS = 624
"""Digits of 32 bits in the greatest seed that the compiled core draws from."""
_STAGES = tuple((stage.op1, stage.c, stage.op2, stage.op3, stage.s) for stage in HASH_STAGES)


def _compiled() -> ModuleType | None:
    if choose_core().name != "compiled":
        return None
    from machine import _core

    return _core


def runs_together() -> bool:
    """Whether `run_together` can run anything."""
    return _compiled() is not None


def memory_of(problem: Problem) -> array[int]:
    """The memory image of a problem, as `Problem.memory`."""
    image = blank_images(problem.layout, 1)
    draw_images(problem, [problem.seed], image)
    return image


def with_room(program: Program, image: array[int]) -> array[int]:
    """Another input of a program's problem, with as much memory behind it as the program brought:
    the public simulator leaves some, and kernels may use it."""
    missing = len(program.memory or ()) - len(image)
    return image + array("I", bytes(4 * missing)) if missing > 0 else image


def blank_images(layout: Layout, count: int) -> array[int]:
    """Images of a layout that are still to be drawn: a header, and zeros."""
    blank = array("I", bytes(4 * layout.words))
    blank[: len(layout.header)] = array("I", layout.header)
    return blank * count


def draw_images(problem: Problem, seeds: Sequence[int], images: Images) -> None:
    """Make each image what `Problem.memory` gives with the seed. Its header is there before."""
    core, layout = _compiled(), problem.layout
    digits = [_digits(seed) for seed in seeds]
    if core and GREATEST_VALUE == 2**30 - 1 and max(map(len, digits)) <= 4 * MOST_DIGITS:
        core.draw(digits, images, _shape(layout))
        return
    for number, seed in enumerate(seeds):
        start = number * layout.words
        images[start : start + layout.words] = replace(problem, seed=seed).memory()


def _digits(seed: int) -> bytes:
    """What Python seeds its generator with: the absolute value, in digits of 32 bits."""
    value = abs(seed)
    return value.to_bytes(4 * max(1, -(-value.bit_length() // 32)), "little")


def _shape(layout: Layout) -> tuple[int, int, int, int]:
    return layout.nodes_at, layout.indices_at, layout.values_at, layout.words


def run_together(
    core: Any, images: Images, words: int, max_cycles: int = NO_LIMIT
) -> list[int | None]:
    """Run a compiled core's program on images of so many words, from its start to its end.

    Returns the cycles that each run took; the image is then what it left. None is for those that
    come to no end or halt within the limit, or go another way than others: what such an image
    holds is anything, and only a run by itself tells what happens. Compares and pauses are passed
    over. Signals are looked at now and then, as in `Core.run`.
    """
    from machine import _core

    cycles = _core.run_together(core, images, words, min(max_cycles, NO_LIMIT))
    return [None if count < 0 else count for count in cycles]


def solve_images(layout: Layout, images: Images) -> None:
    """Give each image the final indices and values, as `machine.problem.solve` tells them."""
    core = _compiled()
    if core:
        core.solve(images, _shape(layout), layout.rounds, _STAGES)
        return
    for start in range(0, len(images), layout.words):
        end = start + layout.words
        solution = solve(layout, images[start:end])
        images[start + layout.indices_at : end] = array("I", solution.indices + solution.values)


class Recorded(Mapping[Any, int]):
    """The reference values of one walk, `words` in the order of `machine.problem.step_keys`. Keys
    are made where somebody goes through all of them, which compares do not."""

    def __init__(self, layout: Layout, words: Sequence[int]) -> None:
        self._layout = layout
        self._words = words

    def __getitem__(self, key: Any) -> int:
        layout = self._layout
        try:
            of_round, element, *name = key
            at = range(layout.rounds).index(of_round) * layout.batch_size
            at += range(layout.batch_size).index(element)
            return self._words[at * len(STEP_NAMES) + STEP_NAMES.index(tuple(name))]
        except (TypeError, ValueError):
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[Any]:
        return step_keys(self._layout)

    def pairs(self) -> Iterator[tuple[Any, int]]:
        """All keys with their words."""
        return zip(self, self._words, strict=True)

    def __len__(self) -> int:
        return len(self._words)


def record(layout: Layout, memory: Sequence[int]) -> Recorded:
    """The reference values for compares: key -> word, for every round and element."""
    return Recorded(layout, _recorded_words(layout, array("I", memory[: layout.words])))


def _recorded_words(layout: Layout, image: array[int]) -> array[int]:
    """The words of the walk from one image, in the order of `machine.problem.steps`."""
    core = _compiled()
    if core is None:
        return array("I", steps(layout, image))
    words = array("I", bytes(4 * len(STEP_NAMES) * layout.rounds * layout.batch_size))
    core.record(image[:], _shape(layout), layout.rounds, _STAGES, words)
    return words


def solution_of(layout: Layout, memory: array[int]) -> tuple[array[int], array[int]]:
    """The final indices and values of one image, after which the memory may go on."""
    image = memory[: layout.words]
    solve_images(layout, image)
    return image[layout.indices_at : layout.values_at], image[layout.values_at :]
