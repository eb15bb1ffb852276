"""A wrong program on inputs of our choosing: which outputs are wrong, and what can be trusted.

The program runs on class inputs (`vliwdbg.inspect.signatures`), so what right elements compute is
what wrong ones of the same class should. A node belongs to the one element that its words depend
on; to none (tables, constants, addresses); or, where something is mixed up, to several.

What the slices of right outputs are made of is trusted, and all else that does the same. Where
nothing is right, the words that the reference computes on the way are trusted in their place. With
a program that is known to be good, run on the same inputs, all that it does is.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from functools import cached_property
from itertools import chain

from machine.core.inputs import solution_of
from machine.core.tracing import INPUT, NODE_COUNTS, Why
from machine.isa import SCRATCH_SIZE, VLEN, WORD_MASK
from machine.problem import HASH_STAGES, Layout, hash_stages
from machine.program import Program
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.outputs import reached_from
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.signatures import (
    CLASSES,
    Signatures,
    class_of,
    slots_of_nodes,
    spread_by_step,
)

NONE, MIXED = -1, -2
"""What a node belongs to that depends on no element, or on several."""
_SEVERAL = 3
_LANES = bytes(range(VLEN))


class Case:
    """The run of a wrong program on inputs, and what it should have left of them.

    `expected` are the words by address that each input should leave; `good` are the signatures of
    another program on the same inputs that is right.
    """

    def __init__(
        self,
        signed: Signatures,
        expected: Sequence[dict[int, int]],
        elements: dict[int, int],
        good: Signatures | None = None,
    ) -> None:
        self.signed = signed
        self.expected = expected
        self.elements = elements
        """By address of an output the element that it belongs to."""
        self.good = good
        self._values_before: dict[int, list[int]] = {}

    def without_good(self) -> Case:
        """The same with nothing to compare with but itself."""
        return Case(self.signed, self.expected, self.elements)

    @property
    def of_any_program(self) -> bool:
        """Whether the program has no problem, so that there are no elements."""
        return self.flow.program.problem is None

    @cached_property
    def wrong(self) -> list[int]:
        """The addresses of wrong outputs, ascending."""
        runs = list(zip(self.signed.left, self.expected, strict=True))
        return [
            address
            for address in self.elements
            if any(left[address] != words[address] for left, words in runs)
        ]

    @cached_property
    def fault(self) -> int | None:
        """The node whose word is the address that the run faults at."""
        flow = self.flow
        if flow.trace.why is not Why.FAULT:
            return None
        step = len(flow.pcs)
        for slot in flow.columns.slots_of_bundle(flow.next_pc):
            access = flow.access(slot)
            word = access.address_word(flow.operands(slot))
            if word is not None:
                writer = flow.writer_of_word(word, step)
                reached = 0 if writer is None else flow.values[writer]
                if reached + access.lanes > len(flow.memory):
                    return writer
        return None

    @property
    def flow(self) -> Flow:
        return self.signed.flow

    @cached_property
    def slots(self) -> array[int]:
        """By node its slot, by number in the program."""
        return slots_of_nodes(self.flow)

    @cached_property
    def lanes(self) -> bytes:
        """By node which lane of its slot it is."""
        opcodes = self.flow.columns.opcodes
        return spread_by_step(self.flow, b"".join(_LANES[: NODE_COUNTS[code]] for code in opcodes))

    @cached_property
    def all_wrong(self) -> bool:
        """Whether no output is right, and nothing is known to be."""
        return self.good is None and len(self.wrong) == len(self.elements)

    def last_store(self, address: int) -> int | None:
        """The node that left a word of memory."""
        stores = self.flow.memory_writes.get(address)
        return stores[-1] if stores else None

    def values_before(self, step: int) -> list[int]:
        """By word of scratch its value when a bundle starts."""
        if step not in self._values_before:
            values = self.signed.values
            writers = (self.flow.writer_of_word(word, step) for word in range(SCRATCH_SIZE))
            self._values_before[step] = [values[-1 if w is None else w] for w in writers]
        return self._values_before[step]

    @cached_property
    def owners(self) -> list[int]:
        """By node the element that it depends on, NONE or MIXED; and, from the end, four NONE for
        producers that are no nodes."""
        flow, elements = self.flow, self.input_elements
        owners = [NONE] * (len(flow) + 4)
        a, b, c = flow.sources
        for node, (p, q, r, stored, address) in enumerate(
            zip(parts_of("elements", a), b, c, flow.stored, flow.addresses, strict=True)
        ):
            owner = owners[p]
            for other in (owners[q], owners[r], owners[stored]):
                if other != NONE and other != owner:
                    owner = other if owner == NONE else MIXED
            if stored == INPUT and address in elements:
                mine = elements[address]
                owner = mine if owner in (NONE, mine) else MIXED
            owners[node] = owner
        return owners

    @cached_property
    def made_of_forest(self) -> bytearray:
        """By node whether it was made of words of the forest."""
        flow, layout = self.flow, Layout.read(self.flow.memory)
        nodes = range(0) if layout is None else layout.nodes
        made = bytearray(len(flow) + 4)
        for node, (a, b, c, stored, address) in enumerate(
            zip(*flow.sources, flow.stored, flow.addresses, strict=True)
        ):
            made[node] = made[a] or made[b] or made[c] or made[stored]
            if stored == INPUT and address in nodes:
                made[node] = 1
        return made

    @cached_property
    def input_elements(self) -> dict[int, int]:
        """By address of an element's words the element."""
        layout = Layout.read(self.flow.memory)
        if layout is None:
            return {}
        places = layout.indices, layout.values
        return {address: e for place in places for e, address in enumerate(place)}

    @cached_property
    def used(self) -> bytearray:
        """By node, whether a right output was made of it."""
        wrong = set(self.wrong)
        right = (self.last_store(address) for address in self.elements if address not in wrong)
        return reached_from(self.flow, [node for node in right if node is not None])

    @cached_property
    def computations(self) -> Collection[int]:
        """The computations that are trusted."""
        mine = {one for one, used in zip(self.signed.computations, self.used, strict=True) if used}
        if self.fault is not None:
            mine |= self._common
        return mine.union(self.good.computations) if self.good else mine

    @cached_property
    def _common(self) -> set[int]:
        """Computations that several elements share: before a fault nothing is right yet."""
        owners: dict[int, set[int]] = {}
        for computation, owner in zip(self.signed.computations, self.owners, strict=False):
            owners.setdefault(computation, set()).add(owner)
        return {one for one, found in owners.items() if len(found) >= _SEVERAL}

    @cached_property
    def values(self) -> Collection[int]:
        """The values that are trusted."""
        values = self.signed.values[: len(self.flow)]
        mine = {one for one, used in zip(values, self.used, strict=True) if used}
        if self.good:
            return mine.union(self.good.values)
        return mine | self.reference_values if self.all_wrong else mine

    @cached_property
    def lost(self) -> frozenset[int]:
        """The classes of which no element is right, so that nothing can be compared."""
        wrong = {self.elements[address] for address in self.wrong}
        right = {class_of(element) for element in self.elements.values() if element not in wrong}
        return frozenset(range(CLASSES)) - right if self.wrong else frozenset()

    @cached_property
    def reference_values(self) -> set[int]:
        """What the reference computes on the way, of all classes."""
        layout = Layout.read(self.flow.memory)
        if layout is None:
            return set()
        batch = range(min(layout.batch_size, 64))
        first = {class_of(element): element for element in reversed(batch)}
        traces = [
            [list(reference_words(layout, image, element)) for image in self.signed.inputs]
            for element in first.values()
        ]
        return {hash(words) for trace in traces for words in zip(*trace, strict=True)}


