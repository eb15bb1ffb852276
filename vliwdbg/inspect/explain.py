"""Which vector, round, level and stage each slot of a kernel works for, where nobody tells.

The program runs on class inputs (`vliwdbg.inspect.signatures`), and the reference computes what
each class of elements makes on its way. A node that depends on one element alone works for its
vector.
Words that the reference makes too are *milestones*, of a round and a stage; the last word of the
hash also up to a constant, for kernels put that off to the next node. What lies between two
milestones works for the next one. What depends on no element is a constant, a table of nodes, or
makes addresses.

Each slot is told by what its lanes agree on; what they do not, and what leads to no milestone,
stays unknown. All is written as a program brings it itself: `slots`, `tags`, and names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from machine.core.tracing import INPUT
from machine.isa import OPCODES, SCRATCH_SIZE, VLEN, WORD_MASK
from machine.machine import NO_LIMIT
from machine.problem import HASH_STAGES, Layout, hash_stages
from machine.program import Program, Tag
from vliwdbg.inspect.case import MIXED, NONE, Case, output_elements
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.signatures import (
    CLASSES,
    FORMS,
    LOAD,
    Signatures,
    class_inputs,
    class_of,
    sign,
)
from vliwdbg.inspect.words import notes_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.explain import Explain, Named, StageSlots

INPUTS = 12
_STEPS = len(HASH_STAGES) + 2
_NODE, _LAST, _DESCEND = 0, len(HASH_STAGES), len(HASH_STAGES) + 1
"""Steps of a round: the node, the six stages of the hash, the way down."""
_STAGES = ("node", *(f"hash stage {number}" for number in range(len(HASH_STAGES))), "descend")
_UNKNOWN = 1 << 30
_PARITY = frozenset({"&", "%"})
_MOST_UNKNOWN = 5

Label = int
"""A round and a step of it, as `_STEPS * round + step`."""


class Facts(NamedTuple):
    """What is known of a slot; None where it is not."""

    stage: str | None = None
    vector: int | None = None
    round: int | None = None


class Explanation:
    """What the slots of a program are for. Raises DebuggerError where it has no problem."""

    def __init__(self, program: Program, *, max_cycles: int = NO_LIMIT) -> None:
        if program.problem is None:
            raise DebuggerError(
                "explain has to know what the program computes, and its file names no problem."
            )
        self.program = program
        self.layout = program.problem.layout
        images = class_inputs(program.problem, INPUTS)
        self.signed = sign(program, images, max_cycles=max_cycles)
        self.case = Case(self.signed, [], output_elements(program, self.layout))
        self.flow = self.case.flow

    @cached_property
    def facts(self) -> list[Facts]:
        """By slot, by number in the program."""
        found: dict[int, list[Facts]] = defaultdict(list)
        for node, slot in enumerate(parts_of("slots", self.case.slots)):
            found[slot].append(self._facts_of(node))
        columns = self.program.columns
        return [
            _agreed(found[slot], loads=FORMS[columns.opcodes[slot]] == LOAD)
            for slot in parts_of("stages", range(columns.slot_count))
        ]

    def _facts_of(self, node: int) -> Facts:
        owner = self.case.owners[node]
        if owner == NONE:
            return Facts(self._shared_stage(node))
        if owner == MIXED:
            return Facts()
        vector = owner // VLEN
        if self.flow.stored[node] == INPUT and self.flow.addresses[node] in self._batch:
            return Facts("load", vector)
        if node in self._outputs:
            return Facts("store", vector)
        label = self._labels[node]
        # What is put aside in memory may be for this round or for a later one.
        if label == _UNKNOWN or self.flow.row_of_code(self.signed.codes[node]).engine == "store":
            return Facts(None, vector)
        return Facts(_STAGES[label % _STEPS], vector, label // _STEPS)

    @cached_property
    def _outputs(self) -> set[int]:
        stores = map(self.case.last_store, self._batch)
        return {node for node in stores if node is not None}

    @property
    def _batch(self) -> range:
        """The addresses of indices and values, which follow each other."""
        return range(self.layout.indices_at, self.layout.words)

    # What depends on an element.

    @cached_property
    def _labels(self) -> list[Label]:
        """By node the milestone that it is, or that it leads to."""
        flow, owners = self.flow, self.case.owners
        labels = self._milestones
        known = [label != _UNKNOWN for label in labels]
        a, b, c = flow.sources
        for node in parts_of("stages", range(len(flow) - 1, -1, -1)):
            label, owner = labels[node], owners[node]
            if label == _UNKNOWN or owner == NONE:
                continue
            for producer in (a[node], b[node], c[node], flow.stored[node]):
                if producer >= 0 and not known[producer] and owners[producer] == owner:
                    labels[producer] = min(labels[producer], label)
        return labels

    @cached_property
    def _milestones(self) -> list[Label]:
        """By node the one milestone that makes its words, for the element that it belongs to."""
        exact, loose = self._reference
        flow, owners, values = self.flow, self.case.owners, self.signed.values
        labels = []
        for node, (owner, code) in enumerate(
            zip(parts_of("milestones", owners[: len(flow)]), self.signed.codes, strict=True)
        ):
            # Of a loaded vector often one lane alone is wanted: its reader tells.
            if owner < 0 or OPCODES[code].name == "vload":
                labels.append(_UNKNOWN)
                continue
            kind = class_of(owner)
            label = exact[kind].get(values[node], _UNKNOWN)
            if label == _UNKNOWN and OPCODES[code].name == "^":
                label = loose[kind].get(self._up_to_xor(node), _UNKNOWN)
            if label == _UNKNOWN and OPCODES[code].name in _PARITY:
                label = self._parity(node, labels)
            labels.append(label)
        return labels

    def _up_to_xor(self, node: int) -> int:
        words = [trace.values[node] for trace in self.signed.traces]
        return hash(tuple(word ^ words[0] for word in words))

    def _parity(self, node: int, labels: Sequence[Label]) -> Label:
        """Of a lane that looks at one bit of the word that ends a round, that round's way down."""
        for column in self.flow.sources:
            producer = column[node]
            if (
                producer >= 0
                and labels[producer] % _STEPS == _LAST
                and labels[producer] != _UNKNOWN
            ):
                return labels[producer] + 1
        return _UNKNOWN

    @cached_property
    def _reference(self) -> tuple[list[dict[int, Label]], list[dict[int, Label]]]:
        """By class, the milestones by value, and the last words of rounds by value up to xor with
        a constant. What is the same in two places is none."""
        exact: list[dict[int, Label]] = []
        loose: list[dict[int, Label]] = []
        for kind in range(CLASSES):
            element = next((e for e in range(self.layout.batch_size) if class_of(e) == kind), None)
            if element is None:
                exact.append({})
                loose.append({})
                continue
            runs = [
                list(_milestones_of(self.layout, image, element)) for image in self.signed.inputs
            ]
            words: dict[int, set[Label]] = defaultdict(set)
            ends: dict[int, set[Label]] = defaultdict(set)
            for column in zip(*runs, strict=True):
                label = column[0][0]
                made = [word for _, word in column]
                words[hash(tuple(made))].add(label)
                if label % _STEPS == _LAST:
                    ends[hash(tuple(word ^ made[0] for word in made))].add(label)
            exact.append({value: min(found) for value, found in words.items() if len(found) == 1})
            loose.append({value: min(found) for value, found in ends.items() if len(found) == 1})
        return exact, loose

    # What depends on none.

    @cached_property
    def _makes_addresses(self) -> bytearray:
        """By node whether it is read as an address."""
        flow = self.flow
        made = bytearray(len(flow))
        for node, code in enumerate(self.signed.codes):
            if flow.row_of_code(code).engine in ("load", "store") and flow.sources[0][node] >= 0:
                made[flow.sources[0][node]] = 1
        return made

    def _shared_stage(self, node: int) -> str:
        if self.case.made_of_forest[node]:
            return "table"
        row = OPCODES[self.signed.codes[node]]
        return "setup" if self._makes_addresses[node] and row.name != "const" else "constants"

    def view(self) -> Explain:
        """What was found, in numbers, and the names."""
        facts, flow, columns = self.facts, self.flow, self.program.columns
        working = [
            slot for slot, code in enumerate(columns.opcodes) if OPCODES[code].engine != "debug"
        ]
        stages = Counter(stage for slot in working if (stage := facts[slot].stage) is not None)
        unknown = [slot for slot in working if facts[slot].stage is None]
        steps = ((slot, flow.steps_of(flow.pc_of_slot(slot))) for slot in unknown)
        return Explain(
            len(working),
            len(working) - len(unknown),
            tuple(StageSlots(stage, count) for stage, count in stages.most_common()),
            len({facts[slot].vector for slot in working} - {None}),
            len({facts[slot].round for slot in working} - {None}),
            tuple(self.names),
            tuple(
                flow.slot_at(executed[0], slot)
                for slot, executed in islice(((s, e) for s, e in steps if e), _MOST_UNKNOWN)
            ),
            notes=tuple(_notes(self.signed)),
        )

    # As a program brings it.

    def explained(self) -> Program:
        """The program with what was found, in place of what it brought of it."""
        return replace(
            self.program,
            slots=[self._provenance(facts) for facts in self.facts],
            tags=tuple(self._tags()),
            scratch_map={named.start: (named.name, named.words) for named in self.names},
        )

    def _provenance(self, facts: Facts) -> Mapping[str, Any]:
        told = {name: value for name, value in facts._asdict().items() if value is not None}
        if facts.round is not None:
            told["level"] = facts.round % (self.layout.forest_height + 1)
        return told

    def _tags(self) -> Iterator[Tag]:
        """Rounds, which overlap, from the first to the last bundle with a slot of each."""
        bundles: dict[int, list[int]] = defaultdict(list)
        for slot, facts in enumerate(self.facts):
            if facts.round is not None:
                bundles[facts.round].append(self.flow.pc_of_slot(slot))
        tags = [Tag(min(pcs), f"round {r}", max(pcs) + 1) for r, pcs in bundles.items()]
        yield from sorted(tags, key=lambda tag: tag.pc)

    @cached_property
    def names(self) -> list[Named]:
        """Names for words that hold one thing throughout: constants, nodes of the tree, addresses
        of the batch."""
        found: list[Named] = []
        taken: Counter[str] = Counter()
        word = 0
        while word < SCRATCH_SIZE:
            name, width = self._name_of(word)
            if name:
                taken[name] += 1
                found.append(
                    Named(word, width, f"{name}_{taken[name]}" if taken[name] > 1 else name)
                )
            word += width
        return found

    def _name_of(self, word: int) -> tuple[str, int]:
        """A name, and how many words it is for; none where there is no one thing."""
        writes = self.flow.word_writes[word]
        if len(writes) != 1 or self.case.owners[writes[0]] != NONE:
            return "", 1
        node = writes[0]
        vector = [self.flow.word_writes[w] for w in range(word, min(word + VLEN, SCRATCH_SIZE))]
        firsts = [one[0] if len(one) == 1 else -1 for one in vector]
        same = firsts == list(range(node, node + VLEN)) and self.case.lanes[node] == 0
        wide = same and len({self.signed.values[n] for n in firsts}) == 1
        name = self._thing(node)
        if not name:
            return "", 1
        return (f"v_{name}", VLEN) if wide else (name, 1)

    def _thing(self, node: int) -> str:
        if self.case.made_of_forest[node]:
            number = self._node_values.get(self._up_to_xor(node))
            return "" if number is None else f"node{number}"
        words = {trace.values[node] for trace in self.signed.traces}
        if len(words) != 1:
            return ""
        (word,) = words
        if self._makes_addresses[node]:
            for area, places in (("val", self.layout.values), ("idx", self.layout.indices)):
                if word in places:
                    return f"p_{area}{word - places.start}"
        return f"c_{word}" if word < 1 << 16 else f"c_{word:08X}"

    @cached_property
    def _node_values(self) -> dict[int, int]:
        """The first nodes of the tree, by their words up to xor with a constant."""
        found = {}
        for number in range(min(self.layout.n_nodes, 255)):
            words = [image[self.layout.nodes_at + number] for image in self.signed.inputs]
            found[hash(tuple(word ^ words[0] for word in words))] = number
        return found


