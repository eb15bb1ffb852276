"""`list`, then stretches of it asked again: could these cycles be one fewer?

    cycles   0 ........ a ================ b ........ end
                        |  the operations  |  moves up by a cycle
                        |  in here, anew   |  for each one saved

All else staying as it is, a constraint solver puts the operations of a stretch into one cycle
fewer, again and again, or proves that they need every cycle they have. What does not fit by mere
counting of slots, or by the longest path, is proved without it. A small kernel is one stretch: its
proof holds for the whole of it.

A question as the solver gets it, for a stretch of L cycles:

    x[n, t]   operation n is issued in cycle t; exactly one t
    p[n, t]   it begins in t and ends in t + 1, as alu slots; instead of x
    W[t]      how many go as 8 alu slots in cycle t, of those that may
    X[t]      lanes in t of those that begin there; the rest of their 8 come in t + 1

with slot limits a cycle and latencies along the edges. Scratch is not in it: a proof without it
is a proof all the more, and an answer that scratch does not suffice for is not taken.

The solver runs alone, from a fixed seed, and its time is counted in its own steps: so the same
operations give the same schedule on any computer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kernels.errors import BuildError
from kernels.ir import Code
from kernels.schedule.base import Schedule
from kernels.schedule.list import assemble, pack_within_scratch, place_registers
from kernels.schedule.pack import Part
from kernels.schedule.pack_input import Kind, PackInput, flatten
from kernels.schedule.scratch import pin
from machine.isa import SLOT_LIMITS, VLEN

if TYPE_CHECKING:
    from kernels.build_request import BuildRequest

SETTING = "cpsat-time"
TIMES = range(1, 100_001)
DEFAULT_TIME = 10
"""Of all questions together, in the solver's own seconds: a few of ours each."""
QUESTION_TIME = 4.0
"""Of one question about a stretch that is not the whole."""
LEAST_TIME = 0.005
"""What a question costs that the solver is not asked, so that a long kernel has an end too."""
WHOLE = 700
"""Operations up to which a kernel is one stretch."""
STRETCH, STEP = 32, 16
"""Cycles of a stretch, and from the start of one to that of the next."""
SEED = 1
ENGINE_OF = {
    Kind.FLOW: "flow",
    Kind.LOAD: "load",
    Kind.STORE: "store",
    Kind.ALU: "alu",
    Kind.VALU: "valu",
    Kind.SPLITTABLE: "valu",
}


class Verdict(Enum):
    """What is known about one cycle fewer."""

    SHORTER = "shortened"
    PROVED = "proved shortest"
    OPEN = "left open"


def cpsat_schedule(request: BuildRequest) -> Schedule:
    """The schedule; its facts say what was shortened and what was proved. Raises BuildError."""
    solver = _solver()
    settings = dict(request.settings)
    budget = _time(settings.pop(SETTING, DEFAULT_TIME))
    code = replace(request, settings=settings).compile()
    address, pinned_words = pin(code)
    flat = flatten(code, pinned_words)
    parts = pack_within_scratch(code, flat)
    search = _Search(code, flat, address, pinned_words, solver, budget, parts)
    search.run()
    schedule = assemble(code, flat, address, search.parts, pinned_words)
    return replace(schedule, facts={"cpsat": search.facts()})


def _solver() -> Any:
    try:
        return import_module("ortools.sat.python.cp_model")
    except ImportError:
        message = "the scheduler cpsat needs OR-Tools: pip install 'vliwdbg[cpsat]'"
        raise BuildError(message) from None


def _time(value: Any) -> float:
    try:
        seconds = int(value)
    except (TypeError, ValueError):
        seconds = 0
    if seconds not in TIMES:
        raise BuildError(f"{SETTING} is {TIMES[0]} to {TIMES[-1]}, not {value!r}")
    return float(seconds)


