"""The inner loop of `list`: cycle by cycle, the most urgent operations that are ready.

    ready heaps   flow | load | store | alu | valu | splittable     by rank, most urgent first
    a cycle       1      2      2       12    6      into what is left of alu and valu

Order within a cycle: the rest of a split operation, flow, load, store, single alu slots, then
valu and splittable operations together by priority. A splittable one takes 8 alu slots if they
are free, else a valu slot, else it begins in the alu slots that are left and ends next cycle. The
last one that is ready begins there even while valu slots are free, if there are multiply_adds for
all of them: only it can fill the alu slots that are left, and they can go nowhere else.

Scratch is given out on the way: a register takes its place at its first write and gives it back
at its last read, and the same cycle may write the next register there, because all reads come
first. Only counts matter here; `place_registers` finds addresses in the same order afterwards.

Only the `window` eldest vectors that are not through may take new places, so that a batch of any
size goes through scratch a few vectors at a time; and each leaves `spare` places free for every
vector before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import repeat
from typing import NamedTuple

from kernels.schedule.pack_input import Kind, PackInput
from machine.isa import SLOT_LIMITS, VLEN

FLOW, LOAD, STORE, ALU, VALU, SPLITTABLE, JOIN, DEBUG = map(int, Kind)
LIMITS = tuple(SLOT_LIMITS[engine] for engine in ("flow", "load", "store", "alu", "valu"))


class Part(NamedTuple):
    """`lanes` alu lanes of an operation from `lane` on, issued in a cycle; all of it if 0 lanes."""

    cycle: int
    node: int
    lane: int = 0
    lanes: int = 0


def parts_of(rows: Iterable[tuple[int, int, int, int]]) -> list[Part]:
    """Rows as parts, without a call of Python's for each of 14,000."""
    return list(map(tuple.__new__, repeat(Part), rows))


class OutOfScratchError(Exception):
    """Nothing can go on; `holding` are the registers that hold words."""

    def __init__(self, holding: list[int]) -> None:
        self.holding = holding
        super().__init__("out of scratch")


def pack(flat: PackInput, rank: Sequence[int], window: int, spare: int = 0) -> list[Part]:
    """The parts of all operations, in the order in which they were issued.

    `rank` orders the nodes, 0 the most urgent; each has its own. Raises OutOfScratchError.
    """
    return _Packing(flat, rank, window, spare).run()


@dataclass
class _Split:
    """An operation of which the first lanes have been issued."""

    node: int
    done: int