def reference_words(layout: Layout, image: Sequence[int], element: int) -> list[int]:
    """The words that the reference kernel, and kernels like it, make for an element, in order."""
    index = image[layout.indices_at + element]
    value = image[layout.values_at + element]
    words = [index, value]
    for _ in range(layout.rounds):
        node = image[layout.nodes_at + index]
        before = value ^ node
        words += [node, layout.nodes_at + index, before]
        for stage, after in zip(HASH_STAGES, hash_stages(before), strict=True):
            left = before ^ stage.c if stage.op1 == "^" else before + stage.c
            right = before << stage.s if stage.op3 == "<<" else before >> stage.s
            words += [left & WORD_MASK, right & WORD_MASK, after]
            if stage.op1 == stage.op2 == "^":  # the constant may come last, or after the next node
                late = before ^ right & WORD_MASK
                words += [late, late & 1]
            before = after
        value = before
        child = 2 * index + (2 if value % 2 else 1)
        words += [value & 1, 2 * index, 2 * index + 1, child, child + layout.nodes_at]
        index = child if child < layout.n_nodes else 0
        words.append(index)
    return words


def output_elements(program: Program, layout: Layout) -> dict[int, int]:
    """By address of an output that a program claims the element that it is of."""
    places = {"values": layout.values, "indices": layout.indices}
    pairs = chain.from_iterable(
        ((address, element) for element, address in enumerate(places[output]))
        for output in program.outputs
    )
    return dict(sorted(pairs))


def expected_words(program: Program, layout: Layout, image: array[int]) -> dict[int, int]:
    """By address the words that a program should leave of its outputs."""
    indices, values = solution_of(layout, image)
    final = {"values": (layout.values, values), "indices": (layout.indices, indices)}
    return {
        address: word
        for output in program.outputs
        for address, word in zip(*final[output], strict=True)
    }
