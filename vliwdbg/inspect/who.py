"""Who wrote some words, and from what: the slots that they come from, each shown once.

Lanes of a slot that are reached together are one source; another set of its lanes is another. What
only moves words is folded: a load of a word that the run has stored, the store, a vbroadcast. The
search goes outwards, so what is shown is nearest, and each source is shown where it was met first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from machine.access import Kind
from machine.core.tracing import BEFORE, INPUT, NEVER_WRITTEN, NO_ADDRESS, NO_OPERAND
from machine.isa import opcode
from vliwdbg.inspect.flow import NO_WORD, Flow
from vliwdbg.inspect.words import notes_of, runs_of, value_of, words_at
from vliwdbg.views.dataflow import Origin, Source, Who
from vliwdbg.views.places import SlotAt

DEPTH = 6
"""Slots from a word to the farthest that is shown, and at most so many in all."""
MOST = 60
_NO_NODES = frozenset({NEVER_WRITTEN, INPUT, NO_OPERAND, BEFORE})
_BROADCAST = opcode("valu", "vbroadcast").code
_ORIGINS: dict[int, Origin] = {
    NEVER_WRITTEN: "never-written",
    INPUT: "input",
    BEFORE: "before",
}


class _Leaf(NamedTuple):
    """Words that no slot of the flow has made."""

    code: int
    memory: bool
    start: int
    stop: int


class _Made(NamedTuple):
    """Some lanes of an executed slot."""

    step: int
    slot: int
    lanes: tuple[int, ...]


_Key = _Leaf | _Made


class _End(NamedTuple):
    """What a lane's word goes back to: a node, or a code and the word that it is about."""

    node: int
    word: int
    memory: bool
    through: tuple[int, ...]


@dataclass
class _Entry:
    """A source while it is being found."""

    key: _Key
    inputs: list[tuple[_Key, tuple[int, ...]]] = field(default_factory=list)
    left_out: bool = False


def who(
    flow: Flow,
    memory: bool,
    start: int,
    stop: int,
    cycle: int | None = None,
    *,
    depth: int = DEPTH,
    most: int = MOST,
) -> Who:
    """Where the words start:stop of scratch or memory come from, as they are before the first
    bundle of a cycle; at the end without one. Raises ValueError for a cycle that is not reached.
    """
    step = len(flow.pcs) if cycle is None else flow.step_at_cycle(cycle)
    ends = [_writer(flow, memory, word, step) for word in range(start, stop)]
    search = _Search(flow, depth, most)
    keys = _grouped(flow, ends)
    tree = search.run(keys)
    writer, inputs = None, tree
    if len(tree) == 1 and tree[0].writer:
        writer, inputs = tree[0].writer, tree[0].inputs
    elif all(source.origin == "never-written" for source in tree):
        inputs = ()
    words = [_word_at(flow, end) for end in ends]
    return Who(
        words_at(flow, memory, start, stop),
        flow.cycles[step],
        value_of(words),
        writer,
        inputs,
        len(search.entries),
        _slots_behind(flow, ends),
        notes=notes_of(flow),
    )


def _writer(flow: Flow, memory: bool, word: int, step: int) -> _End:
    node = (flow.writer_of_memory if memory else flow.writer_of_word)(word, step)
    if node is not None:
        return _End(node, word, memory, ())
    code = INPUT if memory else NEVER_WRITTEN
    return _End(BEFORE if flow.start.position else code, word, memory, ())


def _word_at(flow: Flow, end: _End) -> int:
    if end.node >= 0:
        return flow.values[end.node]
    return flow.memory[end.word] if end.memory else 0


class _Search:
    """Sources by key, found from some on outwards."""

    def __init__(self, flow: Flow, depth: int, most: int) -> None:
        self.flow = flow
        self.depth = depth
        self.most = most
        self.entries: dict[_Key, _Entry] = {}

    def run(self, keys: Sequence[tuple[_Key, tuple[int, ...]]]) -> tuple[Source, ...]:
        """The sources of these, each with its inputs."""
        waiting = deque((self._enter(key), 1) for key, _ in keys)
        while waiting:
            entry, depth = waiting.popleft()
            if not isinstance(entry.key, _Made):
                continue
            inputs = self._inputs(entry.key)
            new = [key for key, _ in inputs if key not in self.entries]
            if new and (depth >= self.depth or len(self.entries) + len(new) > self.most):
                entry.left_out = True
                inputs = [(key, through) for key, through in inputs if key in self.entries]
                new = []
            entry.inputs = inputs
            for key in dict.fromkeys(new):
                waiting.append((self._enter(key), depth + 1))
        numbers: dict[_Key, int] = {}
        return tuple(self._source(key, through, numbers) for key, through in keys)

    def _enter(self, key: _Key) -> _Entry:
        entry = self.entries[key] = _Entry(key)
        return entry

    def _inputs(self, made: _Made) -> list[tuple[_Key, tuple[int, ...]]]:
        flow = self.flow
        first = flow.node(made.step, made.slot)
        access, operands = flow.access(made.slot), flow.operands(made.slot)
        found: list[tuple[_Key, tuple[int, ...]]] = []
        for k in range(len(access.reads)):
            ends = [
                _moved(flow, flow.sources[k][first + lane], access.read_by(operands, lane)[k])
                for lane in made.lanes
            ]
            found += _grouped(flow, ends)
        if access.memory is Kind.READ:
            nodes = [first + lane for lane in made.lanes]
            found += _grouped(
                flow, [_moved(flow, flow.stored[n], flow.addresses[n], memory=True) for n in nodes]
            )
        return list(dict.fromkeys(found))

    def _source(self, key: _Key, through: tuple[int, ...], numbers: dict[_Key, int]) -> Source:
        flow, entry = self.flow, self.entries[key]
        again = key in numbers
        number = numbers.setdefault(key, len(numbers) + 1)
        moves = tuple(_slots_through(flow, through))
        if isinstance(key, _Leaf):
            words = range(key.start, key.stop)
            place = words_at(flow, key.memory, key.start, key.stop).text
            value = value_of([flow.memory[word] if key.memory else 0 for word in words])
            return Source(number, place, value, _ORIGINS[key.code], None, moves, (), False)
        nodes = [flow.node(key.step, key.slot, lane) for lane in key.lanes]
        inputs = () if again else tuple(self._source(*one, numbers) for one in entry.inputs)
        return Source(
            number,
            _made_place(flow, nodes),
            value_of([flow.values[node] for node in nodes]),
            "again" if again else "slot",
            flow.slot_at(key.step, key.slot),
            moves,
            inputs,
            entry.left_out and not again,
        )


