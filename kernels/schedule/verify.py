"""Checks a schedule without a word from those who made it.

The operations in program order say what every slot must read: the words that certain earlier
operations wrote. Then the bundles are gone through as the machine would, reads first, keeping by
scratch address who wrote there last. A slot must find the very writers it is meant to. That one
rule holds RAW, WAR, WAW and the sharing of scratch at once; which of them was broken is told from
who wrote instead. Limits, addresses, memory order and pauses are checked by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from kernels.ir import ACCESS, Code, Op, Region
from kernels.schedule.base import Schedule
from machine.isa import SCRATCH_SIZE, SLOT_LIMITS

NOBODY = -1


class Diagnostic(NamedTuple):
    """One violation: its kind (limit, place, raw, order, scratch, memory, pause) and where."""

    kind: str
    op: int
    bundle: int
    message: str

    def __str__(self) -> str:
        return f"bundle {self.bundle}, operation {self.op}: {self.kind}: {self.message}"


def verify_schedule(schedule: Schedule) -> list[Diagnostic]:
    """Every violation found, in no particular order; empty for a sound schedule."""
    misplaced = list(_misplaced(schedule))
    if misplaced:
        return misplaced
    return [
        *_over_limits(schedule),
        *_never_written(schedule),
        *_wrong_reads(schedule),
        *_memory_disorder(schedule),
        *_past_pauses(schedule),
    ]


def _misplaced(schedule: Schedule) -> Iterator[Diagnostic]:
    """Operations without a bundle, registers in use without or outside of scratch."""
    code = schedule.code
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
        for places in ACCESS[op.row.code]:
            for position, _ in places:
                if (register := code.owner[op.operands[position]]) in outside:
                    name, start = code.registers[register].name, schedule.address[register]
                    message = f"{name} at {start} is not in scratch"
                    yield Diagnostic("scratch", number, schedule.bundle[number], message)


def _over_limits(schedule: Schedule) -> Iterator[Diagnostic]:
    slots = Counter(
        (at, op.row.engine) for op, at in zip(schedule.code.ops, schedule.bundle, strict=True)
    )
    for (at, engine), count in slots.items():
        if count > SLOT_LIMITS[engine] and engine != "debug":
            message = f"{count} {engine} slots, the limit is {SLOT_LIMITS[engine]}"
            yield Diagnostic("limit", NOBODY, at, message)


def _never_written(schedule: Schedule) -> Iterator[Diagnostic]:
    """Operands of which no word is ever written first. Lanes that do not count may be."""
    written = bytearray(len(schedule.code.owner))
    for number, op in enumerate(schedule.code.ops):
        defs, uses = ACCESS[op.row.code]
        for position, width in uses:
            word = op.operands[position]
            if not written[word] and not any(written[word : word + width]):
                name = schedule.code.register_of(word).name
                message = f"reads {name}, which nothing before it writes"
                yield Diagnostic("raw", number, schedule.bundle[number], message)
        for position, width in defs:
            word = op.operands[position]
            written[word : word + width] = b"\1" * width


def _writers_meant(code: Code) -> list[list[int]]:
    """By operation, who wrote the words it reads, one run of words after another."""
    writer = [NOBODY] * len(code.owner)
    meant = []
    for number, op in enumerate(code.ops):
        defs, uses = ACCESS[op.row.code]
        found: list[int] = []
        for position, width in uses:
            word = op.operands[position]
            found += writer[word : word + width]
        meant.append(found)
        for position, width in defs:
            word = op.operands[position]
            writer[word : word + width] = [number] * width
    return meant


def _wrong_reads(schedule: Schedule) -> Iterator[Diagnostic]:
    code, meant = schedule.code, _writers_meant(schedule.code)
    address = _word_addresses(schedule)
    writer = [NOBODY] * SCRATCH_SIZE
    for at, numbers in _bundles(schedule):
        for number in numbers:
            op = code.ops[number]
            found: list[int] = []
            for position, width in ACCESS[op.row.code].uses:
                start = address[op.operands[position]]
                found += writer[start : start + width]
            if found != meant[number] and _differ(meant[number], found):
                yield _wrong_read(schedule, number, at, meant[number], found)
        written: list[int] = []
        for number in numbers:
            op = code.ops[number]
            for position, width in ACCESS[op.row.code].defs:
                start = address[op.operands[position]]
                writer[start : start + width] = [number] * width
                written += range(start, start + width)
        if len(set(written)) < len(written):
            twice = next(word for word, count in Counter(written).items() if count > 1)
            yield Diagnostic("order", numbers[0], at, f"scratch {twice} is written twice")


def _differ(meant: list[int], found: list[int]) -> tuple[int, int] | None:
    """The first writer meant that is not the one found. What nobody wrote may be anything."""
    pairs = zip(meant, found, strict=True)
    return next((pair for pair in pairs if pair[0] not in (pair[1], NOBODY)), None)


def _wrong_read(
    schedule: Schedule, number: int, at: int, meant: list[int], found: list[int]
) -> Diagnostic:
    want, got = _differ(meant, found) or (NOBODY, NOBODY)
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
    if number == NOBODY:
        return set()
    op = code.ops[number]
    return {code.owner[op.operands[position]] for position, _ in ACCESS[op.row.code].defs}


def _word_addresses(schedule: Schedule) -> list[int]:
    return [
        start + lane
        for register, start in zip(schedule.code.registers, schedule.address, strict=True)
        for lane in range(register.width)
    ]


def _bundles(schedule: Schedule) -> Iterator[tuple[int, list[int]]]:
    """Bundle -> its operations in program order."""
    inside: dict[int, list[int]] = {}
    for number, at in enumerate(schedule.bundle):
        inside.setdefault(at, []).append(number)
    return ((at, inside[at]) for at in sorted(inside))


def _memory_disorder(schedule: Schedule) -> Iterator[Diagnostic]:
    """Operations on regions that meet: a load sees all stores before it, and none after."""
    latest: dict[tuple[Region, bool], int] = {}
    meeting: dict[Region, list[Region]] = {}
    for number, (op, at) in enumerate(zip(schedule.code.ops, schedule.bundle, strict=True)):
        if not op.row.memory_lanes:
            continue
        stores = op.row.engine == "store"
        for region in _meeting(op, meeting):
            stored = latest.get((region, True), NOBODY)
            loaded = latest.get((region, False), NOBODY)
            if stored >= at:
                yield Diagnostic("memory", number, at, f"a store to {tuple(region)} comes too late")
            if stores and loaded > at:
                yield Diagnostic("memory", number, at, f"a load of {tuple(region)} comes too late")
        latest[op.region, stores] = max(latest.get((op.region, stores), NOBODY), at)


def _meeting(op: Op, meeting: dict[Region, list[Region]]) -> list[Region]:
    """The regions seen so far that meet the operation's, its own included."""
    if op.region not in meeting:
        meeting[op.region] = [region for region in meeting if region.meets(op.region)]
        for region in meeting[op.region]:
            meeting[region].append(op.region)
        meeting[op.region].append(op.region)
    return meeting[op.region]


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
