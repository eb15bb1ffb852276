"""The def-use graph of a run, lane by lane.

A *step* is a bundle as it was executed, numbered from 0 where the flow starts (step s is at
position `start.position + s`). A *node* is one lane of one slot of a step. Nodes are numbered in
the order of execution, so each producer has a smaller number than its readers, and a walk over all
that a node comes from is one loop downwards, without a stack. The columns are those of
`machine.core.tracing`, whose docstring says which slots have how many nodes:

    flow.sources[k][node]   the node that wrote its k-th scratch operand, or a negative code
    flow.stored[node]       the node that stored the memory word it loads, or a negative code
    flow.values[node]       the word it made
    flow.addresses[node]    the memory word it loads or stores, or NO_ADDRESS

    codes   -1 NEVER_WRITTEN   -2 INPUT, memory as it was   -3 NO_OPERAND   -4 BEFORE this window

    flow.pcs[step], flow.cycles[step]   which bundle it is, and the cycle before it
    flow.first_node[step]               its first node; `first_node[step + 1]` is where they end

How many nodes a slot has is known from the program alone, so a node and its place are one addition
apart. A slot is its number in the program, the same each time that it is executed:

    flow.node(step, slot, lane)                flow.place(node) -> Place(step, slot, lane)

Words find their writers through `writer_of_word` and `writer_of_memory` (the last before a step),
`word_writes` and `memory_writes` (all, in order), and a node its readers through `readers`. All of
these are made when they are first asked for.

Of a program that runs longer than `machine.core.tracing.MOST_NODES` a flow is a window; `ending`
says where it ends and why, and `whole` whether it is all of the run.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain, compress, count
from typing import Any, NamedTuple

from machine.access import ACCESS, Access, Kind
from machine.core.tracing import NO_ADDRESS, NO_OPERAND, NODE_COUNTS, Trace, Why
from machine.disassembly import ScratchNames, format_slot
from machine.isa import ENGINES, MOST_SCRATCH, OPCODES, VLEN, Opcode
from machine.machine import Machine
from machine.program import Program, Slot
from vliwdbg.inspect.progress import parts_of
from vliwdbg.views.places import SlotAt

NO_WORD = MOST_SCRATCH
"""In `written_words`: the node writes no scratch."""


class Start(NamedTuple):
    """Where a flow begins."""

    position: int = 0
    cycle: int = 0


FROM_THE_START = Start()


class Place(NamedTuple):
    """A node: its step, the number of its slot in the program, and its lane."""

    step: int
    slot: int
    lane: int


class Ending(NamedTuple):
    """Where a flow ends, and why; `sentence` says it to a person where it is not the end."""

    why: Why
    cycle: int
    position: int
    sentence: str


class Flow:
    """The graph of one run. `memory` are the words that the run started with."""

    def __init__(
        self, program: Program, memory: array[int], trace: Trace, start: Start = FROM_THE_START
    ) -> None:
        self.program = program
        self.columns = program.columns
        self.memory = memory
        self.trace = trace
        self.start = start
        self.pcs = trace.pcs
        self.sources = trace.sources
        self.stored = trace.memory
        self.addresses = trace.addresses
        self._operands: dict[int, tuple[Any, ...]] = {}
        self._told: dict[int, tuple[str, int, str]] = {}
        self._first_slot = self.columns.first_slot_of_bundles()
        counts = self.columns.opcodes.tobytes().translate(NODE_COUNTS)
        self._nodes_before = array("I", accumulate(counts, initial=0))
        """By slot, the nodes of all slots before it, if each is executed once."""
        before_bundle = array("I", map(self._nodes_before.__getitem__, self._first_slot))
        self._bundle_nodes_before = before_bundle
        sizes = (before_bundle[pc + 1] - before_bundle[pc] for pc in self.pcs)
        self.first_node = array("I", accumulate(sizes, initial=0))

    def __len__(self) -> int:
        """Nodes."""
        return len(self.stored)

    @property
    def values(self) -> array[int]:
        """The word of each node."""
        return self.trace.values

    @cached_property
    def cycles(self) -> array[int]:
        """By step the cycle before the bundle, and one more for the cycle at the end."""
        costs = self.columns.costs()
        return array("q", accumulate(map(costs.__getitem__, self.pcs), initial=self.start.cycle))

    @property
    def whole(self) -> bool:
        """Whether it is all of the run, from its start to where it ends by itself."""
        return not self.start.position and self.trace.why in (Why.END, Why.HALT, Why.FAULT)

    @property
    def next_pc(self) -> int:
        """The bundle that the run would go on with, where it goes straight on."""
        return self.pcs[-1] + 1 if self.pcs else 0

    @cached_property
    def ending(self) -> Ending:
        """Where it ends, and why."""
        why, cycle = self.trace.why, self.cycles[-1]
        position = self.start.position + len(self.pcs)
        return Ending(why, cycle, position, self._ending_sentence(why, cycle))

    def _ending_sentence(self, why: Why, cycle: int) -> str:
        if why is Why.FAULT:
            machine = Machine(self.program, self.memory, pauses=False)
            fault = machine.run().fault
            told = "" if fault is None else f": {fault.sentence(self.program)}"
            return f"The program faults{told}. The answer is about the cycles before."
        if why is Why.MAX_CYCLES:
            return f"The limit of {cycle} cycles was reached; the answer is about the run up to it."
        if why is Why.FULL:
            return (
                f"The run goes on after cycle {cycle}; the answer is about cycles "
                f"{self.start.cycle} to {cycle}, the most that is looked at in one piece."
            )
        return ""

    # Places.

    def offset(self, slot: int, pc: int) -> int:
        """Of a slot, by number in the program, the nodes before it in its bundle."""
        return self._nodes_before[slot] - self._bundle_nodes_before[pc]

    def nodes_before_bundle(self, pc: int) -> int:
        """The nodes of all bundles before one, if each is executed once."""
        return self._bundle_nodes_before[pc]

    def node(self, step: int, slot: int, lane: int = 0) -> int:
        """The node of a lane of a slot of an executed bundle."""
        return self.first_node[step] + self.offset(slot, self.pcs[step]) + lane

    def step_of(self, node: int) -> int:
        """The step that a node belongs to."""
        return bisect_right(self.first_node, node) - 1

    def place(self, node: int) -> Place:
        """Where a node is."""
        step = self.step_of(node)
        at = node - self.first_node[step] + self._bundle_nodes_before[self.pcs[step]]
        # Of slots that start with the same node all but the last have none.
        slot = bisect_right(self._nodes_before, at, hi=len(self.columns.opcodes)) - 1
        return Place(step, slot, at - self._nodes_before[slot])

    @cached_property
    def slot_starts(self) -> list[int]:
        """By node the first node of its slot: the same for all lanes of one executed slot."""
        opcodes = self.columns.opcodes
        starts: list[int] = []
        for step in parts_of("slots", range(len(self.pcs))):
            for slot in self.slots(step):
                count = NODE_COUNTS[opcodes[slot]]
                starts += [len(starts)] * count
        return starts

    def nodes_of(self, step: int, slot: int) -> range:
        """The nodes of a slot of an executed bundle."""
        first = self.node(step, slot)
        return range(first, first + NODE_COUNTS[self.columns.opcodes[slot]])

    def slots(self, step: int) -> range:
        """The slots of an executed bundle, by number in the program, those of debug too."""
        pc = self.pcs[step]
        return range(self._first_slot[pc], self._first_slot[pc + 1])

    def first_slot_of(self, pc: int) -> int:
        """The first slot of a bundle, by number in the program."""
        return self._first_slot[pc]

    def pc_of_slot(self, slot: int) -> int:
        """The bundle of a slot."""
        return bisect_right(self._first_slot, slot) - 1

    def row(self, slot: int) -> Opcode:
        """The opcode of a slot."""
        return OPCODES[self.columns.opcodes[slot]]

    @staticmethod
    def row_of_code(code: int) -> Opcode:
        """The opcode of a number."""
        return OPCODES[code]

    def access(self, slot: int) -> Access:
        """What a slot reads and writes."""
        return ACCESS[self.columns.opcodes[slot]]

    def operands(self, slot: int) -> tuple[Any, ...]:
        """The operands of a slot, as written."""
        known = self._operands.get(slot)
        if known is None:
            known = self._operands[slot] = self.columns.operands_of(slot)
        return known

    def producers(self, node: int) -> tuple[int, ...]:
        """The producers of a node, or their codes: of its scratch operands in order, then, of a
        load, of its memory word."""
        place = self.place(node)
        access = self.access(place.slot)
        found = tuple(column[node] for column in self.sources[: len(access.reads)])
        return (*found, self.stored[node]) if access.memory is Kind.READ else found

    # What a person reads.

    @cached_property
    def names(self) -> ScratchNames:
        """The names that the program gives to scratch."""
        return ScratchNames(self.program.scratch_map)

    def slot_at(self, step: int, slot: int) -> SlotAt:
        """An executed slot, to be shown."""
        pc = self.pcs[step]
        engine, place, text = self._told_of_slot(slot, pc)
        return SlotAt(self.cycles[step], pc, engine, place, text)

    def _told_of_slot(self, slot: int, pc: int) -> tuple[str, int, str]:
        """The engine of a slot, its place there, and its text."""
        told = self._told.get(slot)
        if told is None:
            engine, place = self.engine_of(slot)
            view = Slot(pc, engine, place, self.row(slot), self.operands(slot))
            told = self._told[slot] = engine, place, format_slot(view, self.names)
        return told

    def slot_of_node(self, node: int) -> SlotAt:
        """The executed slot that a node is a lane of, to be shown."""
        place = self.place(node)
        return self.slot_at(place.step, place.slot)

    def engine_of(self, slot: int) -> tuple[str, int]:
        """The engine of a slot, and its place among the slots of that engine in its bundle."""
        group = bisect_right(self.columns.first_slot, slot) - 1
        engine = ENGINES[self.columns.group_engine[group]]
        return engine, slot - self.columns.first_slot[group]

    # Words and their writers.

    @cached_property
    def written_words(self) -> array[int]:
        """By node the scratch word that it writes; NO_WORD where it writes none."""
        once = memoryview(array("H", self._words_written_once()))
        before, pcs = self._bundle_nodes_before, parts_of("words", self.pcs)
        return array("H", b"".join(once[before[pc] : before[pc + 1]] for pc in pcs))

    def _words_written_once(self) -> Iterator[int]:
        """The same, if each slot of the program was executed once."""
        columns = self.columns
        for slot, (code, dest) in enumerate(zip(columns.opcodes, columns.operands[0], strict=True)):
            count = NODE_COUNTS[code]
            if not count:
                continue
            access = ACCESS[code]
            if access.dest is None:
                yield from _NO_WORDS[:count]
                continue
            assert access.dest == 0
            if access.offset is not None:
                dest += columns.operands[access.offset][slot]
            if count == 1:
                yield dest
            else:
                yield from range(dest, dest + count)

    @cached_property
    def word_writes(self) -> list[array[int]]:
        """By scratch word the nodes that write it, in order."""
        writes = [array("I") for _ in range(self.program.scratch_size)]
        for node, word in enumerate(parts_of("writes", self.written_words)):
            if word != NO_WORD:
                writes[word].append(node)
        return writes

    @cached_property
    def memory_writes(self) -> dict[int, list[int]]:
        """By memory address the nodes that store to it, in order; only addresses stored to."""
        return self._memory_nodes[0]

    @cached_property
    def memory_reads(self) -> dict[int, list[int]]:
        """By memory address the nodes that load it, in order; only addresses that are loaded."""
        return self._memory_nodes[1]

    @cached_property
    def _memory_nodes(self) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        writes: dict[int, list[int]] = {}
        reads: dict[int, list[int]] = {}
        touching = map(NO_ADDRESS.__ne__, parts_of("memory", self.addresses))
        for node in compress(count(), touching):
            nodes = writes if self.stored[node] == NO_OPERAND else reads
            nodes.setdefault(self.addresses[node], []).append(node)
        return writes, reads

    def steps_of(self, pc: int) -> Sequence[int]:
        """The steps at which a bundle is executed, in order."""
        return self._steps_by_pc.get(pc, ())

    @cached_property
    def _steps_by_pc(self) -> dict[int, list[int]]:
        steps: dict[int, list[int]] = {}
        for step, pc in enumerate(self.pcs):
            steps.setdefault(pc, []).append(step)
        return steps

    def writer_of_word(self, word: int, step: int) -> int | None:
        """The node that a scratch word has its value of when bundle `step` starts, if any has
        written it."""
        return self._last_before(self.word_writes[word], step)

    def writer_of_memory(self, address: int, step: int) -> int | None:
        """The same of a memory word."""
        return self._last_before(self.memory_writes.get(address, ()), step)

    def _last_before(self, writes: Sequence[int], step: int) -> int | None:
        at = bisect_left(writes, self.first_node[min(step, len(self.pcs))])
        return writes[at - 1] if at else None

    def readers(self, node: int) -> Sequence[int]:
        """The nodes that read a node, in order; one that reads it twice is there once."""
        starts, readers = self._readers
        return list(dict.fromkeys(readers[starts[node] : starts[node + 1]]))

    @cached_property
    def _readers(self) -> tuple[array[int], array[int]]:
        """By node where its readers start among the readers of all nodes, and those."""
        columns = [*self.sources, self.stored]
        starts = array("I", bytes(4 * (len(self) + 1)))
        for producer in chain.from_iterable(columns):
            if producer >= 0:
                starts[producer] += 1
        starts = array("I", accumulate(starts))
        readers = array("I", bytes(4 * starts[-1]))
        # Each is where the next one starts, and falls to its own place with the readers put there.
        *sources, stored = (column[::-1] for column in columns)
        last = len(self) - 1
        read = zip(*sources, parts_of("readers", stored), strict=True)
        for nodes_after, producers in enumerate(read):
            for producer in producers:
                if producer >= 0:
                    at = starts[producer] = starts[producer] - 1
                    readers[at] = last - nodes_after
        return starts, readers

    # Positions and cycles.

    def step_of_cycle(self, cycle: int) -> int:
        """The step that takes a cycle: the last one that has it before it."""
        return bisect_right(self.cycles, cycle, hi=len(self.pcs)) - 1

    def step_at_cycle(self, cycle: int) -> int:
        """The step of the first bundle with this cycle before it; the number of bundles for the
        cycle at the end. Raises ValueError for a cycle that the flow does not reach."""
        step = bisect_left(self.cycles, cycle)
        if step == len(self.cycles) or cycle < self.start.cycle:
            raise ValueError(
                f"cycle {cycle} is not between {self.start.cycle} and {self.cycles[-1]}"
            )
        return step


_NO_WORDS = (NO_WORD,) * VLEN
