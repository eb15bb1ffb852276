"""What differs between two programs, whatever their order and registers.

Both run on the same random inputs of full words. Lanes are matched by what they compute
(`vliwdbg.inspect.signatures`), as often as it occurs in both. Where something moved to is told by
the lanes alone whose computation occurs once in each: of several like ones nobody knows which is
which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from statistics import median_low

from machine.program import Program
from vliwdbg.inspect.dependences import LIMITS, WORKING
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.signatures import KINDS, Signatures, slots_of_nodes
from vliwdbg.inspect.words import notes_of
from vliwdbg.views.diff import Diff, Gain, Shift, Side, Surplus

WINDOWS = 8
MOST_SHIFTS = 6
_STAGE = "stage"


def diff(a: Signatures, b: Signatures, names: tuple[str, str] = ("A", "B")) -> Diff:
    """What differs between two programs that were run on the same inputs."""
    counts_a, counts_b = Counter(a.computations), Counter(b.computations)
    only_a, only_b = _only(a.computations, counts_b), _only(b.computations, counts_a)
    moves = _moves(a.flow, b.flow, _pairs(a.computations, b.computations, counts_a, counts_b))
    other_values = _only(a.values[: len(a.flow)], Counter(b.values[: len(b.flow)]))
    lanes = len(a.flow) + len(b.flow)
    return Diff(
        _side(a, names[0]),
        _side(b, names[1]),
        min(len(a.inputs), len(b.inputs)),
        1 - (len(only_a) + len(only_b)) / lanes if lanes else 1.0,
        2 * (len(a.flow) - len(other_values)) / lanes if lanes else 1.0,
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
    for pc, times in Counter(flow.pcs).items():
        for group in columns.groups_of(pc):
            engine = columns.group_engine[group]
            if engine < len(WORKING):
                used[WORKING[engine]] += times * len(columns.slots_of(group))
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


def _only(numbers: Sequence[int], others: Counter[int]) -> list[int]:
    """The nodes whose number the other program has less often: the last ones of each."""
    left = others.copy()
    only = []
    for node, number in enumerate(numbers):
        if left.get(number):
            left[number] -= 1
        else:
            only.append(node)
    return only


def _surplus(sides: Sequence[Signatures], only: Sequence[Sequence[int]]) -> Iterator[Surplus]:
    """By opcode and, where both tell it, by stage; the most first."""
    both = list(zip(sides, only, strict=True))
    yield from _counted("opcode", [_kinds(signed, nodes) for signed, nodes in both])
    stages = [_stages(signed.flow.program) for signed in sides]
    if all(stages):
        yield from _counted(
            _STAGE,
            [
                Counter(map(names.__getitem__, map(slots_of_nodes(signed.flow).__getitem__, nodes)))
                for names, (signed, nodes) in zip(stages, both, strict=True)
            ],
        )


def _kinds(signed: Signatures, nodes: Sequence[int]) -> Counter[str]:
    return Counter(KINDS[signed.codes[node]] for node in nodes)


def _stages(program: Program) -> list[str]:
    """By slot the stage that its provenance tells; empty where there is none."""
    if len(program.slots) != program.columns.slot_count:
        return []
    return [
        str(slot.get(_STAGE, "other")) if isinstance(slot, Mapping) else "other"
        for slot in program.slots
    ]


def _counted(by: str, counts: Sequence[Counter[str]]) -> Iterator[Surplus]:
    for name, _ in (counts[0] + counts[1]).most_common():
        yield Surplus(by, name, counts[0][name], counts[1][name])


# --- where it moved -------------------------------------------------------------------------------


def _pairs(
    a: Sequence[int], b: Sequence[int], counts_a: Counter[int], counts_b: Counter[int]
) -> list[tuple[int, int]]:
    """Nodes whose computation occurs once in each, those of A in order."""
    once = {one: node for node, one in enumerate(b) if counts_b[one] == 1}
    return [(node, once[one]) for node, one in enumerate(a) if one in once and counts_a[one] == 1]


Move = tuple[int, int, int, int]
"""A cycle of A, a node of A, the node of B, and how many cycles later it is."""


def _moves(a: Flow, b: Flow, pairs: Sequence[tuple[int, int]]) -> list[Move]:
    """One for each slot, that of its first lane."""
    cycle_a, cycle_b = _cycles_of_nodes(a), _cycles_of_nodes(b)
    slots = slots_of_nodes(a)
    moves, before = [], None
    for node, other in pairs:
        place = cycle_a[node], slots[node]
        if place != before:
            moves.append((cycle_a[node], node, other, cycle_b[other] - cycle_a[node]))
        before = place
    return moves


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
    for window in range(WINDOWS):
        first, stop = cycles * window // WINDOWS, cycles * (window + 1) // WINDOWS
        inside = [later for cycle, *_, later in moves if first <= cycle < stop]
        if not inside:
            continue
        here = median_low(inside)
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
    for away, node, other, later in far[:MOST_SHIFTS]:
        if away:
            yield Shift(a.slot_of_node(node), b.slot_of_node(other), later)
