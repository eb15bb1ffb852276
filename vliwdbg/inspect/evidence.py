"""What speaks against the slots of a wrong program: one function for each kind of evidence.

Wrong outputs are followed back through all that is not trusted, to the *frontier*: lanes that go
astray though all that they read is trusted. A wrong word that is read is there; where a right word
was put in the wrong place, its reader is, and what is around tells who should have written.

Each function yields votes, a slot and how much it speaks against it; the weight of each kind is in
the table at the end. The sum ranks the slots.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from machine.core.tracing import NODE_COUNTS
from machine.isa import VLEN
from vliwdbg.inspect.case import MIXED, NONE, Case
from vliwdbg.inspect.flow import NO_WORD
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.signatures import FORMS, LOAD, MOVE, class_of

MOST_OUTPUTS = 12
"""Wrong outputs that are followed back."""
_LONGEST_PART = 40
"""Nodes between another element's right words and what was made of them for no right output."""
_MOST_ODD = 12
"""Vectors with a lane of another one that are looked at."""
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
        for kind in parts_of("evidence", KINDS, 1):
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
        case = self.case
        if case.fault is not None:
            yield self._walk(case.fault, case.owners[case.fault], numbers, trusted)
            return
        for address in self.outputs:
            output = case.last_store(address)
            if output is not None:
                yield self._walk(output, case.elements[address], numbers, trusted)

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
        # By the reference some right words on the way are unknown too; after the first wrong one
        # all are, so the last of the frontier is it.
        lost = class_of(element) in self.case.lost
        return Walk(output, element, visited, sorted(frontier, reverse=lost))

    def _is_trusted(
        self, node: int, element: int, numbers: Sequence[int], trusted: Collection[int]
    ) -> bool:
        case, owner = self.case, self.case.owners[node]
        if owner == NONE:
            known = bool(case.used[node]) or numbers[node] in trusted
            return known or case.good is None or not case.lost
        if self.is_of_another(node, element):
            # What reads another element's word is what is wrong, and of several elements by it.
            return True
        if owner == MIXED and not case.used[node]:
            return False
        if class_of(element) in case.lost and case.signed.values[node] in case.reference_values:
            return True
        return numbers[node] in trusted

    # Of nodes.

    def producers(self, node: int) -> list[int]:
        """The nodes that a node reads."""
        flow = self.case.flow
        codes = (*(column[node] for column in flow.sources), flow.stored[node])
        return [producer for producer in codes if producer >= 0]

    def moved_by(self, node: int) -> Iterator[int]:
        """A node, and those before it that made or moved its word, one after the other."""
        flow, codes = self.case.flow, self.case.signed.codes
        while node >= 0:
            yield node
            if flow.stored[node] >= 0:
                node = flow.stored[node]
            elif FORMS[codes[node]] == MOVE:
                node = flow.sources[flow.row_of_code(codes[node]).engine == "store"][node]
            else:
                return

    def is_of_another(self, node: int, element: int) -> bool:
        """Whether it belongs to one other element."""
        return self.case.owners[node] not in (NONE, MIXED, element)

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
    def frontier_steps(self) -> list[int]:
        """The steps at which frontiers begin, ascending."""
        flow = self.case.flow
        return sorted({flow.step_of(walk.frontier[0]) for walk in self.walks if walk.frontier})

    def nearness(self, node: int) -> float:
        """1 for what is in a step at which a frontier begins, less for all others."""
        steps, step = self.frontier_steps, self.case.flow.step_of(node)
        at = bisect_left(steps, step)
        away = min((abs(other - step) for other in steps[max(0, at - 1) : at + 1]), default=0)
        return 1 / (1 + away / _NEAR)


def _ranked(evidence: Evidence, walks: Sequence[Walk]) -> Iterator[Vote]:
    for walk in walks:
        for rank, node in enumerate(walk.frontier, 1):
            yield evidence.case.slots[node], 1 / rank


def _computation(evidence: Evidence) -> Iterator[Vote]:
    return _ranked(evidence, evidence.by_computation)


def _value(evidence: Evidence) -> Iterator[Vote]:
    return _ranked(evidence, evidence.by_value)


def _foreign(evidence: Evidence) -> Iterator[Vote]:
    """Slots that read another element's word on the way to an output, and who wrote it."""
    slots = evidence.case.slots
    for walk in evidence.walks:
        entries = [
            (node, producer)
            for node in sorted(walk.visited)
            for producer in evidence.producers(node)
            if evidence.is_of_another(producer, walk.owner)
        ]
        for rank, (node, producer) in enumerate(entries, 1):
            yield slots[node], 1 / rank
            for mover in evidence.moved_by(producer):
                yield slots[mover], 0.8 / rank
            for first in _first_unused(evidence, producer):
                yield slots[first], 1.2 / rank


