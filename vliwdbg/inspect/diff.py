"""What differs between two programs, whatever their order and registers.

Both run on the same random inputs of full words. Lanes are matched by what they compute
(`vliwdbg.inspect.signatures`), as often as it occurs in both. Where something moved to is told by
the lanes alone whose computation occurs once in each: of several like ones nobody knows which is
which.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from statistics import median_low

from machine.program import Program
from vliwdbg.inspect.dependences import LIMITS, WORKING
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.signatures import KINDS, Signatures, slots_of_nodes
from vliwdbg.inspect.words import notes_of
from vliwdbg.views.diff import Diff, Gain, Shift, Side, Surplus

WINDOWS = 8
MOST_SHIFTS = 6
_STAGE = "stage"


def diff(a: Signatures, b: Signatures, names: tuple[str, str] = ("A", "B")) -> Diff:
    """What differs between two programs that were run on the same inputs."""
    counts_a, counts_b = Counter(a.computations), Counter(b.computations)
    only_a = _only(a.computations, counts_a, counts_b)
    only_b = _only(b.computations, counts_b, counts_a)
    moves = _moves(a.flow, b.flow, _pairs(a.computations, b.computations, counts_a, counts_b))
    values_a, values_b = (Counter(side.values[: len(side.flow)]) for side in (a, b))
    same_values = sum(min(count, values_b.get(one, 0)) for one, count in values_a.items())
    lanes = len(a.flow) + len(b.flow)
    return Diff(
        _side(a, names[0]),
        _side(b, names[1]),
        min(len(a.inputs), len(b.inputs)),
        1 - (len(only_a) + len(only_b)) / lanes if lanes else 1.0,
        2 * same_values / lanes if lanes else 1.0,
        tuple(_surplus((a, b), (only_a, only_b))),
        tuple(_gains(a.flow, moves)),
        median_low(abs(later) for *_, later in moves) if moves else 0,
        tuple(_shifts(a.flow, b.flow, moves)),
        notes=tuple(_notes(a, b, names)),
    )


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


def _only(numbers: Sequence[int], counts: Counter[int], others: Counter[int]) -> list[int]:
    """The nodes whose number the other program has less often: the last ones of each. `counts` are
    those of the numbers, `others` those of the other program."""
    common = others.get
    left = {
        number: common(number, 0) for number, count in counts.items() if count > common(number, 0)
    }
    only = []
    for node in [node for node, number in enumerate(numbers) if number in left]:
        number = numbers[node]
        if left[number]:
            left[number] -= 1
        else:
            only.append(node)
    return only


def _surplus(sides: Sequence[Signatures], only: Sequence[Sequence[int]]) -> Iterator[Surplus]:
    """By opcode and, where both tell it, by stage; the most first."""
    both = list(zip(sides, only, strict=True))
    yield from _counted("opcode", [_kinds(signed, nodes) for signed, nodes in both])
    if all(_tells_stages(signed.flow.program) for signed in sides):
        yield from _counted(_STAGE, [_stages(signed, nodes) for signed, nodes in both])


def _kinds(signed: Signatures, nodes: Sequence[int]) -> Counter[str]:
    return Counter(KINDS[signed.codes[node]] for node in nodes)


def _tells_stages(program: Program) -> bool:
    return 0 < len(program.slots) == program.columns.slot_count


def _stages(signed: Signatures, nodes: Sequence[int]) -> Counter[str]:
    """The stages that provenance tells of the slots of these nodes."""
    slots, provenance = slots_of_nodes(signed.flow), signed.flow.program.slots
    counts = Counter[str]()
    for slot, count in Counter(map(slots.__getitem__, nodes)).items():
        told = provenance[slot]
        stage = str(told.get(_STAGE, "other")) if isinstance(told, Mapping) else "other"
        counts[stage] += count
    return counts


def _counted(by: str, counts: Sequence[Counter[str]]) -> Iterator[Surplus]:
    for name, _ in (counts[0] + counts[1]).most_common():
        yield Surplus(by, name, counts[0][name], counts[1][name])


# --- where it moved -------------------------------------------------------------------------------


def _pairs(
    a: Sequence[int], b: Sequence[int], counts_a: Counter[int], counts_b: Counter[int]
) -> list[tuple[int, int]]:
    """Nodes whose computation occurs once in each, those of A in order."""
    last_a, last_b = (dict(zip(side, range(len(side)), strict=True)) for side in (a, b))
    # Counters keep the order in which numbers came.
    return [
        (last_a[one], last_b[one])
        for one in parts_of("pairs", list(counts_a))
        if counts_a[one] == 1 and counts_b.get(one) == 1
    ]


Move = tuple[int, int, int, int]
"""A cycle of A, a node of A, the node of B, and how many cycles later it is."""


def _moves(a: Flow, b: Flow, pairs: Sequence[tuple[int, int]]) -> list[Move]:
    """One for each slot, that of its first lane."""
    cycle_a, cycle_b = _cycles_of_nodes(a), _cycles_of_nodes(b)
    slots = slots_of_nodes(a)
    moves, before = [], None
    for node, other in parts_of("moves", pairs):
        place = cycle_a[node], slots[node]
        if place != before:
            moves.append((cycle_a[node], node, other, cycle_b[other] - cycle_a[node]))
        before = place
    return moves


def partners(a: Signatures, b: Signatures) -> list[int]:
    """By bundle of A the bundle of B that computes most of what it does; -1 where none does."""
    counts_a, counts_b = Counter(a.computations), Counter(b.computations)
    pairs = _pairs(a.computations, b.computations, counts_a, counts_b)
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


def _cycles_of_nodes(flow: Flow) -> list[int]:
    cycles: list[int] = []
    first = flow.first_node
    for step, cycle in enumerate(flow.cycles[: len(flow.pcs)]):
        cycles += [cycle] * (first[step + 1] - first[step])
    return cycles


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
