"""A run held against the reference: which words of memory are what they should be.

    values, indices    of the batch: what the reference kernel makes of them
    header, forest     what they were before
    rest               words past the values: what they were before

A program is judged by the outputs that it claims. All areas are compared and told all the same;
a strict verdict lets none of them differ.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from machine.problem import HEADER_WORDS, Layout


class Wrong(NamedTuple):
    """One word of an area that is not what it should be."""

    output: str
    element: int
    address: int
    expected: int
    got: int


class Area(NamedTuple):
    """An area of memory after a run: how many words it has, how many differ, and the first."""

    words: int
    differ: int
    first: Wrong | None

    @property
    def right(self) -> bool:
        return self.differ == 0


class Verdict(NamedTuple):
    """What a run came to: its areas by name, and those of them that were claimed."""

    areas: Mapping[str, Area]
    claimed: tuple[str, ...]
    strict: bool = False

    @property
    def correct(self) -> bool:
        """Whether all outputs claimed are right."""
        return all(self.areas[output].right for output in self.claimed)

    @property
    def values_correct(self) -> bool:
        return self.areas["values"].right

    @property
    def indices_correct(self) -> bool:
        return self.areas["indices"].right

    @property
    def forest_unchanged(self) -> bool:
        """Whether the nodes and the header are what they were."""
        return self.areas["forest"].right and self.areas["header"].right

    @property
    def failures(self) -> dict[str, Area]:
        """The areas that differ and may not: those claimed, and if it is strict all."""
        judged = self.areas if self.strict else self.claimed
        return {name: self.areas[name] for name in judged if not self.areas[name].right}

    @property
    def ok(self) -> bool:
        return not self.failures


def check(
    layout: Layout,
    before: Sequence[int],
    after: Sequence[int],
    outputs: Sequence[str],
    *,
    strict: bool = False,
) -> Verdict:
    """Hold memory after a run against what the reference kernel makes of memory before it."""
    from machine.core.inputs import solution_of

    start = array("I", before)
    indices, values = solution_of(layout, start)
    expected = {
        "values": (layout.values, values),
        "indices": (layout.indices, indices),
        "header": (range(HEADER_WORDS), start[:HEADER_WORDS]),
        "forest": (layout.nodes, start[layout.nodes_at : layout.indices_at]),
        "rest": (range(layout.words, len(start)), start[layout.words :]),
    }
    return Verdict(
        {name: _compare(name, *words, after) for name, words in expected.items()},
        tuple(outputs),
        strict,
    )


def _compare(name: str, addresses: range, expected: array[int], memory: Sequence[int]) -> Area:
    got = array("I", memory[addresses.start : addresses.stop])
    if got == expected:
        return Area(len(addresses), 0, None)
    different = [at for at, word in enumerate(got) if word != expected[at]]
    first = different[0]
    wrong = Wrong(name, first, addresses[first], expected[first], got[first])
    return Area(len(addresses), len(different), wrong)
