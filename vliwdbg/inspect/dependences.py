"""The slots of a run in their order, and what each of them waits for: the schedule as it was given.

An *operation* is a slot as it was executed, of any engine but debug, numbered in the order of
execution; `machine.core.waits` says what one waits for. `cycle[op]` is the cycle before its bundle.
Exactly one bundle with operations takes each cycle, so a cycle is a row of the schedule, and
operations in the order of their numbers are in the order of their cycles.

`bound[op]` is the earliest cycle that the waits leave to it, all others staying where they are, and
not before its *stretch* starts: bundles that are executed one after the other, with no jump out of
or into them. `blocker[op]` is the operation that it waits for until then, and `kind[op]` the kind
of wait, CONTROL where it is the stretch, START where it is the start of the run. Pauses, halts and
jumps are *fixed*.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from enum import IntEnum
from functools import cached_property
from itertools import accumulate, pairwise

from machine.access import slots_of
from machine.core.waits import LATENCIES, find_waits
from machine.isa import ENGINE_CODES, ENGINES, OPCODES, SLOT_LIMITS, Role, opcode
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.progress import parts_of
from vliwdbg.views.places import SlotAt

WORKING = tuple(engine for engine in ENGINES if engine != "debug")
"""The engines whose slots are operations."""
assert all(ENGINE_CODES[engine] == code for code, engine in enumerate(WORKING))
LIMITS = tuple(SLOT_LIMITS[engine] for engine in WORKING)


class Wait(IntEnum):
    """What an operation waits for; the first six are those of `machine.core.waits`."""

    READ = 0
    OVERWRITE = 1
    REWRITE = 2
    LOADED = 3
    STORED = 4
    RESTORED = 5
    CONTROL = 6
    START = 7


STORAGE = frozenset({Wait.OVERWRITE, Wait.REWRITE})
"""Waits for a word of scratch to be free: with another word there would be none."""
MEMORY = frozenset({Wait.LOADED, Wait.STORED, Wait.RESTORED})
_JUMPS = frozenset(row for row in OPCODES if row.jumps)
_FIXED = frozenset(row.code for row in (*_JUMPS, opcode("flow", "halt"), opcode("flow", "pause")))


class Dependences:
    """The operations of one flow and their waits."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        waits = find_waits(flow.program, flow.trace)
        cycles = flow.cycles
        self.step = waits.steps
        self.slot = waits.slots
        self.first_wait = waits.first
        self.waited = waits.waited
        self.wait_kinds = waits.kinds
        self.cycle = [cycles[step] for step in waits.steps]
        self.start: int = cycles[0]
        """The cycle at which the flow starts, and the one at which it ends."""
        self.end: int = cycles[-1]

    def __len__(self) -> int:
        """Operations."""
        return len(self.slot)

    @cached_property
    def engine(self) -> bytes:
        """By operation the code of its engine, an index of WORKING."""
        engines = self._engine_by_slot
        return bytes(map(engines.__getitem__, self.slot))

    @cached_property
    def _engine_by_slot(self) -> bytes:
        columns = self.flow.columns
        sizes = (end - first for first, end in pairwise(columns.first_slot))
        groups = zip(columns.group_engine, sizes, strict=True)
        return b"".join(bytes([engine]) * size for engine, size in groups)

    @cached_property
    def fixed(self) -> list[bool]:
        """By operation whether it has to stay where it is."""
        opcodes = self.flow.columns.opcodes
        return [opcodes[slot] in _FIXED for slot in self.slot]

    @cached_property
    def first_op(self) -> list[int]:
        """By cycle since the start the first operation in it or later; and one more."""
        counts = [0] * (self.end - self.start)
        for cycle in self.cycle:
            counts[cycle - self.start] += 1
        return list(accumulate(counts, initial=0))

    @cached_property
    def used(self) -> list[list[int]]:
        """By engine and by cycle since the start, how many slots are used."""
        used = [[0] * (self.end - self.start) for _ in WORKING]
        for engine, cycle in zip(self.engine, parts_of("use", self.cycle), strict=True):
            used[engine][cycle - self.start] += 1
        return used

    def ops_at(self, cycle: int) -> range:
        """The operations of a cycle."""
        at = cycle - self.start
        return range(self.first_op[at], self.first_op[at + 1])

    def waits(self, op: int) -> Iterator[tuple[int, int]]:
        """The operations that one waits for, each with the kind of wait."""
        mine = slice(self.first_wait[op], self.first_wait[op + 1])
        return zip(self.waited[mine], self.wait_kinds[mine], strict=True)

    def latency(self, waited: int, kind: int, op: int) -> int:
        """The cycles from one to the other at least."""
        return LATENCIES[kind] if self.cycle[waited] != self.cycle[op] else 0

    # Bounds.

    @cached_property
    def stretch_start(self) -> list[int]:
        """By operation the first cycle of its stretch."""
        starts = self._stretch_by_step
        return [starts[step] for step in self.step]

    @cached_property
    def _stretch_by_step(self) -> array[int]:
        flow = self.flow
        leaving, targets = _jumps(flow)
        starts, here = array("q"), self.start
        before = -1
        for step, pc in enumerate(flow.pcs):
            if pc != before + 1 or before in leaving or pc in targets:
                here = flow.cycles[step]
            starts.append(here)
            before = pc
        return starts

    @cached_property
    def _bounds(self) -> tuple[list[int], list[int], list[int]]:
        cycle, first = self.cycle, self.first_wait
        waited, kinds = self.waited, self.wait_kinds
        bounds, blockers, why = [], [], []
        cycles = parts_of("waits", cycle)
        for op, (here, stretch) in enumerate(zip(cycles, self.stretch_start, strict=True)):
            bound, blocker, kind = -1, -1, int(Wait.START)
            for at in range(first[op], first[op + 1]):
                other = waited[at]
                then = cycle[other]
                until = then + LATENCIES[kinds[at]] if then != here else then
                if until > bound:
                    bound, blocker, kind = until, other, kinds[at]
            if bound < stretch:
                bound, blocker = stretch, -1
                kind = Wait.START if stretch == self.start else Wait.CONTROL
            bounds.append(bound)
            blockers.append(blocker)
            why.append(kind)
        return bounds, blockers, why

    @property
    def bound(self) -> list[int]:
        """By operation the earliest cycle it could be in, all others staying where they are."""
        return self._bounds[0]

    @property
    def blocker(self) -> list[int]:
        """By operation the one that it waits for until its bound; -1 for none."""
        return self._bounds[1]

    @property
    def kind(self) -> list[int]:
        """By operation the kind of that wait."""
        return self._bounds[2]

    def before_stretch(self, op: int) -> int:
        """The operation before the stretch of one: the jump, or else the last; -1 at the start."""
        first = self.first_op[self.stretch_start[op] - self.start]
        if not first:
            return -1
        last = self.ops_at(self.cycle[first - 1])
        return next((other for other in last if self.fixed[other]), first - 1)

    @cached_property
    def latest(self) -> list[int]:
        """By operation the latest cycle it could be in, all others staying where they are, and not
        after its stretch."""
        cycle, first = self.cycle, self.first_wait
        latest = self._stretch_ends()
        for op, here in enumerate(parts_of("slack", cycle)):
            for at in range(first[op], first[op + 1]):
                other = self.waited[at]
                until = here - LATENCIES[self.wait_kinds[at]] if cycle[other] != here else here
                if until < latest[other]:
                    latest[other] = until
        return latest

    def _stretch_ends(self) -> list[int]:
        """By operation the last cycle of its stretch."""
        ends = [0] * len(self)
        end, start = self.end - 1, -1
        for op in range(len(self) - 1, -1, -1):
            if self.stretch_start[op] != start and start >= 0:
                end = start - 1
            start = self.stretch_start[op]
            ends[op] = end
        return ends

    # What a person reads.

    def slot_at(self, op: int) -> SlotAt:
        """An operation, to be shown."""
        return self.flow.slot_at(self.step[op], self.slot[op])


def _jumps(flow: Flow) -> tuple[set[int], set[int]]:
    """The bundles that a jump may leave, and those that one may lead to."""
    columns = flow.columns
    leaving: set[int] = set()
    targets: set[int] = set()
    for slot in slots_of(columns, _JUMPS):
        pc = flow.pc_of_slot(slot)
        leaving.add(pc)
        operands = columns.operands_of(slot)
        for operand, value in zip(flow.row(slot).operands, operands, strict=True):
            if operand.role is Role.TARGET:
                targets.add(value)
            elif operand.role is Role.RELATIVE:
                targets.add(pc + 1 + value)
    return leaving, targets
