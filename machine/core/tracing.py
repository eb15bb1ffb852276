"""A run that tells all it did, lane by lane: which bundles, what each made and of what.

A *node* is one lane of one executed slot. A slot has as many as it writes words of scratch or
memory; one that only reads (`cond_jump`, `jump_indirect`, `trace_write`) has one, for what it read;
`jump`, `halt`, `pause` and the slots of debug have none. Nodes are numbered in the order of
execution: bundle by bundle, slot by slot as the bundle lists them, lane by lane. So how many nodes
a bundle has is known before it runs, and every producer has a smaller number than its readers.

    column        of a node
    sources[k]    the node that wrote the k-th scratch operand it reads, in operand order
    memory        the node that stored the memory word it loads
    values        the word it made: written, stored, traced, or looked at by a jump
    addresses     the memory word it loads or stores; NO_ADDRESS for all others

A producer that is no node is one of the negative numbers below. 24 bytes a node. The compiled core
traces while it runs; without it the plain model runs, and the columns are put together here.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from enum import Enum
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from machine.access import ACCESS, Access, Kind
from machine.columns import Columns
from machine.core import core_for
from machine.isa import OPCODES, VLEN, WORD_MASK, Opcode, Role
from machine.model import Model
from machine.program import Program
from machine.protocol import NO_LIMIT
from machine.stops import Reason

NEVER_WRITTEN = -1
"""Scratch that nobody has written: it reads 0."""
INPUT = -2
"""Memory that nobody has stored to: it is what the run started with."""
NO_OPERAND = -3
"""The node reads no such operand."""
BEFORE = -4
"""Whatever wrote it, it was before this trace, which does not begin at the start of the run."""
NO_ADDRESS = 2**32 - 1

MOST_NODES = 4_000_000
"""Nodes, and bundles, of one trace: 100 MB."""
MOST_SOURCES = 3


class Why(Enum):
    """Why a trace ends. The order is that of trace.c."""

    END = 1
    HALT = 2
    FAULT = 3
    MAX_CYCLES = 4
    FULL = 5


def _node_count(row: Opcode) -> int:
    access = ACCESS[row.code]
    made_or_read = access.dest is not None or access.memory or access.reads
    return access.lanes if made_or_read and row.engine != "debug" else 0


NODE_COUNTS = bytes(map(_node_count, OPCODES)).ljust(256, b"\0")
"""Nodes of a slot, by opcode; in a form for `bytes.translate`."""

LaneWord = Callable[[int, int, int, int, int], int]
"""Of the words of up to three operands, the immediate, and the word of memory."""


def _lane_word(row: Opcode) -> LaneWord:
    if (arithmetic := row.arithmetic) is not None:
        return lambda a, b, _c, _imm, _memory: arithmetic(a, b)
    if (ternary := row.ternary) is not None:
        return lambda a, b, c, _imm, _memory: ternary(a, b, c)
    return _LANE_WORDS.get(row.name, lambda a, _b, _c, _imm, _memory: a)


_LANE_WORDS: dict[str, LaneWord] = {
    "load": lambda _a, _b, _c, _imm, memory: memory,
    "load_offset": lambda _a, _b, _c, _imm, memory: memory,
    "vload": lambda _a, _b, _c, _imm, memory: memory,
    "const": lambda _a, _b, _c, imm, _memory: imm & WORD_MASK,
    "store": lambda _a, b, _c, _imm, _memory: b,
    "vstore": lambda _a, b, _c, _imm, _memory: b,
    "add_imm": lambda a, _b, _c, imm, _memory: a + imm & WORD_MASK,
    "coreid": lambda _a, _b, _c, _imm, _memory: 0,
}
LANE_WORDS = tuple(map(_lane_word, OPCODES))
"""By opcode, the word a node makes of the words of its producers; those not named pass on the
first."""
IMMEDIATES = tuple(
    next((i for i, operand in enumerate(row.operands) if operand.role is Role.IMMEDIATE), None)
    for row in OPCODES
)
"""By opcode, the position of the immediate that its word depends on."""


class Trace:
    """What a run told: `pcs` by bundle, and the columns by node. `cycle` is where it ended."""

    def __init__(
        self,
        why: Why,
        cycle: int,
        pcs: array[int],
        sources: tuple[array[int], ...],
        memory: array[int],
        addresses: array[int],
        values: array[int] | Callable[[Trace], array[int]],
    ) -> None:
        self.why = why
        self.cycle = cycle
        self.pcs = pcs
        self.sources = sources
        self.memory = memory
        self.addresses = addresses
        self._values = values

    def __len__(self) -> int:
        """Nodes."""
        return len(self.memory)

    @cached_property
    def values(self) -> array[int]:
        """The word of each node."""
        return self._values if isinstance(self._values, array) else self._values(self)


class Tracer:
    """A program to be traced, on as many inputs as wanted. `core` as for `core_for`."""

    def __init__(self, program: Program, core: str | None = None) -> None:
        self.program = program
        self._core: Any = None
        if core_for(program, core).name == "compiled":
            from machine.core.compiled import CompiledCore

            self._core = CompiledCore(program, ())

    def __call__(
        self,
        memory: array[int],
        scratch: array[int] | None = None,
        *,
        pc: int = 0,
        most: int = MOST_NODES,
        max_cycles: int = NO_LIMIT,
    ) -> Trace:
        """Run on these words, which become those that the run leaves.

        `scratch` is None at the start of a run, and else says that there was something before. The
        trace ends where the program does, before a bundle that faults or costs a cycle at
        `max_cycles`, and before one that would make more than `most` nodes or bundles. Pauses and
        compares are passed over.
        """
        from_start = scratch is None
        if scratch is None:
            scratch = array("I", bytes(4 * self.program.scratch_size))
        if self._core is None:
            return _trace_model(self.program, memory, scratch, pc, most, max_cycles, from_start)
        from machine import _core

        why, cycle, pcs, columns = _core.trace(
            self._core, scratch, memory, pc, most, max_cycles, from_start
        )
        *sources, stored, values, addresses = map(_column, "iiiiII", columns)
        return Trace(Why(why), cycle, _column("I", pcs), tuple(sources), stored, addresses, values)


def _column(typecode: str, words: bytes) -> array[int]:
    column = array(typecode)
    column.frombytes(words)
    return column


# --- without a compiled core ----------------------------------------------------------------------


class _Slot(NamedTuple):
    """A slot that has nodes, with its scratch addresses."""

    access: Access
    dest: int | None
    sources: tuple[int, ...]


class _Bundle(NamedTuple):
    """The slots of a bundle that have nodes, how many those are, and where addresses stand."""

    slots: list[_Slot]
    nodes: int
    address_words: list[int]


_PAST_THE_END = _Bundle([], 0, [])


def _bundle_at(columns: Columns, pc: int) -> _Bundle:
    slots, address_words = [], []
    for number in columns.slots_of_bundle(pc):
        code = columns.opcodes[number]
        if NODE_COUNTS[code]:
            access, operands = ACCESS[code], columns.operands_of(number)
            shift = access.shift(operands)
            slots.append(_Slot(access, access.written_by(operands, 0), access.read_by(operands, 0)))
            if access.address is not None:
                address_words.append(operands[access.address] + shift)
    return _Bundle(slots, sum(slot.access.lanes for slot in slots), address_words)


def _trace_model(
    program: Program,
    memory: array[int],
    scratch: array[int],
    pc: int,
    most: int,
    max_cycles: int,
    from_start: bool,
) -> Trace:
    model = Model(program, memory, debug=False, pauses=False)
    model.scratch[:] = scratch
    model.pc = pc
    started_with = memory[:], scratch[:]
    weaver = _Weaver(len(memory), len(scratch), from_start)
    pcs = array("I")
    bundles: dict[int, _Bundle] = {}
    why = None
    while why is None:
        here = model.pc
        if here < len(program) and here not in bundles:
            bundles[here] = _bundle_at(program.columns, here)
        bundle = bundles.get(here, _PAST_THE_END)
        if bundle is not _PAST_THE_END and max(len(pcs) + 1, len(weaver) + bundle.nodes) > most:
            why = Why.FULL
            break
        bases = [model.scratch[word] for word in bundle.address_words]
        why = _ENDS.get(model.run(1, max_cycles).reason)
        if why in (None, Why.HALT):
            pcs.append(here)
            weaver.add(bundle.slots, bases)
    memory[:] = array("I", model.memory)
    scratch[:] = array("I", model.scratch)
    return Trace(
        why,
        model.cycle,
        pcs,
        weaver.sources,
        weaver.memory,
        weaver.addresses,
        lambda trace: _evaluate(program, trace, *started_with),
    )


_ENDS = {
    Reason.END: Why.END,
    Reason.HALT: Why.HALT,
    Reason.FAULT: Why.FAULT,
    Reason.MAX_CYCLES: Why.MAX_CYCLES,
}


class _Weaver:
    """Puts the columns together, by slices of as many words as a slot has lanes."""

    def __init__(self, memory_words: int, scratch_words: int, from_start: bool) -> None:
        self.sources = tuple(array("i") for _ in range(MOST_SOURCES))
        self.memory, self.addresses = array("i"), array("I")
        self._scratch = array("i", [NEVER_WRITTEN if from_start else BEFORE]) * scratch_words
        self._stored = array("i", [INPUT if from_start else BEFORE]) * memory_words

    def __len__(self) -> int:
        return len(self.memory)

    def add(self, slots: Sequence[_Slot], bases: Sequence[int]) -> None:
        """One bundle; `bases` are the memory addresses of its loads and stores."""
        node = len(self)
        landing: list[tuple[array[int], int, array[int]]] = []
        base = iter(bases)
        for access, dest, sources in slots:
            lanes = access.lanes
            self._add_sources(access, sources)
            stored, addresses = _NO_OPERANDS[:lanes], _NO_ADDRESSES[:lanes]
            nodes = array("i", range(node, node + lanes))
            if access.memory:
                first = next(base)
                addresses = array("I", range(first, first + lanes))
                if access.memory is Kind.READ:
                    stored = self._stored[first : first + lanes]
                else:
                    landing.append((self._stored, first, nodes))
            self.memory.extend(stored)
            self.addresses.extend(addresses)
            if dest is not None:
                landing.append((self._scratch, dest, nodes))
            node += lanes
        for writers, first, nodes in landing:
            writers[first : first + len(nodes)] = nodes

    def _add_sources(self, access: Access, sources: Sequence[int]) -> None:
        lanes = access.lanes
        for column, first, read in zip(self.sources, sources, access.reads, strict=False):
            writers = self._scratch[first : first + access.width(read.stride)]
            column.extend(writers if read.stride else writers * lanes)
        for column in self.sources[len(sources) :]:
            column.extend(_NO_OPERANDS[:lanes])


_NO_OPERANDS = array("i", [NO_OPERAND]) * VLEN
_NO_ADDRESSES = array("I", [NO_ADDRESS]) * VLEN


class _LaneMaker(NamedTuple):
    """How a lane of a slot comes by its word; `words` are scratch, for what has no producer."""

    make: LaneWord
    imm: int
    words: tuple[int, ...]


def _lane_makers(columns: Columns, pc: int) -> list[_LaneMaker]:
    found = []
    for slot in columns.slots_of_bundle(pc):
        code, operands = columns.opcodes[slot], columns.operands_of(slot)
        at = IMMEDIATES[code]
        for lane in range(NODE_COUNTS[code]):
            words = ACCESS[code].read_by(operands, lane)
            padded = words + (0,) * (MOST_SOURCES - len(words))
            found.append(_LaneMaker(LANE_WORDS[code], 0 if at is None else operands[at], padded))
    return found


def _evaluate(
    program: Program, trace: Trace, memory: array[int], scratch: array[int]
) -> array[int]:
    """The word of each node, from those of its producers and from what the run started with."""
    makers = {pc: _lane_makers(program.columns, pc) for pc in set(trace.pcs)}
    lanes = chain.from_iterable(map(makers.__getitem__, trace.pcs))
    values: list[int] = []
    for (make, imm, words), a, b, c, stored, address in zip(
        lanes, *trace.sources, trace.memory, trace.addresses, strict=True
    ):
        loaded = 0
        if stored != NO_OPERAND:
            loaded = values[stored] if stored >= 0 else memory[address]
        values.append(
            make(
                values[a] if a >= 0 else scratch[words[0]],
                values[b] if b >= 0 else scratch[words[1]],
                values[c] if c >= 0 else scratch[words[2]],
                imm,
                loaded,
            )
        )
    return array("I", values)
