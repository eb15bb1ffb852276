"""Checks a schedule without a word from those who made it.

The operations in program order say whose words every slot must read. An operation's words are
there from the bundle after its own; until the last slot that reads one has done so, nothing else
may be written where it lies. That one rule holds RAW, WAR, WAW and the sharing of scratch at once;
which of them was broken is told from who wrote instead. Limits, addresses, memory order and pauses
are checked by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from sys import maxsize
from typing import NamedTuple

from kernels.ir import Region, words_of
from kernels.schedule.base import Schedule
from machine.access import MEMORY, SPANS, Kind
from machine.isa import ENGINE_CODES, ENGINES, OPCODES, SCRATCH_SIZE, SLOT_LIMITS, VLEN, opcode

NOBODY, ZERO = -1, -2
"""Instead of a writer: any word will do; a word that is still 0, as all are at the start."""
START, NEVER = -1, maxsize
"""Instead of a bundle: that of ZERO's write, and that of NOBODY's."""
SHOWN = 5
"""Violations that a message names."""
PAUSE = opcode("flow", "pause")


class Diagnostic(NamedTuple):
    """One violation: its kind (limit, place, raw, order, scratch, memory, pause) and where."""

    kind: str
    op: int
    bundle: int
    message: str

    def __str__(self) -> str:
        return f"bundle {self.bundle}, operation {self.op}: {self.kind}: {self.message}"


class UnsoundScheduleError(AssertionError):
    """A schedule that would compute something else: a mistake of ours, never of a user's.

    It is raised, not asserted, so that `python -O` keeps it.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = diagnostics
        first = "\n".join(f"  {diagnostic}" for diagnostic in diagnostics[:SHOWN])
        rest = f"\n  and {len(diagnostics) - SHOWN} more" if len(diagnostics) > SHOWN else ""
        super().__init__(
            f"the scheduler made an unsound schedule, and no program was made of it:\n{first}{rest}"
            "\nThis is a mistake in vliwdbg: please report it with the kernel, the scheduler, the "
            "sizes and what was left out"
        )


def verify_schedule(schedule: Schedule) -> list[Diagnostic]:
    """Every violation found, in no particular order; empty for a sound schedule."""
    misplaced = list(_misplaced(schedule))
    if misplaced:
        return misplaced
    return [
        *_over_limits(schedule),
        *_Words(schedule).disorder(),
        *_memory_disorder(schedule),
        *_past_pauses(schedule),
    ]


def _misplaced(schedule: Schedule) -> Iterator[Diagnostic]:
    """Operations without a bundle."""
    if min(schedule.bundle, default=0) < 0:
        for number, at in enumerate(schedule.bundle):
            if at < 0:
                yield Diagnostic("place", number, at, "is in no bundle")


def _over_limits(schedule: Schedule) -> Iterator[Diagnostic]:
    slots = Counter(
        [
            at * len(ENGINES) + _ENGINE[op.row.code]
            for op, at in zip(schedule.code.ops, schedule.bundle, strict=True)
        ]
    )
    for key, count in slots.items():
        at, engine = key // len(ENGINES), ENGINES[key % len(ENGINES)]
        if count > SLOT_LIMITS[engine] and engine != "debug":
            message = f"{count} {engine} slots, the limit is {SLOT_LIMITS[engine]}"
            yield Diagnostic("limit", NOBODY, at, message)


_ENGINE = [ENGINE_CODES[row.engine] for row in OPCODES]
"""By opcode number."""


