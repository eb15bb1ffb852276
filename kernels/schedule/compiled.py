"""The compiled inner loop where there is one, the Python one where not: the same parts of both.

The extension takes a PackInput as one run of 32-bit integers (`_core/flat.h`): a header of counts,
then its arrays.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate, chain, repeat
from operator import add

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
    first, edges = _rows(list(map(add, graph.after, graph.beside)))
    latency = chain.from_iterable(
        repeat(cycles, len(others[node]))
        for node in range(graph.nodes)
        for cycles, others in ((1, graph.after), (0, graph.beside))
    )
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
        repeat(0, graph.nodes),
        repeat(0, graph.nodes),
        range(graph.nodes),
    )
    return array("i", chain(header, *arrays)).tobytes()


def _rows(rows: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    """Rows of different lengths: where each begins, and all their items."""
    return list(accumulate(map(len, rows), initial=0)), [item for row in rows for item in row]
