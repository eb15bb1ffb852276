"""Checks a schedule without a word from those who made it.

The operations in program order say what every slot must read: the words that certain earlier
operations wrote. Then the bundles are gone through as the machine would, reads first, keeping by
scratch address who wrote there last. A slot must find the very writers it is meant to. That one
rule holds RAW, WAR, WAW and the sharing of scratch at once; which of them was broken is told from
who wrote instead. Limits, addresses, memory order and pauses are checked by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from kernels.ir import Code, Region
from kernels.schedule.base import Schedule
from machine.access import MEMORY, SPANS, Kind
from machine.isa import ENGINE_CODES, ENGINES, OPCODES, SCRATCH_SIZE, SLOT_LIMITS

NOBODY, ZERO = -1, -2
"""Instead of a writer: any word will do; a word that is still 0, as all are at the start."""
SHOWN = 5
"""Violations that a message names."""

# By opcode number.
_ENGINE = [ENGINE_CODES[row.engine] for row in OPCODES]


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
    meant = _writers_meant(schedule.code)
    return [
        *_over_limits(schedule),
        *_never_written(schedule, meant),
        *_wrong_reads(schedule, meant),
        *_memory_disorder(schedule),
        *_past_pauses(schedule),
    ]


def _misplaced(schedule: Schedule) -> Iterator[Diagnostic]:
    """Operations without a bundle, registers in use without or outside of scratch."""
    code = schedule.code
    if min(schedule.bundle, default=0) < 0:
        for number, at in enumerate(schedule.bundle):
            if at < 0:
                yield Diagnostic("place", number, at, "is in no bundle")
    outside = {
        index
        for index, (register, start) in enumerate(
            zip(code.registers, schedule.address, strict=True)
        )
        if not 0 <= start <= SCRATCH_SIZE - register.width
    }
    if not outside:
        return
    for number, op in enumerate(code.ops):
        for places in SPANS[op.row.code]:
            for position, _ in places:
                if (register := code.owner[op.operands[position]]) in outside:
                    name, start = code.registers[register].name, schedule.address[register]
                    message = f"{name} at {start} is not in scratch"
                    yield Diagnostic("scratch", number, schedule.bundle[number], message)


def _over_limits(schedule: Schedule) -> Iterator[Diagnostic]:
    slots = Counter(
        at * len(ENGINES) + _ENGINE[op.row.code]
        for op, at in zip(schedule.code.ops, schedule.bundle, strict=True)
    )
    for key, count in slots.items():
        at, engine = key // len(ENGINES), ENGINES[key % len(ENGINES)]
        if count > SLOT_LIMITS[engine] and engine != "debug":
            message = f"{count} {engine} slots, the limit is {SLOT_LIMITS[engine]}"
            yield Diagnostic("limit", NOBODY, at, message)


def _writers_meant(code: Code) -> list[list[int]]:
    """By operation, who wrote the words it reads, one run of words after another."""
    writer = [NOBODY] * len(code.owner)
    for word in code.zeros:
        writer[word] = ZERO
    meant = []
    for number, (row, operands, _, _) in enumerate(code.ops):
        defs, uses = SPANS[row.code]
        found: list[int] = []
        for position, width in uses:
            word = operands[position]
            found += writer[word : word + width]
        meant.append(found)
        for position, width in defs:
            word = operands[position]
            writer[word : word + width] = [number] * width
    return meant


def _never_written(schedule: Schedule, meant: list[list[int]]) -> Iterator[Diagnostic]:
    """Operands of which no word is ever written first. Lanes that do not count may be."""
    for number, writers in enumerate(meant):
        if NOBODY not in writers:
            continue
        op, words = schedule.code.ops[number], iter(writers)
        for position, width in SPANS[op.row.code].uses:
            if {next(words) for _ in range(width)} == {NOBODY}:
                name = schedule.code.register_of(op.operands[position]).name
                message = f"reads {name}, which nothing before it writes"
                yield Diagnostic("raw", number, schedule.bundle[number], message)


def _wrong_reads(schedule: Schedule, meant: list[list[int]]) -> Iterator[Diagnostic]:
    ops, address = schedule.code.ops, _word_addresses(schedule)
    writer = [ZERO] * SCRATCH_SIZE
    for at, numbers in _bundles(schedule):
        writes = []
        for number in numbers:
            row, operands, _, _ = ops[number]
            defs, uses = SPANS[row.code]
            found: list[int] = []
            for position, width in uses:
                start = address[operands[position]]
                found += writer[start : start + width]
            if found != meant[number] and _differ(meant[number], found):
                yield _wrong_read(schedule, number, at, meant[number], found)
            for position, width in defs:
                writes.append((address[operands[position]], width, number))
        for start, width, number in writes:
            writer[start : start + width] = [number] * width
        yield from _written_twice(at, writes)


def _written_twice(at: int, writes: Sequence[tuple[int, int, int]]) -> Iterator[Diagnostic]:
    words = [word for start, width, _ in writes for word in range(start, start + width)]
    if len(set(words)) == len(words):
        return
    by: dict[int, int] = {}
    for start, width, number in writes:
        for word in range(start, start + width):
            if word in by:
                message = f"scratch {word} is written by operation {by[word]} too"
                yield Diagnostic("order", number, at, message)
                break
            by[word] = number


def _differ(meant: list[int], found: list[int]) -> tuple[int, int] | None:
    """The first writer meant that is not the one found. What nobody wrote may be anything."""
    pairs = zip(meant, found, strict=True)
    return next((pair for pair in pairs if pair[0] not in (pair[1], NOBODY)), None)


def _wrong_read(
    schedule: Schedule, number: int, at: int, meant: list[int], found: list[int]
) -> Diagnostic:
    want, got = _differ(meant, found) or (NOBODY, NOBODY)
    if want == ZERO:
        message = f"operation {got} wrote to a word that has to be 0"
        return Diagnostic("scratch", number, at, message)
    if schedule.bundle[want] >= at:
        return Diagnostic("raw", number, at, f"reads a word before operation {want} wrote it")
    same = not _registers(schedule.code, want).isdisjoint(_registers(schedule.code, got))
    kind, message = (
        ("order", f"operation {got} wrote over the word that {want} wrote for it")
        if same
        else ("scratch", f"operation {got} wrote to the words of a register still to be read")
    )
    return Diagnostic(kind, number, at, message)


def _registers(code: Code, number: int) -> set[int]:
    if number < 0:
        return set()
    op = code.ops[number]
    return {code.owner[op.operands[position]] for position, _ in SPANS[op.row.code].defs}


def _word_addresses(schedule: Schedule) -> list[int]:
    return [
        start + lane
        for register, start in zip(schedule.code.registers, schedule.address, strict=True)
        for lane in range(register.width)
    ]


def _bundles(schedule: Schedule) -> Iterator[tuple[int, Iterator[int]]]:
    """Bundle -> its operations in program order."""
    in_order = sorted(range(len(schedule.bundle)), key=schedule.bundle.__getitem__)
    return groupby(in_order, key=schedule.bundle.__getitem__)


class _Latest(NamedTuple):
    """The latest bundle so far of each way to touch a region; lists, because they change."""

    region: Region
    stored: list[int]
    loaded: list[int]


def _memory_disorder(schedule: Schedule) -> Iterator[Diagnostic]:
    """Operations on regions that meet: a load sees all stores before it, and none after."""
    meeting: dict[Region, list[_Latest]] = {}
    for number, (op, at) in enumerate(zip(schedule.code.ops, schedule.bundle, strict=True)):
        kind = MEMORY[op.row.code]
        if not kind:
            continue
        if op.region not in meeting:
            _learn(op.region, meeting)
        stores, known = kind is Kind.WRITE, meeting[op.region]
        for region, (stored,), (loaded,) in known:
            if stored >= at:
                yield Diagnostic("memory", number, at, f"a store to {tuple(region)} comes too late")
            if stores and loaded > at:
                yield Diagnostic("memory", number, at, f"a load of {tuple(region)} comes too late")
        mine = known[0].stored if stores else known[0].loaded
        mine[0] = max(mine[0], at)


def _learn(region: Region, meeting: dict[Region, list[_Latest]]) -> None:
    """Note which regions seen so far meet a new one; its own comes first."""
    mine = _Latest(region, [NOBODY], [NOBODY])
    others = [known[0] for other, known in meeting.items() if other.meets(region)]
    for other in others:
        meeting[other.region].append(mine)
    meeting[region] = [mine, *others]


def _past_pauses(schedule: Schedule) -> Iterator[Diagnostic]:
    """A pause shows all that was before it, and nothing that comes after."""
    latest, paused = NOBODY, NOBODY
    for number, (op, at) in enumerate(zip(schedule.code.ops, schedule.bundle, strict=True)):
        if op.row.engine == "debug":
            continue
        if at <= paused or (op.row.name == "pause" and at < latest):
            yield Diagnostic("pause", number, at, "is on the wrong side of a pause")
        latest = max(latest, at)
        if op.row.name == "pause":
            paused = at
