"""The chain of waits that leads to the last store of an output, and slack in the schedule as given.

From the last store backwards: an operation was ready at its bound. Up to then it waited for the
operation that the bound comes from; from then on, if it was issued later, for its engine where that
was full, and for the scheduler where it was not. Its blocker is the next link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate

from vliwdbg.inspect.dependences import (
    LIMITS,
    MEMORY,
    STORAGE,
    WORKING,
    Dependences,
    Wait,
)
from vliwdbg.inspect.outputs import output_addresses
from vliwdbg.inspect.words import notes_of
from vliwdbg.views.schedule import Critical, Link, Slack, SlackRow, SlotSlack

NAMES: Mapping[int, str] = {
    **dict.fromkeys(STORAGE, "storage"),
    **dict.fromkeys(MEMORY, "memory"),
    Wait.READ: "dependence",
    Wait.CONTROL: "control",
    Wait.START: "start",
}
"""What each kind of wait is called."""
SLACK_BOUNDS = (0, 1, 2, 4, 8, 16, 32, 64)
MOST_SLACK = 10
MOST_LINKS = 40


class Fullness:
    """In how many of some cycles an engine was full."""

    def __init__(self, dependences: Dependences) -> None:
        self._start = dependences.start
        self._before = [
            list(accumulate((used == limit for used in row), initial=0))
            for row, limit in zip(dependences.used, LIMITS, strict=True)
        ]

    def full(self, engine: int, first: int, stop: int) -> int:
        """Of the cycles first:stop those with no slot of the engine left."""
        before = self._before[engine]
        return before[stop - self._start] - before[first - self._start]


def critical(dependences: Dependences) -> Critical:
    """The critical chain of the schedule as it was given."""
    split: Counter[str] = Counter()
    fullness = Fullness(dependences)
    links: list[Link] = []
    length = 0
    last = _last_store(dependences)
    for op, blocker, kind, bound in _chain(dependences, last):
        engine = dependences.engine[op]
        waited = dependences.cycle[op] - bound
        full = fullness.full(engine, bound, dependences.cycle[op])
        split[WORKING[engine]] += full
        split["scheduler"] += waited - full
        before = dependences.start if blocker < 0 else dependences.cycle[blocker]
        latency = bound - before
        split[NAMES[kind]] += latency
        waits_for = WORKING[engine] if full == waited else "scheduler"
        length += 1
        if length <= MOST_LINKS:
            slot = dependences.slot_at(op)
            links.append(Link(slot, waits_for if waited else "", waited, NAMES[kind], latency))
    # The cycle of the last store itself.
    if links:
        split["dependence"] += 1
    cycles = dependences.cycle[last] + 1 - dependences.start if links else 0
    assert sum(split.values()) == cycles
    return Critical(
        cycles,
        {name: count for name, count in split.most_common() if count},
        tuple(links),
        length - len(links),
        notes=notes_of(dependences.flow),
    )


def _last_store(dependences: Dependences) -> int:
    """The last operation that stores to an output; without one the last that does anything."""
    flow = dependences.flow
    wanted = output_addresses(flow)
    for op in range(len(dependences) - 1, -1, -1):
        slot = dependences.slot[op]
        if flow.access(slot).memory == "write":
            nodes = flow.nodes_of(dependences.step[op], slot)
            if any(flow.addresses[node] in wanted for node in nodes):
                return op
    working = (op for op in range(len(dependences) - 1, -1, -1) if not dependences.fixed[op])
    return next(working, -1)


def _chain(dependences: Dependences, op: int) -> Iterator[tuple[int, int, int, int]]:
    """Operations from one backwards, each with its blocker, the kind of wait, and its bound."""
    seen: set[int] = set()
    while op >= 0:
        seen.add(op)
        bound = dependences.bound[op]
        blocker, kind = dependences.blocker[op], dependences.kind[op]
        if dependences.fixed[op] and bound < dependences.cycle[op] and op - 1 not in seen:
            # It stays behind all that comes before it.
            bound = max(bound, dependences.cycle[op - 1])
            blocker, kind = op - 1, Wait.CONTROL
        elif kind == Wait.CONTROL:
            blocker = dependences.before_stretch(op)
        elif blocker in seen:
            # Two that read what the other overwrites, in one bundle: on with what is not them.
            others = [
                (dependences.cycle[other] + dependences.latency(other, why, op), other, why)
                for other, why in dependences.waits(op)
                if other not in seen
            ]
            _, blocker, kind = max(others, default=(0, -1, Wait.START))
        yield op, blocker, kind, bound
        op = blocker


def slack(dependences: Dependences) -> Slack:
    """How much later each operation could be in the schedule as it was given."""
    later = [
        0 if fixed else latest - here
        for latest, here, fixed in zip(
            dependences.latest, dependences.cycle, dependences.fixed, strict=True
        )
    ]
    order = sorted(range(len(later)), key=lambda op: -later[op])[:MOST_SLACK]
    rows = []
    for code, engine in enumerate(WORKING):
        mine = [slack for slack, of in zip(later, dependences.engine, strict=True) if of == code]
        counts = Counter(map(_slack_class, mine))
        histogram = tuple(counts[at] for at in range(len(SLACK_BOUNDS)))
        rows.append(SlackRow(engine, len(mine), counts[0], histogram))
    return Slack(
        dependences.end - dependences.start,
        len(later),
        SLACK_BOUNDS,
        tuple(rows),
        tuple(
            SlotSlack(
                dependences.slot_at(op), dependences.bound[op], dependences.cycle[op] + later[op]
            )
            for op in sorted(order)
        ),
        notes=notes_of(dependences.flow),
    )


def _slack_class(cycles: int) -> int:
    return min(cycles.bit_length(), len(SLACK_BOUNDS) - 1)