def _moved(flow: Flow, node: int, word: int, *, memory: bool = False) -> _End:
    """What a lane's word goes back to, past the slots that only moved it."""
    through: list[int] = []
    while node >= 0:
        place = flow.place(node)
        access, operands = flow.access(place.slot), flow.operands(place.slot)
        if access.memory is Kind.READ and flow.stored[node] >= 0:
            through.append(node)
            node, word, memory = flow.stored[node], flow.addresses[node], True
        elif access.memory is Kind.WRITE:
            through.append(node)
            word, memory = access.read_by(operands, place.lane)[1], False
            node = flow.sources[1][node]
        elif flow.row(place.slot).code == _BROADCAST:
            through.append(node)
            word, memory = access.read_by(operands, place.lane)[0], False
            node = flow.sources[0][node]
        else:
            break
    return _End(node, word, memory, tuple(reversed(through)))


def _grouped(flow: Flow, ends: Iterable[_End]) -> list[tuple[_Key, tuple[int, ...]]]:
    """The ends by slot, or by run of words, in the order in which they come; and what they went
    through."""
    ends = list(ends)
    if len(ends) == 1:
        return [_key_of(flow, ends[0])]
    made: dict[tuple[int, int], tuple[set[int], dict[int, None]]] = {}
    leaves: dict[tuple[int, bool], tuple[set[int], dict[int, None]]] = {}
    order: dict[tuple[bool, tuple[int, int]], None] = {}
    for node, word, memory, through in ends:
        if node >= 0:
            step, slot, lane = flow.place(node)
            lanes, moves = made.setdefault((step, slot), (set(), {}))
            lanes.add(lane)
            order[True, (step, slot)] = None
        else:
            words, moves = leaves.setdefault((node, memory), (set(), {}))
            words.add(word)
            order[False, (node, memory)] = None
        moves |= dict.fromkeys(through)
    found: list[tuple[_Key, tuple[int, ...]]] = []
    for is_made, key in order:
        if is_made:
            lanes, moves = made[key]
            found.append((_Made(*key, tuple(sorted(lanes))), tuple(moves)))
        else:
            code, memory = key[0], bool(key[1])
            words, moves = leaves[code, memory]
            for start, stop in runs_of(sorted(words)):
                found.append((_Leaf(code, memory, start, stop), tuple(moves)))
    return found


def _key_of(flow: Flow, end: _End) -> tuple[_Key, tuple[int, ...]]:
    """The source that one lane's word goes back to, and what it went through."""
    if end.node < 0:
        return _Leaf(end.node, end.memory, end.word, end.word + 1), end.through
    step, slot, lane = flow.place(end.node)
    return _Made(step, slot, (lane,)), end.through


def _slots_through(flow: Flow, nodes: Iterable[int]) -> Iterable[SlotAt]:
    places = dict.fromkeys(flow.place(node)[:2] for node in nodes)
    return (flow.slot_at(step, slot) for step, slot in places)


def _made_place(flow: Flow, nodes: Sequence[int]) -> str:
    """Where these lanes of a slot wrote their words."""
    memory = flow.written_words[nodes[0]] == NO_WORD and flow.addresses[nodes[0]] != NO_ADDRESS
    words = [flow.addresses[n] if memory else flow.written_words[n] for n in nodes]
    return ", ".join(words_at(flow, memory, *run).text for run in runs_of(words))


def _slots_behind(flow: Flow, ends: Sequence[_End]) -> int:
    """How many executed slots the words come from in all."""
    a, b, c = flow.sources
    stored = flow.stored
    found = {end.node for end in ends if end.node >= 0}
    waiting = list(found)
    found |= _NO_NODES
    add, pop, push = found.add, waiting.pop, waiting.append
    while waiting:
        node = pop()
        if (producer := a[node]) not in found:
            add(producer)
            push(producer)
        if (producer := b[node]) not in found:
            add(producer)
            push(producer)
        if (producer := c[node]) not in found:
            add(producer)
            push(producer)
        if (producer := stored[node]) not in found:
            add(producer)
            push(producer)
    return len(set(map(flow.slot_starts.__getitem__, found - _NO_NODES)))