@dataclass
class _Search:
    """A packing that becomes shorter, stretch by stretch."""

    code: Code
    flat: PackInput
    address: list[int]
    pinned_words: int
    solver: Any
    time: float
    """What is left."""
    parts: list[Part]
    verdicts: Counter[Verdict] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.before = self.length
        self.whole = sum(kind < Kind.JOIN for kind in self.flat.kind) <= WHOLE

    @property
    def length(self) -> int:
        return 1 + max((part.cycle for part in self.parts), default=-1)

    def run(self) -> None:
        if self.whole:
            self._shorten(0, self.length)
            return
        start = 0
        while start < self.length:
            self._shorten(start, min(start + STRETCH, self.length))
            start += STEP

    def facts(self) -> dict[str, Any]:
        """What came of it, in words and counts."""
        stretches = {verdict.value: self.verdicts[verdict] for verdict in Verdict}
        facts = {"cycles before": self.before, "cycles": self.length, **stretches}
        if self.whole:
            return {"optimal": self.verdicts[Verdict.OPEN] == 0, **facts}
        return {"stretch": STRETCH, **facts}

    def _shorten(self, start: int, end: int) -> None:
        while end > start:
            verdict = self._one_fewer(start, end)
            self.verdicts[verdict] += 1
            if verdict is not Verdict.SHORTER:
                return
            end -= 1

    def _one_fewer(self, start: int, end: int) -> Verdict:
        stretch = _Stretch(self.flat, self.parts, start, end)
        length = end - start - 1
        if not stretch.may_fit(length):
            self.time -= LEAST_TIME
            return Verdict.PROVED
        if self.time <= 0:
            return Verdict.OPEN
        question = _Question(self.solver, stretch, length)
        limit = self.time if self.whole else min(self.time, QUESTION_TIME)
        verdict = question.ask(limit)
        self.time -= max(question.time, LEAST_TIME)
        if verdict is Verdict.SHORTER and not self._take(
            stretch.replaced(question.parts(), length)
        ):
            return Verdict.OPEN
        return verdict

    def _take(self, parts: list[Part]) -> bool:
        """Make it the packing, if scratch suffices."""
        try:
            place_registers(self.flat, list(self.address), parts, self.pinned_words)
        except IndexError:
            return False
        self.parts = parts
        return True


class _Stretch:
    """The cycles from `start` up to but not including `end`, and what is issued there.

    An operation that begins before them, or ends after them, stays; its lanes are spoken for.
    """

    def __init__(self, flat: PackInput, packing: Sequence[Part], start: int, end: int) -> None:
        self.flat, self.packing, self.start, self.end = flat, packing, start, end
        inside = [part for part in packing if start <= part.cycle < end]
        lanes = Counter[int]()
        for part in inside:
            lanes[part.node] += part.lanes or VLEN
        self.nodes = [
            node
            for node, count in lanes.items()
            if count == VLEN or flat.kind[node] != Kind.SPLITTABLE
        ]
        free = set(self.nodes)
        self.ends_first = {p.node: p.lanes for p in inside if p.node not in free and p.lane}
        self.begins_last = {p.node: p.lanes for p in inside if p.node not in free and not p.lane}
        self.edges = list(self._edges(free | self.ends_first.keys() | self.begins_last.keys()))
        self.head, self.tail = self._paths()

    def _edges(self, members: set[int]) -> Iterator[tuple[int, int, int]]:
        """(from, to, latency) of those inside, by way of joins too."""
        known, stack = set(members), list(members)
        while stack:
            node = stack.pop()
            for target, latency in self.flat.graph.edges_of(node):
                if self.flat.kind[target] == Kind.JOIN and target not in known:
                    known.add(target)
                    stack.append(target)
                if target in known:
                    yield node, target, latency

    def _paths(self) -> tuple[dict[int, int], dict[int, int]]:
        """By node, the longest path from the first cycle to it, and from it to the last."""
        head: dict[int, int] = dict.fromkeys(self.ends_first, 0)
        tail: dict[int, int] = {}
        order = _in_order(self.edges)
        after: dict[int, list[tuple[int, int]]] = {}
        for source, target, latency in self.edges:
            after.setdefault(source, []).append((target, latency))
        for node in order:
            for target, latency in after.get(node, ()):
                head[target] = max(head.get(target, 0), head.get(node, 0) + latency)
        for node in reversed(order):
            edges = after.get(node, ())
            tail[node] = max((latency + tail[target] for target, latency in edges), default=0)
        return head, tail

    def may_fit(self, length: int) -> bool:
        """Whether so many cycles have the slots, and are as long as the longest path."""
        longest = max((self.head.get(n, 0) + self.tail.get(n, 0) for n in self.nodes), default=-1)
        return longest < length and all(
            used <= limit * length for used, limit in self._slots_and_limits()
        )

    def _slots_and_limits(self) -> Iterator[tuple[int, int]]:
        kinds = Counter(self.flat.kind[node] for node in self.nodes)
        for kind, engine in ENGINE_OF.items():
            if kind != Kind.SPLITTABLE:
                yield kinds[kind], SLOT_LIMITS[engine]
        taken = sum(self.ends_first.values()) + sum(self.begins_last.values())
        lanes = VLEN * (kinds[Kind.VALU] + kinds[Kind.SPLITTABLE]) + kinds[Kind.ALU] + taken
        yield lanes, VLEN * SLOT_LIMITS["valu"] + SLOT_LIMITS["alu"]

    def replaced(self, parts: Sequence[Part], length: int) -> list[Part]:
        """The packing with these parts in the stretch, its cycles counted from 0."""
        free, saved = set(self.nodes), self.end - self.start - length
        anew = [part._replace(cycle=part.cycle + self.start) for part in parts]
        for part in self.packing:
            if part.node in free:
                continue
            late = part.cycle >= self.end or part.node in self.begins_last
            anew.append(part._replace(cycle=part.cycle - saved) if late else part)
        return sorted(anew, key=lambda part: (part.cycle, part.node))


