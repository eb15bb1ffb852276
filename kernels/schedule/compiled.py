"""The compiled inner loop where there is one, the Python one where not: the same parts of both.

The extension takes a PackInput as one run of 32-bit integers (`_core/flat.h`): a header of counts,
then its arrays.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate, chain

from kernels.schedule import pack as python
from kernels.schedule.pack import OutOfScratchError, Part, parts_of
from kernels.schedule.pack_input import PackInput

try:
    from kernels.schedule._core import _pack as core
except ImportError:
    core = None  # type: ignore[assignment]

__all__ = ["AVAILABLE", "core", "pack", "serialize"]

AVAILABLE = core is not None
"""Whether the extension was built."""


def pack(flat: PackInput, rank: Sequence[int], window: int, spare: int = 0) -> list[Part]:
    """What `kernels.schedule.pack.pack` gives, from the extension if it was built."""
    if not AVAILABLE:
        return python.pack(flat, rank, window, spare)
    done, answer = core.pack(serialize(flat), array("i", rank), window, spare)
    if not done:
        raise OutOfScratchError([register for register, held in enumerate(answer) if held])
    words = iter(array("i", answer))
    return parts_of(zip(words, words, words, words, strict=True))


def serialize(flat: PackInput) -> bytes:
    """A PackInput as one run, for packing alone: without groups, slots and an order of its own."""
    graph = flat.graph
    first, edges = _rows(
        [a + b if b else a for a, b in zip(graph.after, graph.beside, strict=True)]
    )
    latency = [1] * len(edges)
    for end, others in zip(first[1:], graph.beside, strict=True):
        if others:
            latency[end - len(others) : end] = [0] * len(others)
    header = (
        graph.nodes,
        len(edges),
        len(flat.width),
        flat.vectors,
        sum(map(len, flat.writes)),
        sum(map(len, flat.reads)),
        flat.places,
        int(flat.reserve),
        1,
        1,
    )
    arrays = (
        first,
        edges,
        latency,
        graph.waiting,
        flat.kind,
        flat.height,
        flat.vector,
        flat.in_vector,
        *_rows(flat.writes),
        *_rows(flat.reads),
        flat.readers,
        flat.width,
        [0] * graph.nodes,
        [0] * graph.nodes,
        list(range(graph.nodes)),
    )
    # An array of a list is made at once, one of anything else number by number.
    return b"".join(array("i", numbers).tobytes() for numbers in (list(header), *arrays))


def _rows(rows: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    """Rows of different lengths: where each begins, and all their items."""
    return list(accumulate(map(len, rows), initial=0)), list(chain.from_iterable(rows))
