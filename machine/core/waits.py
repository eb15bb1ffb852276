"""What each slot of a traced run has to wait for.

An *operation* is a slot as it was executed, of any engine but debug, numbered in the order of
execution. It waits for another, by so many cycles at least:

    READ      1   the one that wrote a word it reads
    OVERWRITE 0   one that read the word it overwrites: both may share a cycle, for reads come first
    REWRITE   1   the one that wrote, before it, a word it writes
    LOADED    1   the one that stored a memory word it loads, by the addresses of this run
    STORED    0   one that loaded a memory word it stores to
    RESTORED  1   the one that stored, before it, to a memory word it stores to

Two operations of one bundle that write the same word are ordered by the bundle and need no cycle in
between. No operation waits for itself, though it may read what it overwrites; of several waits for
the same operation the first in this table is kept.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

from machine.access import ACCESS, Kind
from machine.collector import gc_paused
from machine.columns import Columns
from machine.core import core_for
from machine.core.tracing import NODE_COUNTS, Trace
from machine.isa import ENGINE_CODES
from machine.program import Program

READ, OVERWRITE, REWRITE, LOADED, STORED, RESTORED = range(6)
LATENCIES = (1, 0, 1, 1, 0, 1)
"""In cycles, by the kind of wait."""
_DEBUG = ENGINE_CODES["debug"]


class Waits(NamedTuple):
    """By operation its step (the index of its bundle in the trace) and its slot, by number in the
    program; and its waits: those of `op` are `first[op]:first[op + 1]` of `waited` and `kinds`."""

    steps: array[int]
    slots: array[int]
    first: array[int]
    waited: array[int]
    kinds: bytes


def find_waits(program: Program, trace: Trace, core: str | None = None) -> Waits:
    """The waits of all operations of a trace. `core` as for `core_for`."""
    if core_for(program, core).name != "compiled":
        with gc_paused():
            return _Finder(program, trace).waits()
    from machine import _core
    from machine.core.compiled import CompiledCore

    machine = CompiledCore(program, ())
    *columns, kinds = _core.find_waits(machine, trace.pcs, trace.addresses)
    arrays = [array(typecode) for typecode in "IIIi"]
    for words, column in zip(arrays, columns, strict=True):
        words.frombytes(column)
    steps, slots, first, waited = arrays
    return Waits(steps, slots, first, waited, kinds)


class _SlotFacts(NamedTuple):
    """What is needed of a slot each time that it is executed."""

    slot: int
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    memory: Kind | None
    nodes: int


def _facts(columns: Columns, pc: int) -> list[_SlotFacts]:
    """Of the slots of a bundle, but those of debug."""
    found = []
    for group in columns.groups_of(pc):
        if columns.group_engine[group] == _DEBUG:
            continue
        for slot in columns.slots_of(group):
            code = columns.opcodes[slot]
            access, operands = ACCESS[code], columns.operands_of(slot)
            reads: list[int] = []
            for at, width in access.uses(operands):
                reads += range(at, at + width)
            writes = tuple(
                word for at, width in access.defs(operands) for word in range(at, at + width)
            )
            found.append(_SlotFacts(slot, tuple(reads), writes, access.memory, NODE_COUNTS[code]))
    return found


class _Finder:
    """One pass over a trace, in plain Python."""

    def __init__(self, program: Program, trace: Trace) -> None:
        columns = program.columns
        self.steps, self.slots, self.first = array("I"), array("I"), array("I", [0])
        self.waited, self.kinds = array("i"), bytearray()
        self._addresses = trace.addresses
        self._writer = [-1] * program.scratch_size
        self._readers: list[list[int]] = [[] for _ in range(program.scratch_size)]
        self._memory_writer: dict[int, int] = {}
        self._memory_readers: dict[int, list[int]] = {}
        facts: dict[int, list[_SlotFacts]] = {}
        node = 0
        for step, pc in enumerate(trace.pcs):
            if pc not in facts:
                facts[pc] = _facts(columns, pc)
            node = self._add(step, facts[pc], node)

    def waits(self) -> Waits:
        return Waits(self.steps, self.slots, self.first, self.waited, bytes(self.kinds))

    def _add(self, step: int, facts: list[_SlotFacts], node: int) -> int:
        """A bundle that starts with this node: all its slots read, then all write."""
        writer, readers = self._writer, self._readers
        first, at = len(self.slots), node
        waits: list[dict[int, int]] = []
        for op, (slot, reads, _, memory, nodes) in enumerate(facts, first):
            self.steps.append(step)
            self.slots.append(slot)
            mine: dict[int, int] = {}
            for word in reads:
                mine[writer[word]] = READ
                readers[word].append(op)
            if memory is Kind.READ:
                self._load(op, self._addresses[at : at + nodes], mine)
            waits.append(mine)
            at += nodes
        at = node
        for op, (_, _, writes, memory, nodes) in enumerate(facts, first):
            mine = waits[op - first]
            for word in writes:
                if readers[word]:
                    for reader in readers[word]:
                        mine.setdefault(reader, OVERWRITE)
                    readers[word] = []
                mine.setdefault(writer[word], REWRITE)
                writer[word] = op
            if memory is Kind.WRITE:
                self._store(op, self._addresses[at : at + nodes], mine)
            at += nodes
            mine.pop(-1, None)
            mine.pop(op, None)
            self.waited.extend(mine)
            self.kinds.extend(mine.values())
            self.first.append(len(self.waited))
        return at

    def _load(self, op: int, addresses: array[int], mine: dict[int, int]) -> None:
        for address in addresses:
            mine.setdefault(self._memory_writer.get(address, -1), LOADED)
            self._memory_readers.setdefault(address, []).append(op)

    def _store(self, op: int, addresses: array[int], mine: dict[int, int]) -> None:
        for address in addresses:
            for reader in self._memory_readers.pop(address, ()):
                mine.setdefault(reader, STORED)
            mine.setdefault(self._memory_writer.get(address, -1), RESTORED)
            self._memory_writer[address] = op
