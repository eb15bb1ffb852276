"""Why slots are free: what the nearest operation that could have used one was waiting for.

    dependence   for a word that was not yet there
    storage      for a word of scratch that was still to be read, or written, by another
    memory       for a store to, or a load from, the memory word
    control      for a jump
    scheduler    for nothing: it could have been there, all others staying where they are
    none-left    there is no operation of the engine within the horizon

The operations that could have been there without any other moving are matched with the free slots,
each with one: an operation fits from its bound to the cycle before its own, and of those that fit
the one that is issued first is taken. For what is left the nearest is the one with the smallest
bound that is later. Loads and stores count as free to move only if they are on every input that was
tried; where only one can be, nothing is said of them but `memory`.

The local reason of nearly every slot is a dependence, because the producer of what comes next is in
the cycle before. The root says more: if the producer itself was late, what it waited for is the
reason, its engine being full (`valu full`) or the scheduler; if not, the same is asked of what the
producer waited for, down to storage, memory, control or the start of the run.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from machine.core.waits import LATENCIES, find_waits
from vliwdbg.inspect.critical import NAMES, Fullness
from vliwdbg.inspect.dependences import LIMITS, WORKING, Dependences, Wait
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.words import notes_of
from vliwdbg.views.schedule import Empty, EmptyTotal, Why, WhyBundle

HORIZON = 64
"""Cycles from a free slot to the farthest operation that is named for it."""
WINDOWS = 8
NONE_LEFT, SCHEDULER = "none-left", "scheduler"

_BRIEFLY = {
    "dependence": "nothing later is ready",
    "storage": "the next waits for its place",
    "memory": "no load or store may move here",
    "control": "the next waits for a jump",
    SCHEDULER: "a later one was ready",
    NONE_LEFT: "none is left",
}


class Hole(NamedTuple):
    """So many free slots of an engine in a cycle; `waiting` is an operation, or -1."""

    cycle: int
    engine: int
    slots: int
    reason: str
    waiting: int


def why(
    dependences: Dependences,
    others: Sequence[Flow] = (),
    cycle: int | None = None,
    engine: str | None = None,
) -> Why:
    """Why slots are free, in the bundle of a cycle or, without one, in total; of one engine or all.

    `others` are runs of the program on other inputs that went the same way.
    """
    reasons = Reasons(dependences, others)
    engines = range(len(WORKING)) if engine is None else [WORKING.index(engine)]
    holes = [hole for code in engines for hole in reasons.holes(code)]
    notes = (*reasons.notes, *notes_of(dependences.flow))
    if cycle is None:
        edges = _window_edges(dependences.start, dependences.end)
        counts = _count(reasons, holes, edges)
        totals = _totals(_together(counts), [dependences.start, dependences.end])
        return Why((), totals, _totals(counts, edges), notes=notes)
    mine = [hole for hole in holes if hole.cycle == cycle]
    bundle = WhyBundle(cycle, tuple(_shown(reasons, hole) for hole in mine))
    edges = [cycle, cycle + 1]
    return Why((bundle,), _totals(_count(reasons, mine, edges), edges), (), notes=notes)


def free_to_move(dependences: Dependences, others: Sequence[Flow]) -> list[int]:
    """By operation its bound on all of these inputs.

    Without another input a load or store is not known to be free: its bound is its own cycle.
    """
    bound = list(dependences.bound)
    memory = [
        op for op, slot in enumerate(dependences.slot) if dependences.flow.access(slot).memory
    ]
    if not others:
        for op in memory:
            bound[op] = dependences.cycle[op]
    for other in others:
        waits = find_waits(other.program, other.trace)
        for op in parts_of("memory", memory):
            for at in range(waits.first[op], waits.first[op + 1]):
                then = dependences.cycle[waits.waited[at]]
                if then != dependences.cycle[op]:
                    bound[op] = max(bound[op], then + LATENCIES[waits.kinds[at]])
    return bound


class Reasons:
    """The reasons of one run."""

    def __init__(self, dependences: Dependences, others: Sequence[Flow]) -> None:
        self.dependences = dependences
        self.others = others
        self.bound = free_to_move(dependences, others)
        self._fullness = Fullness(dependences)
        self._roots: dict[int, str] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not claimed."""
        if self.others:
            return ()
        return (
            "No other input that goes the same way is known, so no load or store is said to be "
            "free to move.",
        )

    def holes(self, engine: int) -> Iterator[Hole]:
        """The free slots of an engine, in order of their cycles."""
        dependences = self.dependences
        mine = [op for op, of in enumerate(dependences.engine) if of == engine]
        movable = [op for op in mine if not dependences.fixed[op]]
        used = dependences.used[engine]
        free = [LIMITS[engine] - count for count in used]
        matched = self._match(movable, free)
        nearest = self._nearest(movable, len(free))
        for at, count in enumerate(free):
            cycle = dependences.start + at
            for op in matched.get(at, ()):
                yield Hole(cycle, engine, 1, SCHEDULER, op)
            left = count - len(matched.get(at, ()))
            if left:
                op = nearest[at]
                yield Hole(cycle, engine, left, self._local(op), op)

    def _match(self, ops: Sequence[int], free: Sequence[int]) -> dict[int, list[int]]:
        """Operations that could have been in free slots, by cycle since the start."""
        cycle, start = self.dependences.cycle, self.dependences.start
        # Each fits from its bound, or the horizon, to the cycle before its own.
        arriving: dict[int, list[int]] = {}
        for op in parts_of("free slots", ops):
            first = max(self.bound[op], cycle[op] - HORIZON)
            if first < cycle[op]:
                arriving.setdefault(first - start, []).append(op)
        waiting: list[tuple[int, int]] = []
        matched: dict[int, list[int]] = {}
        for at, count in enumerate(parts_of("free slots", free)):
            for op in arriving.get(at, ()):
                heappush(waiting, (cycle[op], op))
            while waiting and waiting[0][0] <= start + at:
                heappop(waiting)
            for _ in range(min(count, len(waiting))):
                matched.setdefault(at, []).append(heappop(waiting)[1])
        return matched

    def _nearest(self, ops: Sequence[int], cycles: int) -> list[int]:
        """By cycle the operation with the smallest bound after it, within the horizon; -1 for none.

        Going back in time operations come by falling bounds, so the last one to come is nearest,
        unless it is beyond the horizon, and then it stays there.
        """
        cycle, start, bound = self.dependences.cycle, self.dependences.start, self.bound
        coming = sorted(ops, key=lambda op: (bound[op], -cycle[op]))
        nearest = [-1] * cycles
        come: list[int] = []
        for at in parts_of("free slots", range(cycles - 1, -1, -1)):
            while coming and bound[coming[-1]] > start + at:
                come.append(coming.pop())
            while come and cycle[come[-1]] > start + at + HORIZON:
                come.pop()
            if come:
                nearest[at] = come[-1]
        return nearest

    def _local(self, op: int) -> str:
        if op < 0:
            return NONE_LEFT
        if self.bound[op] > self.dependences.bound[op]:
            return "memory"
        return NAMES[self.dependences.kind[op]]

    def by_cycle(self) -> dict[int, dict[str, str]]:
        """For each cycle with free slots, for each engine with any, the reason in a few words."""
        said: dict[int, dict[str, str]] = {}
        for engine in range(len(WORKING)):
            for hole in self.holes(engine):
                said.setdefault(hole.cycle, {}).setdefault(WORKING[engine], self._brief(hole))
        return said

    def _brief(self, hole: Hole) -> str:
        root = self.root(hole)
        said = _BRIEFLY.get(hole.reason, hole.reason)
        return said if root == hole.reason else f"{said} ({root})"

    def root(self, hole: Hole) -> str:
        """What the reason of a free slot goes back to."""
        if hole.reason != "dependence":
            return hole.reason
        return self._root_of(self.dependences.blocker[hole.waiting])

    def _root_of(self, op: int) -> str:
        """Why an operation was not issued earlier than it was."""
        dependences, roots = self.dependences, self._roots
        passed = []
        while op not in roots:
            passed.append(op)
            waited = dependences.cycle[op] - dependences.bound[op]
            kind = dependences.kind[op]
            if waited:
                roots[op] = self._late(op)
            elif kind == Wait.READ:
                op = dependences.blocker[op]
                continue
            else:
                roots[op] = NAMES[kind]
        for other in passed:
            roots[other] = roots[op]
        return roots[op]

    def _late(self, op: int) -> str:
        """What an operation waited for that had all its words."""
        dependences = self.dependences
        engine, bound, cycle = dependences.engine[op], dependences.bound[op], dependences.cycle[op]
        if self._fullness.full(engine, bound, cycle) == cycle - bound:
            return f"{WORKING[engine]} full"
        return "memory" if self.bound[op] > bound else SCHEDULER


