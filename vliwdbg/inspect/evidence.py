"""What speaks against the slots of a wrong program: one function for each kind of evidence.

Wrong outputs are followed back through all that is not trusted, to the *frontier*: lanes that go
astray though all that they read is trusted. A wrong word that is read is there; where a right word
was put in the wrong place, its reader is, and what is around tells who should have written.

Each function yields votes, a slot and how much it speaks against it; the weight of each kind is in
the table at the end. The sum ranks the slots.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from machine.core.tracing import NODE_COUNTS
from vliwdbg.inspect.case import NONE, Case
from vliwdbg.inspect.flow import NO_WORD
from vliwdbg.inspect.signatures import FORMS, LOAD, MOVE

MOST_OUTPUTS = 12
"""Wrong outputs that are followed back."""
_NEAR = 40
"""Steps within which a slot without effect may have to do with the frontier."""

Vote = tuple[int, float]
"""A slot, by number in the program, and how much speaks against it."""


class Walk(NamedTuple):
    """From a wrong output back: all that is not trusted, and where that begins, in order."""

    output: int
    owner: int
    visited: Collection[int]
    frontier: Sequence[int]


class Evidence:
    """All that speaks against the slots of a case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.by_kind: dict[str, dict[int, float]] = {}
        """By kind of evidence the weighted votes, by slot."""
        for kind in KINDS:
            votes: dict[int, float] = defaultdict(float)
            for slot, vote in kind.find(self):
                votes[slot] += kind.weight * vote
            self.by_kind[kind.name] = votes

    @cached_property
    def ranking(self) -> list[int]:
        """The slots that anything speaks against, the worst first."""
        total: dict[int, float] = defaultdict(float)
        for votes in self.by_kind.values():
            for slot, vote in votes.items():
                total[slot] += vote
        return sorted(total, key=lambda slot: (-total[slot], slot))

    def told(self, slot: int) -> list[str]:
        """What speaks against a slot, in sentences, the strongest first."""
        kinds = [kind for kind in KINDS if slot in self.by_kind[kind.name]]
        kinds.sort(key=lambda kind: -self.by_kind[kind.name][slot])
        return [kind.sentence for kind in kinds]

    # Walks.

    @cached_property
    def outputs(self) -> list[int]:
        """Some of the wrong outputs, by address, spread over all."""
        wrong = self.case.wrong
        count = min(MOST_OUTPUTS, len(wrong))
        return [wrong[i * len(wrong) // count] for i in range(count)]

    @cached_property
    def by_computation(self) -> list[Walk]:
        return list(self._walks(self.case.signed.computations, self.case.computations))

    @cached_property
    def by_value(self) -> list[Walk]:
        return list(self._walks(self.case.signed.values, self.case.values))

    @property
    def walks(self) -> list[Walk]:
        """Those by computation; where nothing is right, those by the reference's words."""
        return self.by_value if self.case.all_wrong else self.by_computation

    def _walks(self, numbers: Sequence[int], trusted: Collection[int]) -> Iterator[Walk]:
        for address in self.outputs:
            output = self.case.last_store(address)
            if output is not None:
                yield self._walk(output, self.case.elements[address], numbers, trusted)

    def _walk(
        self, output: int, element: int, numbers: Sequence[int], trusted: Collection[int]
    ) -> Walk:
        visited, frontier, waiting = {output}, [], [output]
        while waiting:
            node = waiting.pop()
            astray = [
                producer
                for producer in self.producers(node)
                if not self._is_trusted(producer, element, numbers, trusted)
            ]
            if not astray:
                frontier.append(node)
            for producer in astray:
                if producer not in visited:
                    visited.add(producer)
                    waiting.append(producer)
        return Walk(output, element, visited, sorted(frontier))

    def _is_trusted(
        self, node: int, element: int, numbers: Sequence[int], trusted: Collection[int]
    ) -> bool:
        case, owner = self.case, self.case.owners[node]
        if owner == NONE and case.good is None:
            return True
        if owner not in (NONE, element) and not case.used[node]:
            # Its words may look right, but they are another element's.
            return self.is_input(node) and case.good is None
        return numbers[node] in trusted

    # Of nodes.

    def producers(self, node: int) -> list[int]:
        """The nodes that a node reads."""
        flow = self.case.flow
        codes = (*(column[node] for column in flow.sources), flow.stored[node])
        return [producer for producer in codes if producer >= 0]

    def is_input(self, node: int) -> bool:
        """Whether it loads a word that was there from the start."""
        return FORMS[self.case.signed.codes[node]] == LOAD and self.case.flow.stored[node] < 0

    def origin(self, node: int) -> int:
        """The node that made a word which others only moved."""
        flow, codes = self.case.flow, self.case.signed.codes
        while True:
            stored, form = flow.stored[node], FORMS[codes[node]]
            if stored >= 0:
                node = stored
            elif form == MOVE and flow.row_of_code(codes[node]).engine == "store":
                value = flow.sources[1][node]
                if value < 0:
                    return node
                node = value
            elif form == MOVE and flow.sources[0][node] >= 0:
                node = flow.sources[0][node]
            else:
                return node

    def is_foreign(self, node: int, element: int) -> bool:
        """Whether it belongs to another element, or to several."""
        return self.case.owners[node] not in (NONE, element)

    @cached_property
    def reads(self) -> bytearray:
        """By node whether anybody reads it, or it is what an output is left with."""
        flow = self.case.flow
        read = bytearray(len(flow))
        for column in (*flow.sources, flow.stored):
            for producer in column:
                if producer >= 0:
                    read[producer] = 1
        for address in self.case.elements:
            output = self.case.last_store(address)
            if output is not None:
                read[output] = 1
        return read

    @cached_property
    def first_frontier(self) -> int:
        """The first step of any frontier."""
        nodes = [walk.frontier[0] for walk in self.walks if walk.frontier]
        return self.case.flow.step_of(min(nodes)) if nodes else 0


def _ranked(evidence: Evidence, walks: Sequence[Walk]) -> Iterator[Vote]:
    for walk in walks:
        for rank, node in enumerate(walk.frontier, 1):
            yield evidence.case.slots[node], 1 / rank


def _computation(evidence: Evidence) -> Iterator[Vote]:
    return _ranked(evidence, evidence.by_computation)


def _value(evidence: Evidence) -> Iterator[Vote]:
    return _ranked(evidence, evidence.by_value)


def _foreign(evidence: Evidence) -> Iterator[Vote]:
    """The first slot on the way to an output that reads another element's, and who wrote that."""
    case = evidence.case
    for walk in evidence.walks:
        mixed = [
            node
            for node in walk.visited
            if evidence.is_foreign(node, walk.owner)
            and not all(evidence.is_foreign(p, walk.owner) for p in evidence.producers(node))
        ]
        for rank, node in enumerate(sorted(mixed), 1):
            yield case.slots[node], 1 / rank
            for producer in evidence.producers(node):
                if evidence.is_foreign(producer, walk.owner):
                    yield case.slots[evidence.origin(producer)], 0.7 / rank


def _producer(evidence: Evidence) -> Iterator[Vote]:
    slots = evidence.case.slots
    for walk in evidence.walks:
        for rank, node in enumerate(walk.frontier, 1):
            for producer in evidence.producers(node):
                foreign = evidence.is_foreign(producer, walk.owner)
                vote = (1.0 if foreign else 0.4) / rank
                yield slots[producer], vote
                origin = evidence.origin(producer)
                if origin != producer:
                    yield slots[origin], vote / 2


def _unread(evidence: Evidence) -> Iterator[Vote]:
    """Slots of which most lanes are read by nobody, near the frontier; more if they do what is
    trusted, and if for a wrong output. Of a loaded vector often one lane alone is wanted."""
    case, flow = evidence.case, evidence.case.flow
    first, read, codes = evidence.first_frontier, evidence.reads, case.signed.codes
    wrong = {walk.owner for walk in evidence.walks}
    node = read.find(0)
    while node >= 0:
        node -= case.lanes[node]
        stop = node + NODE_COUNTS[codes[node]]
        unread = read.count(0, node, stop) / (stop - node)
        if unread >= (1 if FORMS[codes[node]] == LOAD else 0.5):
            vote = unread / (1 + abs(flow.step_of(node) - first) / _NEAR)
            lanes = range(node, stop)
            if not any(case.signed.computations[lane] in case.computations for lane in lanes):
                vote /= 3
            if not any(case.owners[lane] in wrong for lane in lanes):
                vote /= 2
            yield case.slots[node], vote
        node = read.find(0, stop)


def _rewritten(evidence: Evidence) -> Iterator[Vote]:
    flow, slots = evidence.case.flow, evidence.case.slots
    words = flow.written_words
    for step in range(len(flow.pcs)):
        first, stop = flow.first_node[step], flow.first_node[step + 1]
        written = [word for word in words[first:stop] if word != NO_WORD]
        if len(set(written)) == len(written):
            continue
        before: dict[int, int] = {}
        for node in range(first, stop):
            word = words[node]
            if word != NO_WORD and word in before:
                yield slots[node], 1
                yield slots[before[word]], 1
            before[word] = node


def _straddle(evidence: Evidence) -> Iterator[Vote]:
    case, flow = evidence.case, evidence.case.flow
    node = 0
    while node < len(flow):
        count = NODE_COUNTS[case.signed.codes[node]]
        if count > 1:
            reads = flow.access(case.slots[node]).reads
            for column, (_, stride) in zip(flow.sources, reads, strict=False):
                if stride and _lies_across(case, column[node : node + count]):
                    yield case.slots[node], 1
        node += count


def _lies_across(case: Case, producers: Sequence[int]) -> bool:
    """Whether lanes come from several vectors, or from other lanes of one."""
    lanes, codes = case.lanes, case.signed.codes
    firsts = set()
    for lane, node in enumerate(producers):
        if node >= 0 and NODE_COUNTS[codes[node]] > 1:
            if lanes[node] != lane:
                return True
            firsts.add(node - lane)
    return len(firsts) > 1


def _constant(evidence: Evidence) -> Iterator[Vote]:
    """What the frontier depends on that depends on no element, to its constants."""
    case = evidence.case
    for walk in evidence.walks:
        for rank, node in enumerate(walk.frontier, 1):
            seen: set[int] = set()
            waiting = [node]
            while waiting and len(seen) < 64:
                for producer in evidence.producers(waiting.pop(0)):
                    if producer not in seen and case.owners[producer] == NONE:
                        seen.add(producer)
                        waiting.append(producer)
            for depth, producer in enumerate(seen, 1):
                yield case.slots[producer], 1 / rank / (1 + depth / 4)


def _misplaced(evidence: Evidence) -> Iterator[Vote]:
    """Stores of the right final word to an address that is not the output's, and stores to a wrong
    output of what it should not have; both with what made their addresses."""
    case, flow = evidence.case, evidence.case.flow
    finals = {
        hash(tuple(words[address] for words in case.expected)): case.elements[address]
        for address in case.wrong
    }
    for address, nodes in flow.memory_writes.items():
        for node in nodes:
            if case.signed.values[node] in finals and address not in case.elements:
                yield from _store_votes(evidence, node, 1.0)
    for address in case.wrong:
        output = case.last_store(address)
        if output is not None and case.signed.values[output] in set(finals):
            yield from _store_votes(evidence, output, 0.1)
    missing = [a for a in case.wrong if case.last_store(a) is None]
    if missing:
        for nodes in flow.memory_writes.values():
            for node in nodes[:-1]:  # stored over: one of them is likely to belong elsewhere
                yield from _store_votes(evidence, node, 0.5)
                yield from _store_votes(evidence, nodes[-1], 0.5)


def _store_votes(evidence: Evidence, node: int, vote: float) -> Iterator[Vote]:
    case = evidence.case
    yield case.slots[node], vote
    address = case.flow.sources[0][node]
    for depth in range(1, 6):
        if address < 0:
            return
        yield case.slots[address], vote / (1 + depth)
        producers = evidence.producers(address)
        address = producers[0] if producers else -1


class Kind(NamedTuple):
    """A kind of evidence: what is told of a slot it speaks against, and how much it counts."""

    name: str
    weight: float
    sentence: str
    find: Callable[[Evidence], Iterator[Vote]]


KINDS = (
    Kind(
        "computation",
        1.0,
        "It is the first to compute what no right element does, of words that are right.",
        _computation,
    ),
    Kind(
        "value",
        0.5,
        "It is the first to make words that no right element has at any time.",
        _value,
    ),
    Kind("foreign", 0.4, "It mixes words of different elements, or wrote them.", _foreign),
    Kind("producer", 0.4, "It wrote what the first wrong slot reads.", _producer),
    Kind("unread", 1.0, "Nobody reads what it makes.", _unread),
    Kind("rewritten", 1.5, "Another slot of its bundle writes the same word.", _rewritten),
    Kind("straddle", 1.5, "It reads a vector which two values lie across.", _straddle),
    Kind("constant", 0.15, "The first wrong slot depends on it.", _constant),
    Kind("misplaced", 0.8, "It has to do with a final word that is stored elsewhere.", _misplaced),
)