def _first_unused(evidence: Evidence, node: int) -> list[int]:
    """Of what a node was made of, where it parts from what right outputs were made of: a slot that
    reads another element's words does so, though what it makes is that element's alone."""
    used = evidence.case.used
    visited, first, waiting = {node}, [], [node]
    while waiting and len(visited) < _LONGEST_PART:
        here = waiting.pop()
        unused = [
            producer
            for producer in evidence.producers(here)
            if not used[producer] and evidence.case.owners[producer] != NONE
        ]
        if not unused and not used[here]:
            first.append(here)
        waiting += [producer for producer in unused if producer not in visited]
        visited.update(unused)
    return [] if waiting else first


def _producer(evidence: Evidence) -> Iterator[Vote]:
    slots = evidence.case.slots
    for walk in evidence.walks:
        for rank, node in enumerate(walk.frontier, 1):
            for producer in evidence.producers(node):
                foreign = evidence.is_of_another(producer, walk.owner)
                vote = (1.0 if foreign else 0.4) / rank
                for depth, mover in enumerate(evidence.moved_by(producer), 1):
                    yield slots[mover], vote / depth


def _odd_lane(evidence: Evidence) -> Iterator[Vote]:
    """The first vectors of which one lane is another vector's, and who wrote that lane."""
    case = evidence.case
    owners, codes = case.owners, case.signed.codes
    node, rank = 0, 0
    while node < len(codes) and rank < _MOST_ODD:
        count = NODE_COUNTS[codes[node]]
        vectors = [owner // VLEN for owner in owners[node : node + count] if owner >= 0]
        if count > 1 and len(set(vectors)) > 1 and FORMS[codes[node]] != LOAD:
            usual = max(set(vectors), key=vectors.count)
            odd = [n for n in range(node, node + count) if owners[n] // VLEN not in (usual, -1)]
            rank += 1
            yield case.slots[node], 0.5 / rank
            for lane in odd[:1]:
                for producer in evidence.producers(lane):
                    if owners[producer] == owners[lane]:
                        for mover in evidence.moved_by(producer):
                            yield case.slots[mover], 1 / rank
        node += count


def _unread(evidence: Evidence) -> Iterator[Vote]:
    """Slots of which most lanes are read by nobody, near the frontier; more if they do what is
    trusted, and if for a wrong output. Of a loaded vector often one lane alone is wanted."""
    case = evidence.case
    read, codes = evidence.reads, case.signed.codes
    wrong = {walk.owner for walk in evidence.walks}
    node = read.find(0)
    while node >= 0:
        node -= case.lanes[node]
        stop = node + NODE_COUNTS[codes[node]]
        unread = read.count(0, node, stop) / (stop - node)
        if unread >= (1 if FORMS[codes[node]] == LOAD else 0.5):
            lanes = range(node, stop)
            vote = unread
            if case.lost and case.owners[node] == NONE:
                vote *= len(case.lost)  # what whole classes share
            else:
                vote *= evidence.nearness(node)
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
                vote = 1 / rank / (1 + depth / 8)
                known = (
                    case.used[producer] or case.signed.computations[producer] in case.computations
                )
                yield case.slots[producer], vote if known else 3 * vote


def _misplaced(evidence: Evidence) -> Iterator[Vote]:
    """Stores of the right final word to an address that is not the output's, stores of it to a
    wrong output, and, where outputs are missing, stores one over the other; all with what made
    their addresses."""
    most: dict[int, float] = {}
    for slot, vote in _misplaced_each(evidence):
        most[slot] = max(vote, most.get(slot, 0))
    yield from most.items()


def _misplaced_each(evidence: Evidence) -> Iterator[Vote]:
    case, flow = evidence.case, evidence.case.flow
    if case.fault is not None:
        return
    values = case.signed.values
    finals = {hash(tuple(words[address] for words in case.expected)) for address in case.wrong}
    missing = any(case.last_store(address) is None for address in case.wrong)
    for address, nodes in flow.memory_writes.items():
        for node in nodes:
            if values[node] in finals and address not in case.elements:
                yield from _store_votes(evidence, node, 1.0)
        if missing and len(nodes) > 1:
            for node in nodes[-2:]:
                yield from _store_votes(evidence, node, 0.5)
    for address in case.wrong:
        output = case.last_store(address)
        if output is not None and values[output] in finals:
            yield from _store_votes(evidence, output, 0.5)


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
    Kind(
        "odd-lane",
        1.5,
        "It put a word into the lane of another vector, or reads it there.",
        _odd_lane,
    ),
    Kind("producer", 0.4, "It wrote what the first wrong slot reads.", _producer),
    Kind("unread", 1.0, "Nobody reads what it makes.", _unread),
    Kind("rewritten", 1.5, "Another slot of its bundle writes the same word.", _rewritten),
    Kind("straddle", 1.5, "It reads a vector which two values lie across.", _straddle),
    Kind("constant", 0.15, "The first wrong slot depends on it.", _constant),
    Kind("misplaced", 0.8, "It has to do with a final word that is stored elsewhere.", _misplaced),
)
