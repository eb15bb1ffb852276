"""Which words of scratch hold a value that is still to be read, and when.

A value lives in its word from the cycle after its write to the cycle of its last read. The pressure
at a cycle is how many words hold one before its bundle. A word that is read without ever having
been written holds its 0 from the start. Compares do not count as reads.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise, repeat

from machine.core.tracing import NEVER_WRITTEN
from vliwdbg.inspect.flow import NO_WORD, Flow
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.words import notes_of, runs_of
from vliwdbg.views.storage import Holder, Live, PressureWindow, Zone

BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
WINDOWS = 60
MOST_HOLDERS = 12
MOST_ZONES = 8
SHORTEST_ZONE = 32
"""Cycles that nothing is kept in a word before it is worth a line."""


_Value = tuple[int, int, int, int]
"""A value in a word, alive in the cycles first:stop: the word, these, and the node that wrote it,
-1 where none did. There are too many of them for anything but a plain tuple."""


def live(flow: Flow) -> Live:
    """The lifetimes of all words in a run."""
    start, end = flow.cycles[0], flow.cycles[-1]
    values = list(_values(flow))
    dead = sum(map(len, flow.word_writes)) - sum(node >= 0 for *_, node in values)
    held = _pressure(values, start, end)
    peak = max(held, default=0)
    at = start + (held.index(peak) if held else 0)
    holders = sorted(_holders(flow, values, at), key=lambda held: held.first - held.stop)
    shown = holders[:MOST_HOLDERS]
    touched = {word for word, *_ in values} | set(_written(flow))
    spans = [stop - first for _, first, stop, _ in values]
    counts = Counter[int]()
    for cycles, times in Counter(spans).items():
        counts[_lifetime_class(cycles)] += times
    scratch = flow.program.scratch_size
    long = sum(cycles for cycles in spans if 2 * cycles > end - start)
    return Live(
        end - start,
        scratch,
        peak,
        at,
        tuple(shown),
        peak - sum(held.words for held in shown),
        tuple(_windows(held, start)),
        len(touched),
        tuple(
            flow.names.text(first, stop - first)
            for first, stop in runs_of([w for w in range(scratch) if w not in touched])
        ),
        len(values) + dead,
        dead,
        BOUNDS,
        tuple(counts[at] for at in range(len(BOUNDS))),
        long / sum(spans) if spans else 0.0,
        _zones(flow, values, touched, start, end),
        notes=notes_of(flow),
    )


def node_cycles(flow: Flow) -> array[int]:
    """By node the cycle before its bundle."""
    sizes = (stop - first for first, stop in pairwise(flow.first_node))
    return array("q", chain.from_iterable(map(repeat, flow.cycles, sizes)))


def last_readers(flow: Flow) -> array[int]:
    """By node the last node that reads its word from scratch; -1 for none."""
    last = array("i", [-1]) * len(flow)
    a_nodes, *others = flow.sources
    last_reads = zip(parts_of("last reads", a_nodes), *others, strict=True)
    for node, (a, b, c) in enumerate(last_reads):
        if a >= 0:
            last[a] = node
        if b >= 0:
            last[b] = node
        if c >= 0:
            last[c] = node
    return last


def _written(flow: Flow) -> Iterator[int]:
    return (word for word, writes in enumerate(flow.word_writes) if writes)


def _values(flow: Flow) -> Iterator[_Value]:
    """The values that are read, in order of their writes."""
    cycles, last = node_cycles(flow), last_readers(flow)
    unwritten = _read_as_zero(flow, cycles)
    yield from ((word, flow.cycles[0], stop, -1) for word, stop in unwritten.items())
    words = parts_of("lifetimes", flow.written_words)
    for node, (word, reader) in enumerate(zip(words, last, strict=True)):
        if word != NO_WORD and reader >= 0:
            yield word, cycles[node] + 1, cycles[reader] + 1, node


def _read_as_zero(flow: Flow, cycles: Sequence[int]) -> dict[int, int]:
    """The words that are read before anybody writes them, with the cycle after the last time."""
    stops: dict[int, int] = {}
    for k, column in enumerate(flow.sources):
        if NEVER_WRITTEN not in column:
            continue
        for node, producer in enumerate(column):
            if producer == NEVER_WRITTEN:
                _, slot, lane = flow.place(node)
                word = flow.access(slot).read_by(flow.operands(slot), lane)[k]
                stops[word] = max(stops.get(word, 0), cycles[node] + 1)
    return stops


def pressure(flow: Flow) -> array[int]:
    """By cycle since the start of a run, how many words hold a value before it."""
    return _pressure(_values(flow), flow.cycles[0], flow.cycles[-1])


def _pressure(values: Iterable[_Value], start: int, end: int) -> array[int]:
    """By cycle since the start, the words that hold a value before it."""
    changes = array("i", [0]) * (end - start + 1)
    for _, first, stop, _ in values:
        changes[first - start] += 1
        changes[stop - start] -= 1
    return array("i", accumulate(changes))[:-1]


def _windows(pressure: Sequence[int], start: int) -> Iterator[PressureWindow]:
    cycles = len(pressure)
    count = min(WINDOWS, cycles)
    for part in range(count):
        first, stop = cycles * part // count, cycles * (part + 1) // count
        yield PressureWindow(start + first, start + stop, max(pressure[first:stop]))


def _holders(flow: Flow, values: Sequence[_Value], cycle: int) -> Iterator[Holder]:
    """The values held before a cycle; words side by side that one slot wrote are one."""
    groups: dict[tuple[int, int], list[_Value]] = {}
    for word, first, stop, node in values:
        if first <= cycle < stop:
            key = (-1, 0) if node < 0 else flow.place(node)[:2]
            groups.setdefault(key, []).append((word, first, stop, node))
    for (step, slot), held in groups.items():
        of_word = {value[0]: value for value in held}
        for first, stop in runs_of(sorted(of_word)):
            mine = [of_word[word] for word in range(first, stop)]
            yield Holder(
                flow.names.text(first, stop - first),
                stop - first,
                min(since for _, since, _, _ in mine),
                max(until for _, _, until, _ in mine),
                None if step < 0 else flow.slot_at(step, slot),
            )


def _lifetime_class(cycles: int) -> int:
    return min(max(cycles, 1).bit_length(), len(BOUNDS)) - 1


def _zones(
    flow: Flow, values: Sequence[_Value], touched: set[int], start: int, end: int
) -> tuple[Zone, ...]:
    """The largest rectangles of words side by side and cycles in which nothing is kept."""
    held: dict[int, list[tuple[int, int]]] = {word: [] for word in touched}
    for word, first, stop, _ in values:
        # The cycle of the write itself is taken too: the word is overwritten at its end.
        held[word].append((first - 1, stop))
    gaps: dict[tuple[int, int], list[int]] = {}
    for word, spans in held.items():
        free = start
        for first, stop in [*sorted(spans), (end, end)]:
            if first - free >= SHORTEST_ZONE:
                gaps.setdefault((free, first), []).append(word)
            free = max(free, stop)
    zones = [
        (first_word, stop_word, first, stop)
        for (first, stop), words in gaps.items()
        for first_word, stop_word in runs_of(sorted(words))
    ]
    zones.sort(key=lambda zone: -(zone[1] - zone[0]) * (zone[3] - zone[2]))
    return tuple(
        Zone(
            flow.names.text(first_word, stop_word - first_word), stop_word - first_word, first, stop
        )
        for first_word, stop_word, first, stop in zones[:MOST_ZONES]
    )
