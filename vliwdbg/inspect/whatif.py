"""What a run would take with other limits, other words, or some operations for nothing.

Each operation is put in the earliest cycle that those it waits for and its engine leave it, in the
order of the schedule as given. That is never later than it was: by induction, whatever was before
it is no later either, so its own cycle is always free for it. (Scheduling the operations anew by a
list is not so: it may well come out worse.) It is what the given order gains, no more: a scheduler
that may choose another order can gain more.

A bundle's jump, pause or halt keeps its place between what came before it and what comes after. Two
operations of a bundle that each overwrite what the other reads stay together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from machine.access import Kind
from machine.core.waits import LATENCIES, LOADED, RESTORED, STORED, find_waits
from machine.isa import OPCODES, SCRATCH_SIZE
from machine.problem import Layout
from vliwdbg.inspect.dependences import LIMITS, STORAGE, WORKING, Dependences
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.live import live
from vliwdbg.inspect.outcome import outcome_of
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.words import notes_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.whatif import MoreScratch, WhatIf

USAGE = "same, rename, ENGINE=SLOTS like load=3, or free=OPCODE like free=const"
_LIMIT = re.compile(r"([a-z]+)=([0-9]{1,4})")
_FREE = re.compile(r"free=(\S+)")


@dataclass
class Change:
    """What is different."""

    text: str
    limits: list[int] = field(default_factory=lambda: list(LIMITS))
    renamed: bool = False
    free: dict[int, str] = field(default_factory=dict)
    """The opcodes that take no slot, by number, with their names."""


def read_change(text: str) -> Change:
    """A change as it is written: `same`, `rename`, `load=3`, `free=const`, several with spaces.

    Raises DebuggerError for what is none.
    """
    change = Change(" ".join(text.split()) or "same")
    for word in text.split():
        if word == "rename":
            change.renamed = True
        elif match := _FREE.fullmatch(word):
            change.free |= _opcodes(match[1])
        elif match := _LIMIT.fullmatch(word):
            engine, slots = match[1], int(match[2])
            if engine not in WORKING:
                known = ", ".join(WORKING)
                raise DebuggerError(f"No engine is called {engine!r}; there are {known}.")
            if not slots:
                raise DebuggerError(f"With no slots of {engine} nothing runs; give it at least 1.")
            change.limits[WORKING.index(engine)] = slots
        elif word != "same":
            raise DebuggerError(f"{word!r} is no change; there are {USAGE}.")
    return change


def _opcodes(name: str) -> dict[int, str]:
    """The opcodes of this name, `valu:+` or, of any engine, `+`; or all of an engine, `flow`."""
    found = {
        row.code: f"{row.engine}:{row.name}"
        for row in OPCODES
        if row.engine in WORKING and name in (row.name, row.engine, f"{row.engine}:{row.name}")
    }
    if not found:
        raise DebuggerError(f"No opcode is called {name!r}; write one like const or valu:+.")
    return found


def whatif(dependences: Dependences, text: str, others: Sequence[Flow] = ()) -> WhatIf:
    """What the run would take. Raises DebuggerError for what is no change.

    `others` are runs on other inputs that went the same way: memory is waited for on any of them;
    without them, loads and stores keep their order.
    """
    change = read_change(text)
    cycles = dependences.end - dependences.start
    placement = _Placement(dependences, change, others)
    placed = placement.placed
    at_most = placement.cycles
    same = (
        at_most if change == Change("same") else _Placement(dependences, Change(""), others).cycles
    )
    slots = Counter(
        dependences.engine[op] for op in range(len(placed)) if not placement.is_free(op)
    )
    moved = sum(
        new != given - dependences.start
        for new, given in zip(placed, dependences.cycle, strict=True)
    )
    return WhatIf(
        change.text,
        cycles,
        at_most,
        cycles - at_most,
        same,
        dict(zip(WORKING, change.limits, strict=True)),
        change.renamed,
        tuple(sorted(change.free.values())),
        {
            engine: slots[code] / (change.limits[code] * at_most) if at_most else 0.0
            for code, engine in enumerate(WORKING)
        },
        moved,
        _more_scratch(dependences.flow),
        notes=(*_notes(dependences, others), *notes_of(dependences.flow)),
    )


def _more_scratch(flow: Flow) -> MoreScratch | None:
    size = flow.program.scratch_size
    if size <= SCRATCH_SIZE:
        return None
    slots = range(flow.columns.slot_count)
    spans = chain.from_iterable(
        (*access.defs(operands), *access.uses(operands))
        for access, operands in ((flow.access(slot), flow.operands(slot)) for slot in slots)
    )
    held = live(flow)
    problem = flow.program.problem
    layout = None if problem is None else Layout.read(flow.memory)
    return MoreScratch(
        size,
        max((at + width for at, width in spans), default=0),
        held.peak,
        held.peak_cycle,
        outcome_of(flow, layout).right,
    )


def _notes(dependences: Dependences, others: Sequence[Flow]) -> Iterator[str]:
    if not others:
        yield "No other input that goes the same way is known: loads and stores keep their order."
    if len(set(dependences.stretch_start)) > 1:
        yield "Each pass through a loop was placed by itself, as if it had bundles of its own."


class _Rows:
    """The slots of one engine, cycle by cycle."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used: list[int] = []
        self._following: list[int] = []
        """By cycle itself where a slot is free, else a later cycle that may have one."""

    def first(self, cycle: int, slots: int) -> int:
        """The first cycle from one on with so many free slots; an empty one has any number."""
        while True:
            cycle = self._with_any(cycle)
            if self._used[cycle] + slots <= self.limit or not self._used[cycle]:
                return cycle
            cycle += 1

    def take(self, cycle: int, slots: int) -> None:
        """Use so many slots of a cycle."""
        self._grow(cycle)
        self._used[cycle] += slots
        if self._used[cycle] >= self.limit:
            self._following[cycle] = cycle + 1

    def _with_any(self, cycle: int) -> int:
        found = cycle
        while True:
            self._grow(found)
            if self._following[found] == found:
                break
            found = self._following[found]
        while cycle != found:
            self._following[cycle], cycle = found, self._following[cycle]
        return found

    def _grow(self, cycle: int) -> None:
        for new in range(len(self._used), cycle + 1):
            self._used.append(0)
            self._following.append(new)