class _Words:
    """What operations write, from the bundle of the write to that of the last read."""

    def __init__(self, schedule: Schedule) -> None:
        self.code, self.bundle = schedule.code, schedule.bundle
        self.base = [
            start - register.word
            for register, start in zip(self.code.registers, schedule.address, strict=True)
        ]
        """By register, the address of a word of it, less the word."""
        self.vectors = {r.word for r in self.code.registers if r.width == VLEN}
        """Their first words."""
        self.outside = {
            number
            for number, (register, start) in enumerate(
                zip(self.code.registers, schedule.address, strict=True)
            )
            if not 0 <= start <= SCRATCH_SIZE - register.width
        }
        """The registers that are not in scratch: those that nobody names."""

    def disorder(self) -> list[Diagnostic]:
        """Words that are read before they are there, or when they are there no more."""
        last, early = self.last_reads()
        return early + list(self.written_over(last))

    def last_reads(self) -> tuple[list[int], list[Diagnostic]]:
        """By operation, the last bundle that reads a word of its; and reads that come too early.

        ZERO and NOBODY are in such lists as well, at the end, where negative numbers find them.
        """
        bundle, vectors = [*self.bundle, START, NEVER], self.vectors
        last, early = [START] * len(bundle), list[Diagnostic]()
        writer = self.writers_at_start()
        for number, (row, operands, _, _) in enumerate(self.code.ops):
            defs, uses = SPANS[row.code]
            at = bundle[number]
            for position, width in uses:
                word = operands[position]
                if width > 1 and word not in vectors:
                    early.append(self.no_vector(number, word))
                # Nearly half of all operands are a word: no set is made for those.
                for earlier in {*writer[word : word + width]} if width > 1 else (writer[word],):
                    if bundle[earlier] >= at:
                        early += self.too_early(number, word, writer[word : word + width])
                    if last[earlier] < at:
                        last[earlier] = at
            for position, width in defs:
                word = operands[position]
                writer[word : word + width] = [number] * width
        return last, early

    def writers_at_start(self) -> list[int]:
        """By virtual word, before the first operation."""
        writer = [NOBODY] * len(self.code.owner)
        for word in self.code.zeros:
            writer[word] = ZERO
        return writer

    def too_early(self, number: int, word: int, writers: Sequence[int]) -> Iterator[Diagnostic]:
        """What is wrong with reading these. Lanes that do not count may never be written."""
        at = self.bundle[number]
        if {*writers} == {NOBODY}:
            name = self.code.register_of(word).name
            yield Diagnostic("raw", number, at, f"reads {name}, which nothing before it writes")
        for earlier in {*writers}:
            if earlier >= 0 and self.bundle[earlier] >= at:
                message = f"reads a word before operation {earlier} wrote it"
                yield Diagnostic("raw", number, at, message)

    def written_over(self, last: Sequence[int]) -> Iterator[Diagnostic]:
        """Slots that write where there is what somebody has still to read, or has just written."""
        ops, bundle, owner, base = self.code.ops, self.bundle, self.code.owner, self.base
        # By operation, the first bundle in which others may write to its words.
        free = [read if read > at else at + 1 for read, at in zip(last, bundle, strict=False)]
        free += last[ZERO], START
        holder = [NOBODY] * SCRATCH_SIZE
        for word in self.code.zeros:
            if owner[word] in self.outside:
                yield self.not_in_scratch(NOBODY, word)
                continue
            holder[base[owner[word]] + word] = ZERO
        for number in sorted(range(len(ops)), key=bundle.__getitem__):
            row, operands, _, _ = ops[number]
            at, (defs, _) = bundle[number], SPANS[row.code]
            for position, width in defs:
                word = operands[position]
                # What is read was written, so it is enough to look here.
                if owner[word] in self.outside:
                    yield self.not_in_scratch(number, word)
                    continue
                start = base[owner[word]] + word
                if width > 1 and word not in self.vectors:
                    yield self.no_vector(number, word)
                for other in {*holder[start : start + width]} if width > 1 else (holder[start],):
                    if free[other] > at:
                        yield from self.wrong_write(number, other, range(start, start + width))
                holder[start : start + width] = [number] * width

    def no_vector(self, number: int, word: int) -> Diagnostic:
        message = f"the {VLEN} words from {word} on are not one register"
        return Diagnostic("scratch", number, self.bundle[number], message)

    def not_in_scratch(self, number: int, word: int) -> Diagnostic:
        register = self.code.owner[word]
        start = self.base[register] + self.code.registers[register].word
        message = f"{self.code.registers[register].name} at {start} is not in scratch"
        at = NOBODY if number == NOBODY else self.bundle[number]
        return Diagnostic("scratch", number, at, message)

    def wrong_write(self, number: int, other: int, words: range) -> Iterator[Diagnostic]:
        """What is wrong with writing to these words of scratch, where another's lie in part."""
        at = self.bundle[number]
        shared = [(word, lies) for word, lies in self.lies(other) if lies in words]
        if other >= 0 and self.bundle[other] == at:
            message = f"scratch {shared[0][1]} is written by operation {other} too"
            yield Diagnostic("order", number, at, message)
        for reader in {self.last_reader.get((other, word), NOBODY) for word, _ in shared}:
            if reader >= 0 and self.bundle[reader] > at:
                yield self.lost(reader, other, number)

    def lies(self, number: int) -> Iterator[tuple[int, int]]:
        """The virtual words that an operation writes, or that are 0, and where they lie."""
        words: Iterable[int] = self.code.zeros
        if number >= 0:
            op = self.code.ops[number]
            words = words_of(SPANS[op.row.code].defs, op.operands)
        for word in words:
            yield word, self.base[self.code.owner[word]] + word

    @cached_property
    def last_reader(self) -> dict[tuple[int, int], int]:
        """By an operation and a word that it writes, whoever reads that last."""
        found: dict[tuple[int, int], int] = {}
        writer = self.writers_at_start()
        for number, op in enumerate(self.code.ops):
            defs, uses = SPANS[op.row.code]
            for word in words_of(uses, op.operands):
                before = found.setdefault((writer[word], word), number)
                if self.bundle[before] <= self.bundle[number]:
                    found[writer[word], word] = number
            for word in words_of(defs, op.operands):
                writer[word] = number
        return found

    def lost(self, reader: int, want: int, got: int) -> Diagnostic:
        """What is wrong where one is to read what was written by a second, but not by a third."""
        at = self.bundle[reader]
        if want == ZERO:
            message = f"operation {got} wrote to a word that has to be 0"
            return Diagnostic("scratch", reader, at, message)
        if not self.registers(want).isdisjoint(self.registers(got)):
            message = f"operation {got} wrote over the word that {want} wrote for it"
            return Diagnostic("order", reader, at, message)
        message = f"operation {got} wrote to the words of a register still to be read"
        return Diagnostic("scratch", reader, at, message)

    def registers(self, number: int) -> set[int]:
        """The registers that an operation writes to."""
        op = self.code.ops[number]
        return {self.code.owner[word] for word in words_of(SPANS[op.row.code].defs, op.operands)}


