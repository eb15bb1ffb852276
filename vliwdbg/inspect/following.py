"""The story of a value: who wrote it, what else was written there, and who reads it.

    v64  written 254 273 274 ◆275 331 332    this value is read at 275 276 287

Words have a history of writes; the one that holds at a step is the value that is followed. Of a
vector all lanes are followed together: a write of any lane is a write.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from vliwdbg.inspect.flow import Flow
from vliwdbg.views.places import Space


@dataclass(frozen=True)
class Following:
    """A value of words start:stop of a space, as it holds before a step of the run.

    `writes` are the steps of all bundles that write these words, `holding` of the latest one before
    (None: the words are as the run found them), `reads` of those that read what it wrote.
    """

    space: Space
    start: int
    stop: int
    writes: tuple[int, ...]
    holding: int | None
    reads: tuple[int, ...]


def follow(flow: Flow, space: Space, words: range, step: int) -> Following:
    """The value that these words have before bundle `step` of the flow."""
    histories = [_writes(flow, space, word) for word in words]
    steps = _steps(flow, chain.from_iterable(histories))
    before = flow.first_node[min(step, len(flow.pcs))]
    held = [history[at - 1] for history in histories if (at := bisect_left(history, before))]
    reads = _steps(flow, chain.from_iterable(map(flow.readers, held)))
    holding = flow.step_of(max(held)) if held else None
    return Following(space, words.start, words.stop, steps, holding, reads)


def _writes(flow: Flow, space: Space, word: int) -> Sequence[int]:
    if space == "memory":
        return flow.memory_writes.get(word, ())
    return flow.word_writes[word]


def _steps(flow: Flow, nodes: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted({flow.step_of(node) for node in nodes}))


def writing_slot(flow: Flow, followed: Following) -> int | None:
    """The slot, by number in the program, that wrote the value; None where none did."""
    if followed.holding is None:
        return None
    words = range(followed.start, followed.stop)
    before = flow.first_node[followed.holding + 1]
    nodes = (
        history[at - 1]
        for word in words
        if (at := bisect_left(history := _writes(flow, followed.space, word), before))
    )
    return flow.place(max(nodes)).slot