class _Placement:
    """The operations where they can be earliest: `placed` is each one's cycle since the start."""

    def __init__(self, dependences: Dependences, change: Change, others: Sequence[Flow]) -> None:
        self.dependences = dependences
        self.change = change
        self.placed = [-1] * len(dependences)
        self._opcodes = dependences.flow.columns.opcodes
        self._memory = _memory_waits(others) if others else _memory_order(dependences)
        self._rows = [_Rows(limit) for limit in change.limits]
        self._place_all()

    @property
    def cycles(self) -> int:
        """From the first to the last."""
        return max(self.placed, default=-1) + 1

    def is_free(self, op: int) -> bool:
        """Whether an operation takes no slot."""
        return self._opcodes[self.dependences.slot[op]] in self.change.free

    def _place_all(self) -> None:
        dependences = self.dependences
        floor, highest, stretch = 0, -1, dependences.start
        for cycle in parts_of("cycles", range(dependences.start, dependences.end), 1000):
            ops = dependences.ops_at(cycle)
            if ops and dependences.stretch_start[ops[0]] != stretch:
                stretch = dependences.stretch_start[ops[0]]
                floor = highest + 1
            for unit in self._units(ops):
                last = any(dependences.fixed[op] for op in unit)
                at = self._place(unit, max(highest, floor) if last else floor)
                highest = max(highest, at)
                if last:
                    floor = at + 1

    def _units(self, ops: range) -> Iterator[list[int]]:
        """The operations of a bundle, each after those of it that it waits for.

        What is left when all others wait is placed together: those that wait for each other in a
        circle, a fixed one, and who waits for them.
        """
        fixed = self.dependences.fixed
        inside = {op: [other for other, _ in self._waits(op) if other in ops] for op in ops}
        done: set[int] = set()
        while inside:
            ready = [op for op, waits in inside.items() if not fixed[op] and done.issuperset(waits)]
            for op in ready:
                yield [op]
                del inside[op]
            done.update(ready)
            if not ready:
                yield list(inside)
                return

    def _waits(self, op: int) -> Iterator[tuple[int, int]]:
        for other, kind in self.dependences.waits(op):
            if not (self.change.renamed and kind in STORAGE):
                yield other, kind
        yield from self._memory.get(op, ())

    def _place(self, unit: Sequence[int], earliest: int) -> int:
        """Put operations in the earliest cycle, from one on, in which all of them can be."""
        dependences, placed = self.dependences, self.placed
        for op in unit:
            for other, kind in self._waits(op):
                if other not in unit:
                    same = dependences.cycle[other] == dependences.cycle[op]
                    earliest = max(earliest, placed[other] + (0 if same else LATENCIES[kind]))
        wanted = Counter(dependences.engine[op] for op in unit if not self.is_free(op))
        cycle = -1
        while cycle != earliest:
            cycle = earliest
            for engine, slots in wanted.items():
                earliest = self._rows[engine].first(earliest, slots)
        for engine, slots in wanted.items():
            self._rows[engine].take(cycle, slots)
        for op in unit:
            placed[op] = cycle
        return cycle


_MemoryWaits = dict[int, list[tuple[int, int]]]


def _memory_waits(others: Sequence[Flow]) -> _MemoryWaits:
    """The waits for memory on other inputs."""
    found: _MemoryWaits = {}
    for other in others:
        waits = find_waits(other.program, other.trace)
        for op in range(len(waits.slots)):
            for at in range(waits.first[op], waits.first[op + 1]):
                if waits.kinds[at] in (LOADED, STORED, RESTORED):
                    found.setdefault(op, []).append((waits.waited[at], waits.kinds[at]))
    return found


def _memory_order(dependences: Dependences) -> _MemoryWaits:
    """What keeps all stores, and each load between two of them, in the order as given."""
    found: _MemoryWaits = {}
    stores: list[int] = []
    loads: list[int] = []
    for cycle in range(dependences.start, dependences.end):
        by_kind: dict[Kind, list[int]] = {Kind.READ: [], Kind.WRITE: []}
        for op in dependences.ops_at(cycle):
            if (kind := dependences.flow.access(dependences.slot[op]).memory) is not None:
                by_kind[kind].append(op)
        for op in by_kind[Kind.READ]:
            found[op] = [(store, LOADED) for store in stores]
        loads += by_kind[Kind.READ]
        here = by_kind[Kind.WRITE]
        for at, op in enumerate(here):
            before = stores + here[:at]
            found[op] = [(load, STORED) for load in loads] + [(other, RESTORED) for other in before]
        if here:
            stores, loads = here, []
    return found