@dataclass
class _Touched:
    """A region of memory, those that it meets, itself among them, and the latest bundles so far."""

    region: Region
    meeting: list[_Touched] = field(default_factory=list)
    stored: int = NOBODY
    loaded: int = NOBODY
    met: int = NOBODY
    """The latest store to a region that it meets."""


def _memory_disorder(schedule: Schedule) -> Iterator[Diagnostic]:
    """Operations on regions that meet: a load sees all stores before it, and none after."""
    known: dict[Region, _Touched] = {}
    for number, (op, at) in enumerate(zip(schedule.code.ops, schedule.bundle, strict=True)):
        kind = MEMORY[op.row.code]
        if not kind:
            continue
        mine = known.get(op.region) or _learn(op.region, known)
        if mine.met >= at:
            region = max(mine.meeting, key=lambda other: other.stored).region
            yield Diagnostic("memory", number, at, f"a store to {tuple(region)} comes too late")
        if kind is Kind.READ:
            mine.loaded = max(mine.loaded, at)
            continue
        mine.stored = max(mine.stored, at)
        for other in mine.meeting:
            other.met = max(other.met, at)
            if other.loaded > at:
                message = f"a load of {tuple(other.region)} comes too late"
                yield Diagnostic("memory", number, at, message)


def _learn(region: Region, known: dict[Region, _Touched]) -> _Touched:
    """Note which regions seen so far a new one meets."""
    mine = known[region] = _Touched(region)
    mine.meeting += (other for other in known.values() if other.region.meets(region))
    for other in mine.meeting[:-1]:
        other.meeting.append(mine)
    mine.met = max(other.stored for other in mine.meeting)
    return mine


def _past_pauses(schedule: Schedule) -> Iterator[Diagnostic]:
    """A pause shows all that was before it, and nothing that comes after."""
    if not any(op.row is PAUSE for op in schedule.code.ops):
        return
    latest, paused = NOBODY, NOBODY
    for number, (op, at) in enumerate(zip(schedule.code.ops, schedule.bundle, strict=True)):
        if op.row.engine == "debug":
            continue
        if at <= paused or (op.row is PAUSE and at < latest):
            yield Diagnostic("pause", number, at, "is on the wrong side of a pause")
        latest = max(latest, at)
        if op.row is PAUSE:
            paused = at