def _in_order(edges: Sequence[tuple[int, int, int]]) -> list[int]:
    """The nodes of these edges, each before those that it leads to."""
    waiting = Counter(target for _, target, _ in edges)
    after: dict[int, list[int]] = {}
    for source, target, _ in edges:
        after.setdefault(source, []).append(target)
    order = [node for node in after if not waiting[node]]
    for node in order:
        for target in after.get(node, ()):
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    return order


class _Question:
    """Whether a stretch can be done in `length` cycles, in the solver's terms."""

    def __init__(self, solver: Any, stretch: _Stretch, length: int) -> None:
        self.cp, self.stretch, self.length = solver, stretch, length
        self.kind = stretch.flat.kind
        self.model = solver.CpModel()
        self.whole: dict[tuple[int, int], Any] = {}
        self.begun: dict[tuple[int, int], Any] = {}
        self.first: dict[int, Any] = {}
        self.last: dict[int, Any] = {}
        for node in stretch.nodes:
            self._place(node)
        self.lanes = [self._lanes(cycle) for cycle in range(length)]
        for cycle in range(length):
            self._limit(cycle)
        for source, target, latency in stretch.edges:
            self.model.add(self._last(source) + latency <= self._first(target))
        self.run = solver.CpSolver()

    def _place(self, node: int) -> None:
        model, stretch = self.model, self.stretch
        low = stretch.head.get(node, 0)
        high = self.length - 1 - stretch.tail.get(node, 0)
        cycles = range(low, high + 1)
        splits = cycles[:-1] if self.kind[node] == Kind.SPLITTABLE else ()
        whole = {cycle: model.new_bool_var("") for cycle in cycles}
        begun = {cycle: model.new_bool_var("") for cycle in splits}
        model.add_exactly_one(*whole.values(), *begun.values())
        first = model.new_int_var(low, high, "")
        places = [*whole.items(), *begun.items()]
        model.add(first == sum(cycle * here for cycle, here in places))
        self.first[node], self.last[node] = first, first + sum(begun.values())
        self.whole.update({(node, cycle): here for cycle, here in whole.items()})
        self.begun.update({(node, cycle): here for cycle, here in begun.items()})

    def _lanes(self, cycle: int) -> tuple[Any, Any, Any]:
        """(W, how many begin, X) of a cycle."""
        most = SLOT_LIMITS["alu"]
        here = [begun for (_, at), begun in self.begun.items() if at == cycle]
        count, lanes = sum(here), self.model.new_int_var(0, most, "")
        self.model.add(lanes >= count)
        self.model.add(lanes <= (VLEN - 1) * count)
        return self.model.new_int_var(0, most // VLEN, ""), count, lanes

    def _limit(self, cycle: int) -> None:
        of = {kind: sum(self._issued(kind, cycle)) for kind in ENGINE_OF}
        for kind in (Kind.FLOW, Kind.LOAD, Kind.STORE):
            self.model.add(of[kind] <= SLOT_LIMITS[ENGINE_OF[kind]])
        by_alu, _, begun = self.lanes[cycle]
        self.model.add(by_alu <= of[Kind.SPLITTABLE])
        self.model.add(of[Kind.VALU] + of[Kind.SPLITTABLE] - by_alu <= SLOT_LIMITS["valu"])
        alu = of[Kind.ALU] + VLEN * by_alu + begun + self._taken(cycle)
        if cycle:
            _, count, lanes = self.lanes[cycle - 1]
            alu += VLEN * count - lanes
        self.model.add(alu <= SLOT_LIMITS["alu"])

    def _issued(self, kind: int, cycle: int) -> Iterator[Any]:
        for node in self.stretch.nodes:
            if self.kind[node] == kind and (node, cycle) in self.whole:
                yield self.whole[node, cycle]

    def _taken(self, cycle: int) -> int:
        """Alu lanes of operations that stay where they are."""
        first = sum(self.stretch.ends_first.values()) if cycle == 0 else 0
        last = sum(self.stretch.begins_last.values()) if cycle == self.length - 1 else 0
        return first + last

    def _first(self, node: int) -> Any:
        if node in self.stretch.begins_last:
            return self.length - 1
        if node not in self.first:
            self._join(node)
        return self.first[node]

    def _last(self, node: int) -> Any:
        if node in self.stretch.ends_first:
            return 0
        if node not in self.last:
            self._join(node)
        return self.last[node]

    def _join(self, node: int) -> None:
        low = self.stretch.head.get(node, 0)
        self.first[node] = self.last[node] = self.model.new_int_var(low, self.length, "")

    def ask(self, limit: float) -> Verdict:
        """The answer, within so many deterministic seconds."""
        parameters = self.run.parameters
        parameters.num_workers = 1
        parameters.random_seed = SEED
        parameters.max_deterministic_time = limit
        status = self.run.solve(self.model)
        found = {self.cp.FEASIBLE: Verdict.SHORTER, self.cp.OPTIMAL: Verdict.SHORTER}
        found[self.cp.INFEASIBLE] = Verdict.PROVED
        return found.get(status, Verdict.OPEN)

    @property
    def time(self) -> float:
        """What the answer took."""
        return float(self.run.response_proto.deterministic_time)

    def parts(self) -> list[Part]:
        """The answer, cycle by cycle from 0."""
        true = self.run.boolean_value
        whole: dict[int, list[int]] = {cycle: [] for cycle in range(self.length)}
        begun: dict[int, list[int]] = {cycle: [] for cycle in range(self.length)}
        for rows, chosen in ((self.whole, whole), (self.begun, begun)):
            for (node, cycle), here in rows.items():
                if true(here):
                    chosen[cycle].append(node)
        return [
            part
            for cycle, (by_alu, _, lanes) in enumerate(self.lanes)
            for part in (
                *self._whole_parts(cycle, whole[cycle], self.run.value(by_alu)),
                *_split_parts(cycle, begun[cycle], self.run.value(lanes)),
            )
        ]

    def _whole_parts(self, cycle: int, nodes: Sequence[int], by_alu: int) -> Iterator[Part]:
        for node in nodes:
            if self.kind[node] == Kind.SPLITTABLE and by_alu:
                by_alu -= 1
                yield Part(cycle, node, 0, VLEN)
            else:
                yield Part(cycle, node)


def _split_parts(cycle: int, nodes: Sequence[int], lanes: int) -> Iterator[Part]:
    """Both parts of operations that begin with so many lanes together, at least one each."""
    for left, node in zip(range(len(nodes) - 1, -1, -1), nodes, strict=True):
        mine = min(VLEN - 1, lanes - left)
        lanes -= mine
        yield Part(cycle, node, 0, mine)
        yield Part(cycle + 1, node, mine, VLEN - mine)