def _milestones_of(
    layout: Layout, image: Sequence[int], element: int
) -> Iterator[tuple[Label, int]]:
    """What the reference kernel makes for an element, in order, with the step that it is of."""
    index = image[layout.indices_at + element]
    value = image[layout.values_at + element]
    for r in range(layout.rounds):
        start = _STEPS * r
        node = image[layout.nodes_at + index]
        value ^= node
        yield start + _NODE, node
        yield start + _NODE, layout.nodes_at + index
        yield start + _NODE, value
        for number, (stage, after) in enumerate(
            zip(HASH_STAGES, hash_stages(value), strict=True), 1
        ):
            left = value ^ stage.c if stage.op1 == "^" else value + stage.c
            right = value << stage.s if stage.op3 == "<<" else value >> stage.s
            for word in (left & WORD_MASK, right & WORD_MASK, after):
                yield start + number, word
            value = after
        child = 2 * index + (2 if value % 2 else 1)
        for word in (2 * index, 2 * index + 1, child):
            yield start + _DESCEND, word
        index = child if child < layout.n_nodes else 0


def _agreed(lanes: Sequence[Facts], loads: bool) -> Facts:
    """What all lanes that know it agree on, one field at a time. What is loaded may stay where it
    is for long; it was loaded for whoever wants it first."""
    fields: list[Any] = []
    for known in zip(*lanes, strict=True) if lanes else ():
        values = {value for value in known if value is not None}
        first = loads and values and all(isinstance(value, int) for value in values)
        fields.append(min(values) if first or len(values) == 1 else None)
    return Facts(*fields)


def _notes(signed: Signatures) -> Iterator[str]:
    yield from notes_of(signed.flow)
    if signed.strays:
        yield f"On {signed.strays} inputs the program goes another way; they are left out."
