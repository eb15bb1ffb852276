"""What differs between two programs, whatever their order and registers.

Both run on the same random inputs of full words. Lanes are matched by what they compute
(`vliwdbg.inspect.signatures`), as often as it occurs in both. Where something moved to is told by
the lanes alone whose computation occurs once in each: of several like ones nobody knows which is
which.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, repeat
from operator import itemgetter, sub
from statistics import median_low
from typing import Any

from machine.program import Program
from vliwdbg.inspect.dependences import LIMITS, WORKING
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.live import node_cycles
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.signatures import KINDS, Signatures, slots_of_nodes
from vliwdbg.inspect.words import notes_of
from vliwdbg.views.diff import Diff, Gain, Shift, Side, Surplus

WINDOWS = 8
MOST_SHIFTS = 6
_STAGE = "stage"


def diff(a: Signatures, b: Signatures, names: tuple[str, str] = ("A", "B")) -> Diff:
    """What differs between two programs that were run on the same inputs."""
    both = _Numbers(a.computations, b.computations)
    only = both.only()
    # Equal computations make equal values, so only what is left has to be compared.
    values = _Numbers(*(
        [signed.values[node] for node in nodes] for signed, nodes in zip((a, b), only, strict=True)
    ))  # fmt: skip
    moves = _moves(a.flow, b.flow, both.pairs())
    lanes = len(a.flow) + len(b.flow)
    return Diff(
        _side(a, names[0]),
        _side(b, names[1]),
        min(len(a.inputs), len(b.inputs)),
        1 - sum(map(len, only)) / lanes if lanes else 1.0,
        1 - values.different / lanes if lanes else 1.0,
        tuple(_surplus((a, b), only)),
        tuple(_gains(a.flow, moves)),
        median_low(abs(later) for *_, later in moves) if moves else 0,
        tuple(_shifts(a.flow, b.flow, moves)),
        notes=tuple(_notes(a, b, names)),
    )


class _Numbers:
    """What is equal in two programs, by node. Each number of theirs, a hash, is looked up once; it
    is told from there on by where it occurs first, in A and then in B."""

    def __init__(self, a: Sequence[int], b: Sequence[int]) -> None:
        first: dict[int, int] = {}
        both = chain(parts_of("matches", a), parts_of("matches", b))
        numbers = list(map(first.setdefault, both, count()))
        self.sides = numbers[: len(a)], numbers[len(a) :]
        self._times = tuple(_times(side, len(numbers)) for side in self.sides)

    @property
    def different(self) -> int:
        """The nodes of both that have no counterpart in the other."""
        return sum(map(abs, map(sub, *self._times)))

    def only(self) -> tuple[list[int], list[int]]:
        """The nodes of each whose number the other has less often: the last ones of each number."""
        a, b = self._times
        one, other = self.sides
        return _last(one, list(map(sub, a, b))), _last(other, list(map(sub, b, a)))

    def pairs(self) -> list[tuple[int, int]]:
        """Nodes whose number occurs once in each, those of A in order."""
        a, b = self._times
        node_of = dict(zip(self.sides[1], count()))
        # What occurs once in A is told by its node there.
        return [
            (node, node_of[node]) for node in range(len(self.sides[0])) if a[node] == 1 == b[node]
        ]


def _times(numbers: Sequence[int], below: int) -> list[int]:
    """How often each number occurs."""
    times = [0] * below
    for number in numbers:
        times[number] += 1
    return times


def _last(numbers: Sequence[int], more: list[int]) -> list[int]:
    """The last nodes of each number, as many as there are more."""
    nodes = []
    for node in range(len(numbers) - 1, -1, -1):
        number = numbers[node]
        if more[number] > 0:
            more[number] -= 1
            nodes.append(node)
    return nodes[::-1]


def _side(signed: Signatures, name: str) -> Side:
    flow = signed.flow
    columns = flow.columns
    used = Counter[str]()
    times_of = Counter(flow.pcs)
    for pc in parts_of("use", list(times_of)):
        for group in columns.groups_of(pc):
            engine = columns.group_engine[group]
            if engine < len(WORKING):
                used[WORKING[engine]] += times_of[pc] * len(columns.slots_of(group))
    cycles = flow.ending.cycle
    parts = {
        engine: used[engine] / (limit * cycles) if cycles else 0.0
        for engine, limit in zip(WORKING, LIMITS, strict=True)
    }
    return Side(name, cycles, len(flow), parts)


def _notes(a: Signatures, b: Signatures, names: Sequence[str]) -> Iterator[str]:
    for signed, name in zip((a, b), names, strict=True):
        if signed.strays:
            yield (
                f"{name} goes another way on {signed.strays} of "
                f"{signed.strays + len(signed.inputs)} inputs, which are left out."
            )
        for note in notes_of(signed.flow):
            yield f"{name}: {note}"


# --- without a counterpart ------------------------------------------------------------------------


def _surplus(sides: Sequence[Signatures], only: Sequence[Sequence[int]]) -> Iterator[Surplus]:
    """By opcode and, where both tell it, by stage; the most first."""
    both = list(zip(sides, only, strict=True))
    yield from _counted("opcode", [_kinds(signed, nodes) for signed, nodes in both])
    if all(_tells_stages(signed.flow.program) for signed in sides):
        yield from _counted(_STAGE, [_stages(signed, nodes) for signed, nodes in both])


def _kinds(signed: Signatures, nodes: Sequence[int]) -> Counter[str]:
    codes = Counter(map(signed.codes.__getitem__, nodes))
    return _summed((KINDS[code], times) for code, times in codes.items())


def _summed(counts: Iterable[tuple[str, int]]) -> Counter[str]:
    """What is counted under one name, as one."""
    sums = Counter[str]()
    for name, times in counts:
        sums[name] += times
    return sums


def _tells_stages(program: Program) -> bool:
    return 0 < len(program.slots) == program.columns.slot_count


def _stages(signed: Signatures, nodes: Sequence[int]) -> Counter[str]:
    """The stages that provenance tells of the slots of these nodes."""
    counts = Counter(map(slots_of_nodes(signed.flow).__getitem__, nodes))
    provenance = signed.flow.program.slots
    return _summed((_stage(provenance[slot]), times) for slot, times in counts.items())


def _stage(told: Any) -> str:
    return str(told.get(_STAGE, "other")) if isinstance(told, Mapping) else "other"


def _counted(by: str, counts: Sequence[Counter[str]]) -> Iterator[Surplus]:
    for name, _ in (counts[0] + counts[1]).most_common():
        yield Surplus(by, name, counts[0][name], counts[1][name])


# --- where it moved -------------------------------------------------------------------------------


Move = tuple[int, int, int, int]
"""A cycle of A, a node of A, the node of B, and how many cycles later it is."""


def _moves(a: Flow, b: Flow, pairs: Iterable[tuple[int, int]]) -> list[Move]:
    """One for each slot, that of its first lane."""
    cycle_a, cycle_b = node_cycles(a), node_cycles(b)
    starts = a.slot_starts
    moves, before = [], -1
    for node, other in pairs:
        start = starts[node]
        if start != before:
            moves.append((cycle_a[node], node, other, cycle_b[other] - cycle_a[node]))
        before = start
    return moves


def partners(a: Signatures, b: Signatures) -> list[int]:
    """By bundle of A the bundle of B that computes most of what it does; -1 where none does."""
    pairs = _Numbers(a.computations, b.computations).pairs()
    pcs_a, pcs_b = (list(_pcs_of_nodes(side.flow)) for side in (a, b))
    common: dict[int, Counter[int]] = {}
    for one, other in pairs:
        common.setdefault(pcs_a[one], Counter())[pcs_b[other]] += 1
    return [
        common[pc].most_common(1)[0][0] if pc in common else -1 for pc in range(len(a.flow.program))
    ]


def _pcs_of_nodes(flow: Flow) -> Iterator[int]:
    first = flow.first_node
    for step, pc in enumerate(flow.pcs):
        yield from repeat(pc, first[step + 1] - first[step])


def _gains(a: Flow, moves: Sequence[Move]) -> Iterator[Gain]:
    """By window, how much later B is at its end than at its start."""
    if not moves:
        return
    cycles, before = a.ending.cycle, 0
    edges = [cycles * window // WINDOWS for window in range(WINDOWS + 1)]
    inside: list[list[int]] = [[] for _ in range(WINDOWS)]
    for cycle, _, _, later in moves:
        inside[bisect_right(edges, cycle) - 1].append(later)
    for first, stop, found in zip(edges, edges[1:], inside, strict=False):
        if found:
            here = median_low(found)
            yield Gain(first, stop, here - before)
            before = here


def _shifts(a: Flow, b: Flow, moves: Sequence[Move]) -> Iterator[Shift]:
    """The slots that moved farthest from where their window went."""
    if not moves:
        return
    size = max(1, a.ending.cycle // WINDOWS + 1)
    windows: dict[int, list[int]] = {}
    for cycle, *_, later in moves:
        windows.setdefault(cycle // size, []).append(later)
    usual = {window: median_low(found) for window, found in windows.items()}
    far = [
        (abs(later - usual[cycle // size]), node, other, later)
        for cycle, node, other, later in moves
    ]
    far.sort(key=itemgetter(0), reverse=True)
    apart: dict[tuple[int, int], tuple[int, int, int]] = {}
    for away, node, other, later in far:
        if not away or len(apart) == MOST_SHIFTS:
            break
        # Lanes that came together in one slot are told once.
        apart.setdefault(b.place(other)[:2], (node, other, later))
    for node, other, later in apart.values():
        yield Shift(a.slot_of_node(node), b.slot_of_node(other), later)