def _shown(reasons: Reasons, hole: Hole) -> Empty:
    dependences, op = reasons.dependences, hole.waiting
    blocker = dependences.blocker[op] if op >= 0 and hole.reason != SCHEDULER else -1
    return Empty(
        WORKING[hole.engine],
        hole.slots,
        hole.reason,
        reasons.root(hole),
        dependences.slot_at(blocker) if blocker >= 0 else None,
        dependences.slot_at(op) if op >= 0 else None,
    )


_Counts = dict[tuple[int, int, str, str], int]
"""Free slots by window, engine, reason and root."""


def _count(reasons: Reasons, holes: Sequence[Hole], edges: Sequence[int]) -> _Counts:
    """The free slots between each edge and the next."""
    counts: _Counts = {}
    windows = [bisect_right(edges, cycle) - 1 for cycle in range(edges[0], edges[-1])]
    for hole in parts_of("roots", holes):
        window = windows[hole.cycle - edges[0]]
        key = window, hole.engine, hole.reason, reasons.root(hole)
        counts[key] = counts.get(key, 0) + hole.slots
    return counts


def _totals(counts: _Counts, edges: Sequence[int]) -> tuple[EmptyTotal, ...]:
    """By window and engine."""
    totals: dict[tuple[int, int], tuple[Counter[str], Counter[str]]] = {}
    for window, engine, *_ in counts:
        totals[window, engine] = Counter(), Counter()
    for (window, engine, reason, root), slots in counts.items():
        local, roots = totals[window, engine]
        local[reason] += slots
        roots[root] += slots
    return tuple(
        EmptyTotal(
            WORKING[engine],
            edges[window],
            edges[window + 1],
            local.total(),
            dict(local.most_common()),
            dict(roots.most_common()),
        )
        for (window, engine), (local, roots) in sorted(totals.items())
    )


def _together(counts: _Counts) -> _Counts:
    """All windows as one."""
    summed: _Counts = {}
    for (_, engine, reason, root), slots in counts.items():
        summed[0, engine, reason, root] = summed.get((0, engine, reason, root), 0) + slots
    return summed


def _window_edges(start: int, end: int) -> list[int]:
    count = max(min(WINDOWS, end - start), 1)
    return [start + (end - start) * part // count for part in range(count + 1)]
