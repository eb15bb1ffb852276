"""A slot that was left out, derived from what is done for the elements that are right.

The elements of a wrong vector have *twins* in each right one, of their own class: on class inputs
they compute the very same words. What twins compute and wrong elements never do, though all that it
is made of is there, was left out. The slot is the twins' slot with other words: those that hold the
same values at the time, and for its result the word that a first wrong slot reads.

Addresses of an element's own words are no other element's; they lie as far apart as the elements.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from itertools import chain, islice, product, zip_longest
from typing import Any, NamedTuple

from machine.access import ACCESS, Kind
from machine.core.tracing import IMMEDIATES, NEVER_WRITTEN
from machine.isa import ENGINE_CODES, OPCODES, SLOT_LIMITS, VLEN, Opcode
from machine.program import Program
from vliwdbg.inspect.case import NONE
from vliwdbg.inspect.evidence import Evidence
from vliwdbg.inspect.flow import NO_WORD
from vliwdbg.inspect.signatures import KINDS, class_of

MOST_TWINS = 6
"""Right vectors that a wrong one is compared with, those that do the most alike first."""
MOST_RANKS = 4
"""Slots that a vector may lack of what another one has, of which each is tried."""
MOST_READERS = 6
"""First wrong slots of an element that may read what was left out."""
MOST_UNWRITTEN = 64
"""Lanes that read a word which nobody has written."""
FARTHEST, MOST_PLACES = 64, 4
"""Bundles before its reader, and after its sources, in which it may have been, and how many of them
it is tried in."""

Inserted = tuple[int, str, tuple[Any, ...]]
"""A bundle, an engine, and a slot as a file has it."""


def missing_slots(evidence: Evidence) -> Iterator[Inserted]:
    """Slots that may have been left out, with the bundles in which they have room."""
    case = evidence.case
    elements = {case.elements[address] for address in case.wrong}
    vectors = {element // VLEN for element in elements}
    if not case.all_wrong and len(vectors) == 1 and case.fault is None:
        yield from _Lacking(evidence, sorted(elements)).slots()


def has_room(program: Program, pc: int, engine: str) -> bool:
    """Whether a bundle may have one more slot of an engine."""
    columns = program.columns
    used = sum(
        len(columns.slots_of(group))
        for group in columns.groups_of(pc)
        if columns.group_engine[group] == ENGINE_CODES[engine]
    )
    return used < SLOT_LIMITS[engine]


class _Wanted(NamedTuple):
    """A slot that is missing: its opcode, the operands of one that does the same for a twin, and
    for each operand that is read, by lane, the value that it has to have. `lanes` are by wrong
    element those of its result that are for it."""

    row: Opcode
    operands: Sequence[Any]
    values: Sequence[Mapping[int, int]]
    lanes: Mapping[int, Sequence[int]]


class _Lacking:
    """What the wrong elements of a vector lack."""

    def __init__(self, evidence: Evidence, elements: Sequence[int]) -> None:
        self.evidence = evidence
        self.case = evidence.case
        self.flow = evidence.case.flow
        self.elements = elements

    def slots(self) -> Iterator[Inserted]:
        known = set()
        for twins in self._twins[:MOST_TWINS]:
            lacking = [
                self._first_lacking(element, twin)
                for element, twin in zip(self.elements, twins, strict=True)
            ]
            for wanted in chain.from_iterable(
                self._wanted(twins, nodes) for nodes in self._alike(lacking)
            ):
                what = wanted.row.code, *(tuple(values.items()) for values in wanted.values)
                if what not in known:
                    known.add(what)
                    yield from self._inserted(wanted)

    def _alike(self, lacking: Sequence[Sequence[int]]) -> Iterator[dict[int, int]]:
        """Nodes of one kind that elements lack, by element; not of all, where a wrong word is the
        right one by chance."""
        codes = self.case.signed.codes
        for kind in dict.fromkeys(KINDS[codes[node]] for node in chain.from_iterable(lacking)):
            of_kind = ([n for n in nodes if KINDS[codes[n]] == kind] for nodes in lacking)
            for together in islice(zip_longest(*of_kind), MOST_RANKS):
                pairs = zip(self.elements, together, strict=True)
                yield {element: node for element, node in pairs if node is not None}

    # What is lacking.

    @cached_property
    def _nodes(self) -> dict[int, list[int]]:
        """By element its nodes."""
        nodes = defaultdict(list)
        for node, owner in enumerate(self.case.owners[: len(self.flow)]):
            nodes[owner].append(node)
        return nodes

    @cached_property
    def _twins(self) -> list[list[int]]:
        """For each right vector the twins of the elements, those that do the most alike first."""
        case = self.case
        wrong = {case.elements[address] for address in case.wrong}
        right = sorted(set(case.elements.values()) - wrong)
        vectors: dict[int, dict[int, int]] = {}
        for element in right:
            vectors.setdefault(element // VLEN, {})[class_of(element)] = element
        classes = list(map(class_of, self.elements))
        found = [
            [twins[one] for one in classes]
            for twins in vectors.values()
            if twins.keys() >= set(classes)
        ]
        first = self.elements[0]
        return sorted(found, key=lambda twins: len(self._lacking(first, twins[0])))

    def _lacking(self, element: int, twin: int) -> list[int]:
        """The nodes of a twin of which the element has none that does the same."""
        has = Counter(map(self._done, self._nodes[element]))
        lacking = []
        for node in self._nodes[twin]:
            if not self.case.used[node]:
                continue
            done = self._done(node)
            if has[done]:
                has[done] -= 1
            else:
                lacking.append(node)
        return lacking

    def _done(self, node: int) -> int:
        """What a node does, for whichever element of its class."""
        signed = self.case.signed
        return (signed.values if self._is_own(node) else signed.computations)[node]

    def _is_own(self, node: int) -> bool:
        """Whether it loads or stores a word of the element that it belongs to."""
        case, address = self.case, self.flow.addresses[node]
        places = (case.input_elements, case.elements)
        return any(place.get(address) == case.owners[node] for place in places)

    def _first_lacking(self, element: int, twin: int) -> list[int]:
        """Of what an element lacks, that of which nothing that it is made of is lacking."""
        lacking = self._lacking(element, twin)
        among = set(lacking)
        return [node for node in lacking if among.isdisjoint(self.evidence.producers(node))]

    # The slot.

    def _wanted(self, twins: Sequence[int], nodes: Mapping[int, int]) -> Iterator[_Wanted]:
        """The slots that could do for elements what these nodes do for their twins."""
        first = next(iter(nodes.values()))
        code, own = self.case.signed.codes[first], self._is_own(first)
        twin = dict(zip(self.elements, twins, strict=True))
        for row in OPCODES:
            if KINDS[row.code] != KINDS[code] or row.name == "load_offset":
                continue
            if row.code != code and (own or IMMEDIATES[row.code] is not None):
                continue
            for model, lanes in self._models(row, nodes):
                element = next(iter(lanes))
                away = element - twin[element]
                if row.vector:
                    away = VLEN * (element // VLEN - twin[element] // VLEN)
                values = [
                    self._values(row, k, model, away if own else 0)
                    for k in range(len(ACCESS[row.code].reads))
                ]
                slot = self.case.slots[next(iter(model.values()))]
                yield _Wanted(row, self.flow.operands(slot), values, lanes)

    def _values(self, row: Opcode, k: int, model: Mapping[int, int], away: int) -> dict[int, int]:
        """By lane the value that the k-th operand has to have; of an address of an element's own
        words, which lie so far away from the twin's."""
        signed, column = self.case.signed, self.flow.sources[k]
        access = ACCESS[row.code]
        if not away or access.reads[k].position != access.address:
            return {lane: signed.values[column[node]] for lane, node in model.items()}
        return {
            lane: hash(tuple(trace.values[column[node]] + away for trace in signed.traces))
            for lane, node in model.items()
        }

    def _models(
        self, row: Opcode, nodes: Mapping[int, int]
    ) -> Iterator[tuple[dict[int, int], dict[int, Sequence[int]]]]:
        """By lane of a slot of this opcode the node to take for a model, and by element its lanes;
        nothing where there is no such slot."""
        case = self.case
        element, first = next(iter(nodes.items()))
        if not row.vector:
            if len(self.elements) == 1:
                yield {0: first}, {element: [0]}
            return
        start = first - case.lanes[first]
        whole = range(start, start + VLEN)
        if case.signed.codes[first] == row.code and len({case.owners[n] for n in whole}) == 1:
            every = range(VLEN)
            yield dict(zip(every, whole, strict=True)), {element: every}
        else:
            yield (
                {element % VLEN: node for element, node in nodes.items()},
                {element: [element % VLEN] for element in nodes},
            )

    # Where it may have been.

    def _inserted(self, wanted: _Wanted) -> Iterator[Inserted]:
        """A slot in bundles in which it may have been: the last before what reads it, and the first
        in which all is there that it is made of."""
        lanes = [value for values in wanted.values for value in values.values()]
        if not all(value in self._first_with for value in lanes):
            return
        made = max((self.flow.step_of(self._first_with[value]) + 1 for value in lanes), default=0)
        sources = cache(partial(self._sources, wanted))
        for stop, dest in self._places(wanted):
            late = range(stop - 1, max(made, stop - FARTHEST) - 1, -1)
            early = range(made, min(made + FARTHEST, stop - FARTHEST))
            for steps in (late, early):
                fitting = ((step, words) for step in steps if (words := sources(step)) is not None)
                for step, words in islice(fitting, MOST_PLACES):
                    yield self.flow.pcs[step], wanted.row.engine, _written(wanted, dest, words)

    def _places(self, wanted: _Wanted) -> Iterator[tuple[int, int]]:
        """Steps before which it has to be, and the word that it writes; of a store the end, and no
        word."""
        if ACCESS[wanted.row.code].memory is Kind.WRITE:
            yield len(self.flow.pcs), NO_WORD
            return
        places = (
            (self.flow.step_of(node), word - lane)
            for element, node in self._readers
            for word in self._words_read(node)
            for lane in wanted.lanes.get(element, ())
        )
        yield from dict.fromkeys(places)

    def _words_read(self, node: int) -> Sequence[int]:
        slot = self.case.slots[node]
        return self.flow.access(slot).read_by(self.flow.operands(slot), self.case.lanes[node])

    @cached_property
    def _readers(self) -> list[tuple[int, int]]:
        """By wrong element the nodes that may read what was left out: the first wrong ones, what
        they read of other elements, and what reads words that nobody has written."""
        walks = (*self.evidence.by_computation, *self.evidence.by_value)
        firsts = [(walk.owner, node) for walk in walks for node in walk.frontier[:MOST_READERS]]
        before = [
            (owner, producer)
            for owner, node in firsts
            for producer in self.evidence.producers(node)
            if self.case.owners[producer] != NONE
        ]
        others = product(self.elements, chain(self._suspected(), self._unwritten()))
        return list(dict.fromkeys((*firsts, *before, *others)))

    def _suspected(self) -> Iterator[int]:
        for slot in self.evidence.ranking[:MOST_READERS]:
            step = self.flow.steps_of(self.flow.pc_of_slot(slot))[0]
            yield from self.flow.nodes_of(step, slot)

    def _unwritten(self) -> Iterator[int]:
        """The first nodes that read a word which nobody has written, for no right output."""
        reading = (
            node
            for node, producers in enumerate(zip(*self.flow.sources, strict=True))
            if NEVER_WRITTEN in producers and not self.case.used[node]
        )
        return islice(reading, MOST_UNWRITTEN)

    # Its sources.

    def _sources(self, wanted: _Wanted, step: int) -> Sequence[int] | None:
        """Words for its operands that hold their values at a step; None where there are none, or
        it has no room."""
        if not has_room(self.flow.program, self.flow.pcs[step], wanted.row.engine):
            return None
        words = []
        for read, values in zip(ACCESS[wanted.row.code].reads, wanted.values, strict=True):
            word = self._word(wanted.operands[read.position], read.stride, values, step)
            if word is None:
                return None
            words.append(word)
        return words

    def _word(self, usual: int, stride: int, values: Mapping[int, int], step: int) -> int | None:
        """The word from which an operand would read these values, by lane, at a step: the one that
        the twin's slot has, or any."""
        lane, value = next(iter(values.items()))
        for word in (usual, *(word - stride * lane for word in self._words_with.get(value, ()))):
            if all(self._holds(word + stride * at, step, value) for at, value in values.items()):
                return word
        return None

    def _holds(self, word: int, step: int, value: int) -> bool:
        """Whether a word has a value when a step starts, and it is not another element's."""
        if not 0 <= word < self.flow.program.scratch_size:
            return False
        writer = self.flow.writer_of_word(word, step)
        return writer is not None and self._is_ours(writer) and self._value(writer) == value

    def _is_ours(self, node: int) -> bool:
        owner = self.case.owners[node]
        return owner == NONE or owner in self.elements

    def _value(self, node: int) -> int:
        return self.case.signed.values[node]

    @cached_property
    def _first_with(self) -> dict[int, int]:
        """By value the first node that has it, of these elements or of none."""
        first: dict[int, int] = {}
        for node in filter(self._is_ours, range(len(self.flow))):
            first.setdefault(self._value(node), node)
        return first

    @cached_property
    def _words_with(self) -> dict[int, list[int]]:
        """By value the words to which it is written, for these elements or for none."""
        words: dict[int, dict[int, None]] = defaultdict(dict)
        for node in filter(self._is_ours, range(len(self.flow))):
            words[self._value(node)][self.flow.written_words[node]] = None
        return {value: list(found) for value, found in words.items()}


def _written(wanted: _Wanted, dest: int, sources: Sequence[int]) -> tuple[Any, ...]:
    """The slot as a file has it."""
    access, operands = ACCESS[wanted.row.code], list(wanted.operands)
    for read, word in zip(access.reads, sources, strict=True):
        operands[read.position] = word
    if access.dest is not None:
        operands[access.dest] = dest
    return (wanted.row.name, *operands)