class _Packing:
    def __init__(self, flat: PackInput, rank: Sequence[int], window: int, spare: int) -> None:
        self.rank, self.window, self.spare = rank, window, spare
        self.kind, self.vector, self.vectors = flat.kind, flat.vector, flat.vectors
        self.reads, self.writes, self.width = flat.reads, flat.writes, flat.width
        self.after, self.beside = flat.graph.after, flat.graph.beside
        self.reserve = flat.reserve
        self.node_of = [0] * len(rank)
        for node, place in enumerate(rank):
            self.node_of[place] = node
        self.waiting = list(flat.graph.waiting)
        self.heaps: list[list[int]] = [[] for _ in range(6)]
        self.arriving: list[int] = []
        self.blocked: list[int] = []
        self.parts: list[tuple[int, int, int, int]] = []
        """The rows of parts."""
        self.left = sum(kind < JOIN for kind in flat.kind)
        self.cycle = 0
        self.split: _Split | None = None
        self.left_in = list(flat.in_vector)
        self.eldest = 0
        self.places, self.words = flat.places, 0
        self.readers = list(flat.readers)
        self.has_place = [False] * len(flat.width)
        self.free = list(LIMITS)

    def run(self) -> list[Part]:
        for node, waiting in enumerate(self.waiting):
            if not waiting:
                self._ready(node)
        while self.left:
            before = len(self.parts)
            self._fill_cycle()
            if len(self.parts) == before and not self.arriving:
                raise OutOfScratchError([r for r, held in enumerate(self.has_place) if held])
            self._next_cycle()
        return parts_of(self.parts)

    def _next_cycle(self) -> None:
        self.cycle += 1
        arriving, self.arriving = self.arriving, []
        blocked, self.blocked = self.blocked, []
        self._arrive(arriving)
        for node in blocked:
            heappush(self.heaps[self.kind[node]], self.rank[node])

    def _arrive(self, nodes: Sequence[int]) -> None:
        """One of those that each of these waits for has come."""
        waiting = self.waiting
        for node in nodes:
            waiting[node] -= 1
            if not waiting[node]:
                self._ready(node)

    def _ready(self, node: int) -> None:
        kind = self.kind[node]
        if kind < JOIN:
            heappush(self.heaps[kind], self.rank[node])
        elif kind == JOIN:
            self._release_successors(node)

    def _release_successors(self, node: int) -> None:
        self.arriving += self.after[node]
        if beside := self.beside[node]:
            self._arrive(beside)

    def _fill_cycle(self) -> None:
        self.free = list(LIMITS)
        if self.split:
            self._finish_split(self.split)
        for kind in (FLOW, LOAD, STORE, ALU):
            while self.free[kind] and (node := self._take(kind)) is not None:
                self.free[kind] -= 1
                self._issue(node)
        while (kind := self._more_urgent()) >= 0:
            node = self._take(kind)
            if node is not None:
                self._issue_vector(node, kind)

    def _more_urgent(self) -> int:
        """VALU or SPLITTABLE, whichever has the more urgent operation that still fits; -1."""
        valu, splittable = self.heaps[VALU], self.heaps[SPLITTABLE]
        fits_alu = self.free[ALU] > 0 and self.split is None
        if valu and self.free[VALU] and not (splittable and splittable[0] < valu[0]):
            return VALU
        if splittable and (self.free[VALU] or fits_alu):
            return SPLITTABLE
        return VALU if valu and self.free[VALU] else -1

    def _issue_vector(self, node: int, kind: int) -> None:
        if kind == SPLITTABLE and self.free[ALU] >= VLEN:
            self.free[ALU] -= VLEN
            self._issue(node, 0, VLEN)
        elif self.free[VALU] and not (kind == SPLITTABLE and self._is_for_alu()):
            self.free[VALU] -= 1
            self._issue(node)
        else:
            self._begin_split(node)

    def _is_for_alu(self) -> bool:
        """Whether a splittable operation just taken is the last, and valu has enough without it."""
        return (
            self.reserve
            and not self.heaps[SPLITTABLE]
            and self.free[ALU] > 0
            and self.split is None
            and len(self.heaps[VALU]) >= self.free[VALU]
        )

    def _begin_split(self, node: int) -> None:
        lanes, self.free[ALU] = self.free[ALU], 0
        self.split = _Split(node, lanes)
        self._give_places(node)
        self.parts.append((self.cycle, node, 0, lanes))

    def _finish_split(self, split: _Split) -> None:
        self.split = None
        self.free[ALU] -= VLEN - split.done
        self._issue(split.node, split.done, VLEN - split.done)

    def _take(self, kind: int) -> int | None:
        """The most urgent ready operation that may go now; what may not is put aside."""
        heap = self.heaps[kind]
        while heap:
            node = self.node_of[heappop(heap)]
            if self._fits_scratch(node):
                return node
            self.blocked.append(node)
        return None

    def _fits_scratch(self, node: int) -> bool:
        behind = max(0, self.vector[node] - self.eldest)
        if behind < self.window and self.places > behind * self.spare:
            return True
        return all(
            self.has_place[r] or (self.width[r] == 1 and self.words > 0) for r in self.writes[node]
        )

    def _issue(self, node: int, lane: int = 0, lanes: int = 0) -> None:
        """The operation, or the last lanes of it."""
        self.parts.append((self.cycle, node, lane, lanes))
        self.left -= 1
        # Here and not in functions of its own is what comes with every operation; calls would take
        # longer than that does.
        readers = self.readers
        for register in self.reads[node]:
            readers[register] -= 1
            if not readers[register]:
                self._take_place_back(register)
        self._give_places(node)
        vector = self.vector[node]
        if vector >= 0 and self.kind[node] != STORE:
            self.left_in[vector] -= 1
            if not self.left_in[vector]:
                self._find_eldest()
        self._release_successors(node)

    def _take_place_back(self, register: int) -> None:
        self.has_place[register] = False
        if self.width[register] == 1:
            self.words += 1
        else:
            self.places += 1

    def _give_places(self, node: int) -> None:
        for register in self.writes[node]:
            if not self.has_place[register]:
                self.has_place[register] = True
                if self.width[register] > 1:
                    self.places -= 1
                    continue
                if not self.words:
                    self.places, self.words = self.places - 1, VLEN
                self.words -= 1

    def _find_eldest(self) -> None:
        while self.eldest < self.vectors and not self.left_in[self.eldest]:
            self.eldest += 1
