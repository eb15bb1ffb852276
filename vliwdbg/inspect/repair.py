"""Changes of one slot, or one slot more, that make a wrong program right.

For the slots that most speaks against, each field is changed to what it might have been meant to
be, and each change is run (`machine.core.variants`). A change after which all outputs are right on
many inputs settles it. What a field might have been:

    source       the words with which the lane computes what is trusted; of loads and stores, and
                 where nothing is trusted, all words that other slots use in that place
    opcode       all that take the same operands; operands swapped
    destination  the words that the first wrong slots read, and those next to it
    immediate    numbers near it, one bit different, or found elsewhere in the program
    time         some bundles earlier or later, if no field does

Where none of these helps, a slot may be missing (`vliwdbg.inspect.missing`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain, islice, permutations
from typing import Any, NamedTuple

from machine.access import ACCESS, Kind
from machine.core.inputs import memory_of, with_room
from machine.core.variants import Variant, Variants
from machine.isa import OPCODES, SCRATCH_SIZE, VLEN, WORD_MASK, Opcode, Role, opcode
from machine.problem import HASH_STAGES, Problem
from machine.program import Program
from vliwdbg.inspect.case import NONE, Case, expected_words
from vliwdbg.inspect.evidence import Evidence
from vliwdbg.inspect.missing import has_room, missing_slots
from vliwdbg.inspect.outputs import reached_from
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.signatures import FORMS, LOAD, MOVE, computation, loaded, moved

MOST_SLOTS = 30
MOST_VARIANTS, MOST_OF_SHARED = 6000, 15_000
"""Slots that are changed, and changes that are run of them, and of slots no element is behind."""
FIRST_WORDS, MOST_WORDS, SHARED_WORDS = 60, 300, 100
"""Words and numbers that are tried in one place at first, if nothing is found, and then in slots
that no element is behind."""
AT_ONCE = 500
"""Changes that are run between two words of progress."""
FARTHEST = 3
"""Bundles that a slot is moved by."""
FRESH_INPUTS = 4
"""Inputs of the problem, beside those that the evidence is from, on which a repair is tried."""


class Repair(NamedTuple):
    """A change that makes all outputs right: a slot is written otherwise, or is in another bundle.
    `slot` is None where one is missing and is put there."""

    slot: int | None
    pc: int
    engine: str
    written: tuple[Any, ...]
    changed: tuple[int, ...]
    """Positions in `written`; none where it is only elsewhere."""


class Repairs:
    """The search for repairs of a case."""

    def __init__(self, evidence: Evidence, program: Program, suspects: Sequence[int]) -> None:
        self.evidence = evidence
        self.suspects = suspects
        """Slots, those that most speaks against first."""
        self.case: Case = evidence.case
        self.flow = self.case.flow
        self.program = program
        self.inputs = 0
        """Those that a repair is right on."""

    def find(self) -> list[Repair]:
        """All that were found, the likeliest first; one for each slot."""
        slots = self.suspects[:MOST_SLOTS]
        shared = self._shared if self.case.all_wrong else ()
        searches = (
            (slots, MOST_VARIANTS, partial(self._fields, most=FIRST_WORDS)),
            (slots, MOST_VARIANTS, partial(self._fields, most=MOST_WORDS)),
            (slots[: MOST_SLOTS // 2], MOST_VARIANTS, self._times),
            (shared, MOST_OF_SHARED, partial(self._fields, most=SHARED_WORDS)),
        )
        right: list[Repair] = []
        for some, most, changes in searches:
            right = right or self._right(list(islice(self._all(some, changes), most)))
        if not right:
            return self._right(list(islice(self._missing(), MOST_VARIANTS)))[:1]
        best: dict[int | None, Repair] = {}
        order = {slot: rank for rank, slot in enumerate(dict.fromkeys((*slots, *shared)))}
        for repair in sorted(right, key=lambda r: (-self._regularity(r), order[r.slot])):
            best.setdefault(repair.slot, repair)
        return list(best.values())

    def _missing(self) -> Iterator[Repair]:
        """Slots that may have been left out, the likeliest first."""
        for pc, engine, written in dict.fromkeys(missing_slots(self.evidence)):
            if _is_valid(opcode(engine, written[0]), written):
                yield Repair(None, pc, engine, written, ())

    @cached_property
    def _shared(self) -> list[int]:
        """The slots that no element is behind, but outputs are made of, those of tables left out:
        where all outputs are wrong, one of these may be."""
        flow, case = self.flow, self.case
        stores = (case.last_store(address) for address in self.evidence.outputs)
        made_of = reached_from(flow, [node for node in stores if node is not None])
        nodes = (node for node, owner in enumerate(case.owners[: len(flow)]) if owner == NONE)
        of_tables = case.made_of_forest
        return list(dict.fromkeys(case.slots[n] for n in nodes if made_of[n] and not of_tables[n]))

    def _all(self, slots: Sequence[int], make: Any) -> Iterator[Repair]:
        for slot in slots:
            for repair in dict.fromkeys(make(slot)):
                if _is_valid(self.flow.row(slot), repair.written):
                    yield repair

    def _right(self, repairs: list[Repair]) -> list[Repair]:
        """Those that are right on all inputs."""
        variants = Variants(self.program)
        most = 2 * len(self.flow.pcs) + 100
        inputs = list(self._inputs())
        self.inputs = len(inputs)
        for image, expected in inputs:
            tried = [
                Variant(repair.slot, repair.pc, (repair.engine, list(repair.written)))
                for repair in repairs
            ]
            if not tried:
                break
            right: list[bool] = []
            for first in parts_of("repairs", range(0, len(tried), AT_ONCE), 1):
                right += variants.right(tried[first : first + AT_ONCE], image, expected, most)
            repairs = [repair for repair, fine in zip(repairs, right, strict=True) if fine]
        return repairs

    def _inputs(self) -> Iterator[tuple[Any, Mapping[int, int]]]:
        """Those of the case, the one with most wrong outputs first, and some of the problem's."""
        case = self.case
        pairs = list(zip(case.signed.inputs, case.expected, case.signed.left, strict=True))
        pairs.sort(key=lambda pair: -sum(pair[2][a] != word for a, word in pair[1].items()))
        for image, expected, _ in pairs:
            yield image, expected
        problem = self.program.problem
        if problem is not None:
            for seed in range(problem.seed, problem.seed + FRESH_INPUTS):
                image = with_room(self.program, memory_of(Problem(*_sizes(problem), seed)))
                yield image, expected_words(self.program, problem.layout, image)

    # What a field might have been.

    def _fields(self, slot: int, most: int) -> Iterator[Repair]:
        """Each field changed in at most so many ways."""
        row, operands = self.flow.row(slot), self.flow.operands(slot)
        pc = self.flow.pc_of_slot(slot)
        written = (row.name, *operands)
        for name in _like(row):
            yield Repair(slot, pc, row.engine, (name, *operands), (0,))
        for one, other in _swaps(row):
            swapped = list(written)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            yield Repair(slot, pc, row.engine, tuple(swapped), (one, other))
        for position in range(1, row.arity + 1):
            for value in islice(self._meant(slot, row, position - 1), most):
                if value != written[position]:
                    changed = (*written[:position], value, *written[position + 1 :])
                    yield Repair(slot, pc, row.engine, changed, (position,))

    def _meant(self, slot: int, row: Opcode, position: int) -> Iterator[int]:
        access = ACCESS[row.code]
        if position == access.dest:
            yield from self._destinations(slot, row, position)
        elif any(position == at for at, _ in access.reads):
            yield from self._sources(slot, row, position)
        elif position == access.offset:
            yield from range(VLEN)
        elif row.operands[position].role is Role.IMMEDIATE:
            yield from self._immediates(self.flow.operands(slot)[position])

    def _times(self, slot: int) -> Iterator[Repair]:
        row, pc = self.flow.row(slot), self.flow.pc_of_slot(slot)
        written = (row.name, *self.flow.operands(slot))
        for away in range(1, FARTHEST + 1):
            for to in (pc - away, pc + away):
                if 0 <= to < len(self.program) and has_room(self.program, to, row.engine):
                    yield Repair(slot, to, row.engine, written, ())

    # Sources.

    def _sources(self, slot: int, row: Opcode, position: int) -> Iterator[int]:
        steps = self.flow.steps_of(self.flow.pc_of_slot(slot))
        known = ACCESS[row.code].memory is None and FORMS[row.code] not in (MOVE, LOAD)
        if steps and self.case.owners[self.flow.node(steps[0], slot)] == NONE:
            known = False  # tables and constants have nothing to be compared with
        if steps and not self.case.all_wrong and known:
            yield from self._computing(slot, row, position, steps[0])
        elif steps and not self.case.all_wrong and ACCESS[row.code].memory is Kind.READ:
            used = self._uses.get((_kind(row), position), Counter())
            words = list(self._loading(slot, row, steps[0]))
            yield from sorted(words, key=lambda word: -used[word])
        else:
            yield from self._near(slot, position)
            stored = ACCESS[row.code].memory is Kind.WRITE and position > 0
            if steps and stored and not self.case.all_wrong:
                yield from self._storing(steps[0])
            else:
                yield from self._in_place(row, position)

    def _computing(self, slot: int, row: Opcode, position: int, step: int) -> Iterator[int]:
        """The words with which what lanes compute is trusted."""
        access = ACCESS[row.code]
        at = [read.position for read in access.reads].index(position)
        stride = access.reads[at].stride
        first = self.flow.node(step, slot)
        words, values = self.case.values_before(step), self.case.signed.values
        trusted = self.case.computations
        lanes = []
        for lane in sorted({0, access.lanes // 2, access.lanes - 1}):
            read = [values[column[first + lane]] for column in self.flow.sources]
            if row.name == "add_imm":
                read[1] = hash((self.flow.operands(slot)[2] & WORD_MASK,) * self._count)
            lanes.append((read, stride * lane))
        for word in range(SCRATCH_SIZE - access.width(stride) + 1):
            for read, away in lanes:
                read[at] = words[word + away]
                if computation(row.code, *read) not in trusted:
                    break
            else:
                yield word

    def _loading(self, slot: int, row: Opcode, step: int) -> Iterator[int]:
        """The words which hold the address of what a right element loads, or had stored."""
        access = ACCESS[row.code]
        shift = access.shift(self.flow.operands(slot))
        writers = [self.flow.writer_of_word(word, step) for word in range(SCRATCH_SIZE)]
        trusted = self.case.computations
        for word in range(SCRATCH_SIZE - shift):
            if (writer := writers[word + shift]) is None:
                continue
            bases = [trace.values[writer] for trace in self.case.signed.traces]
            if any(self._loaded(bases, lane, step) in trusted for lane in range(access.lanes)):
                yield word

    def _storing(self, step: int) -> Iterator[int]:
        """The words of which something right is made."""
        trusted = self.case.values
        for word, value in enumerate(self.case.values_before(step)):
            if value in trusted and self._uses_of_word[word]:
                yield word

    @cached_property
    def _uses_of_word(self) -> list[bool]:
        """By word whether any store has it for its source."""
        named = [False] * SCRATCH_SIZE
        for (kind, position), counts in self._uses.items():
            if kind in ("store", "vstore") and position == 1:
                for word in counts:
                    named[word] = True
        return named

    def _loaded(self, bases: Sequence[int], lane: int, step: int) -> int | None:
        """What a load of these addresses, one for each input, would compute before a bundle; None
        where it would fault."""
        found, stored = [], False
        for base, trace, image in zip(
            bases, self.case.signed.traces, self.case.signed.inputs, strict=True
        ):
            if base + lane >= len(image):
                return None
            writer = self.flow.writer_of_memory(base + lane, step)
            found.append(image[base + lane] if writer is None else trace.values[writer])
            stored |= writer is not None
        value = hash(tuple(found))
        if stored:
            return moved(value)
        return loaded(hash(tuple(base + lane for base in bases)), value)

    @property
    def _count(self) -> int:
        """Inputs of the case."""
        return len(self.case.signed.inputs)

    def _in_place(self, row: Opcode, position: int) -> Iterator[int]:
        """The words in that place in other slots, those most used first."""
        counts = self._uses.get((_kind(row), position), Counter())
        for word, _ in counts.most_common():
            yield word

    def _near(self, slot: int, position: int) -> Iterator[int]:
        word = self.flow.operands(slot)[position]
        for away in (1, VLEN, 2 * VLEN):
            yield word - away
            yield word + away

    @cached_property
    def _uses(self) -> dict[tuple[str, int], Counter[int]]:
        """By kind of opcode and position of an operand how often each value is there."""
        uses: dict[tuple[str, int], Counter[int]] = {}
        columns = self.program.columns
        for slot, code in enumerate(columns.opcodes):
            row = OPCODES[code]
            for position in range(row.arity):
                counts = uses.setdefault((_kind(row), position), Counter())
                counts[columns.operands[position][slot]] += 1
        return uses

    # Destinations and immediates.

    def _destinations(self, slot: int, row: Opcode, position: int) -> Iterator[int]:
        yield from self._near(slot, position)
        lanes = ACCESS[row.code].lanes
        for word, width in self._read_by_frontier:
            if lanes == 1:
                yield from range(word, word + width)
            elif width == lanes:
                yield word
            else:
                yield from range(word - lanes + 1, word + 1)

    @cached_property
    def _read_by_frontier(self) -> list[tuple[int, int]]:
        """The words that the first wrong slots read, in stretches, each once."""
        flow, evidence = self.flow, self.evidence
        nodes = chain.from_iterable(
            walk.frontier for walk in (*evidence.by_computation, *evidence.by_value)
        )
        slots = dict.fromkeys(self.case.slots[node] for node in nodes)
        spans: dict[tuple[int, int], None] = {}
        for slot in slots:
            spans |= dict.fromkeys(flow.access(slot).uses(flow.operands(slot)))
        return list(spans)

    def _immediates(self, value: int) -> Iterator[int]:
        for away in (1, 2, 4, 8, 16):
            yield value - away & WORD_MASK
            yield value + away & WORD_MASK
        for bit in range(32):
            yield (value ^ 1 << bit) & WORD_MASK
        yield from self._numbers

    @cached_property
    def _numbers(self) -> list[int]:
        """Numbers that kernels of the problem use, and all of the program."""
        numbers = dict.fromkeys(chain.from_iterable((s.c, s.s, 1 << s.s) for s in HASH_STAGES))
        numbers |= dict.fromkeys(1 + (1 << stage.s) for stage in HASH_STAGES)
        numbers |= dict.fromkeys(_fused_numbers())
        if self.program.problem is not None:
            numbers |= dict.fromkeys(self.program.problem.layout)
        columns = self.program.columns
        for slot, code in enumerate(columns.opcodes):
            if OPCODES[code].name == "const":
                numbers[columns.operands[1][slot] & WORD_MASK] = None
        return list(numbers)

    # Which of several.

    def _regularity(self, repair: Repair) -> float:
        """How much more often the new fields are found elsewhere than the old ones."""
        assert repair.slot is not None
        row = self.flow.row(repair.slot)
        before = (row.name, *self.flow.operands(repair.slot))
        score = 0.0
        for position in repair.changed:
            if position == 0:
                continue
            operand = row.operands[position - 1]
            if operand.in_scratch:
                width = max(operand.width, 1)
                score += self._touches(repair.written[position], width)
                score -= self._touches(before[position], width)
        return score

    def _touches(self, word: int, width: int) -> int:
        """How often slots name a word, where they mean so many from there on."""
        return self._named[word, width]

    @cached_property
    def _named(self) -> Counter[tuple[int, int]]:
        named = Counter[tuple[int, int]]()
        columns = self.program.columns
        for slot, code in enumerate(columns.opcodes):
            for position, operand in enumerate(OPCODES[code].operands):
                if operand.in_scratch:
                    named[columns.operands[position][slot], max(operand.width, 1)] += 1
        return named


def _fused_numbers() -> Iterator[int]:
    """What two stages of the hash in one have: sums of their constants, and those shifted."""
    for one, other in permutations(HASH_STAGES, 2):
        yield one.c + other.c & WORD_MASK
        yield (one.c << other.s) & WORD_MASK
        yield one.c * (1 + (1 << other.s)) & WORD_MASK


def _sizes(problem: Problem) -> tuple[int, int, int]:
    return problem.forest_height, problem.rounds, problem.batch_size


def _kind(row: Opcode) -> str:
    """Opcodes that take words of one kind in a place."""
    return f"{row.engine} arithmetic" if row.arithmetic else row.name


def _shape(row: Opcode) -> Any:
    return row.engine, [(o.role, o.width, o.lanes) for o in row.operands]


def _like(row: Opcode) -> list[str]:
    """The other opcodes that take the same operands."""
    return [
        other.name
        for other in OPCODES
        if other.code != row.code and other.operands and _shape(other) == _shape(row)
    ]


def _swaps(row: Opcode) -> Iterator[tuple[int, int]]:
    """Pairs of positions, in a slot as written, of operands that are read alike."""
    access = ACCESS[row.code]
    uses = [1 + at for at, _ in access.reads if at != access.address]
    for i, one in enumerate(uses):
        for other in uses[i + 1 :]:
            yield one, other


def _is_valid(row: Opcode, written: Sequence[Any]) -> bool:
    """Whether all that a slot names lies in scratch."""
    shift = ACCESS[row.code].shift(written[1:])
    return all(
        value >= 0 and value + shift + max(operand.width, 1) <= SCRATCH_SIZE
        for operand, value in zip(row.operands, written[1:], strict=True)
        if operand.in_scratch
    )
