"""What happens to the words of a place: who reads them next, and all who wrote them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import compress
from typing import NamedTuple

from machine.access import Kind, mark_touching
from vliwdbg.inspect.dependences import WORKING
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.words import notes_of, runs_of, value_of, words_at
from vliwdbg.views.dataflow import Uses, WriteAt, Writes

MOST = 50
"""Readers, or writes, that are shown."""


class _At(NamedTuple):
    """An executed slot."""

    step: int
    slot: int


def uses(flow: Flow, memory: bool, start: int, stop: int, cycle: int | None = None) -> Uses:
    """Who reads the words start:stop, as they are before the first bundle of a cycle, until each is
    overwritten; from the start of the run without one. Raises ValueError for a cycle that is not
    reached.
    """
    step = 0 if cycle is None else flow.step_at_cycle(cycle)
    readers: dict[_At, None] = {}
    ends = []
    for word in range(start, stop):
        end = _next_write(flow, memory, word, step)
        ends.append(end)
        last = len(flow.pcs) if end is None else end.step + 1
        found = _memory_reads if memory else _scratch_reads
        readers |= dict.fromkeys(found(flow, word, step, last))
    order = sorted(readers)
    until = min((end for end in ends if end is not None), default=None)
    return Uses(
        words_at(flow, memory, start, stop),
        flow.cycles[step],
        value_of([word_before(flow, memory, word, step) for word in range(start, stop)]),
        tuple(flow.slot_at(*at) for at in order[:MOST]),
        max(len(order) - MOST, 0),
        None if until is None else flow.slot_at(*until),
        notes=notes_of(flow),
    )


def _writes(flow: Flow, memory: bool, word: int) -> Sequence[int]:
    return flow.memory_writes.get(word, ()) if memory else flow.word_writes[word]


def _next_write(flow: Flow, memory: bool, word: int, step: int) -> _At | None:
    writes = _writes(flow, memory, word)
    at = bisect_left(writes, flow.first_node[step])
    return None if at == len(writes) else _At(*flow.place(writes[at])[:2])


def _scratch_reads(flow: Flow, word: int, first: int, last: int) -> Iterator[_At]:
    """The executed slots that read a word, from one step on and before another."""
    marks = mark_touching(flow.columns, word, word + 1, {Kind.READ})
    for slot in compress(range(len(marks)), marks):
        if flow.engine_of(slot)[0] in WORKING:
            steps = flow.steps_of(flow.pc_of_slot(slot))
            for step in steps[bisect_left(steps, first) : bisect_left(steps, last)]:
                yield _At(step, slot)


def _memory_reads(flow: Flow, address: int, first: int, last: int) -> Iterator[_At]:
    nodes = flow.memory_reads.get(address, [])
    low, high = flow.first_node[first], flow.first_node[last]
    for node in nodes[bisect_left(nodes, low) : bisect_left(nodes, high)]:
        yield _At(*flow.place(node)[:2])


def word_before(flow: Flow, memory: bool, word: int, step: int) -> int:
    """A word as it is before a step. In a window nobody knows what scratch held at its start: 0."""
    writes = _writes(flow, memory, word)
    at = bisect_left(writes, flow.first_node[step])
    return _value_before(flow, memory, word, writes[at - 1] if at else None)


def _value_before(flow: Flow, memory: bool, word: int, writer: int | None) -> int:
    if writer is not None:
        return flow.values[writer]
    return flow.memory[word] if memory else 0


def writes(flow: Flow, memory: bool, start: int, stop: int, most: int = MOST) -> Writes:
    """All writes to the words start:stop, in order; of more than `most` the first and last."""
    by_slot: dict[_At, list[int]] = {}
    for word in range(start, stop):
        for node in _writes(flow, memory, word):
            by_slot.setdefault(_At(*flow.place(node)[:2]), []).append(node)
    order = sorted(by_slot)
    left_out = max(len(order) - most, 0)
    if left_out:
        order = [*order[: most - most // 2], *order[len(order) - most // 2 :]]
    return Writes(
        words_at(flow, memory, start, stop),
        tuple(_write_at(flow, memory, at, sorted(by_slot[at])) for at in order),
        left_out,
        notes=notes_of(flow),
    )


def _write_at(flow: Flow, memory: bool, at: _At, nodes: list[int]) -> WriteAt:
    column = flow.addresses if memory else flow.written_words
    words = [column[node] for node in nodes]
    place = ", ".join(words_at(flow, memory, *run).text for run in runs_of(words))
    old = [_before(flow, memory, word, node) for word, node in zip(words, nodes, strict=True)]
    new = [flow.values[node] for node in nodes]
    return WriteAt(flow.slot_at(*at), place, value_of(old), value_of(new))


def _before(flow: Flow, memory: bool, word: int, node: int) -> int:
    """What a word was that a node wrote."""
    written = _writes(flow, memory, word)
    at = bisect_right(written, node) - 1
    return _value_before(flow, memory, word, written[at - 1] if at else None)
