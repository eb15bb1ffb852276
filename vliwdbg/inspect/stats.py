"""How a run uses the engines: over time, in total, and by what the slots are for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from vliwdbg.inspect.dependences import LIMITS, WORKING, Dependences
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.words import notes_of
from vliwdbg.views.schedule import BundleUse, EngineUse, GroupUse, Stats, Window

WINDOWS = 60
"""Parts into which the cycles are cut."""
WORST = 8
_KINDS = ("round", "vector", "stage")
"""What the provenance of slots may tell."""


def stats(dependences: Dependences) -> Stats:
    """The use of the engines in a run."""
    cycles = dependences.end - dependences.start
    return Stats(
        cycles,
        tuple(_engine_use(dependences, code, cycles) for code in range(len(WORKING))),
        tuple(windows_of(dependences, WINDOWS)),
        sum(not any(used) for used in zip(*dependences.used, strict=True)),
        _worst(dependences),
        tuple(_groups(dependences)),
        notes=notes_of(dependences.flow),
    )


def _engine_use(dependences: Dependences, code: int, cycles: int) -> EngineUse:
    limit, used = LIMITS[code], dependences.used[code]
    counts = Counter(used)
    slots, room = sum(used), limit * cycles
    histogram = tuple(counts[number] for number in range(limit + 1))
    return EngineUse(WORKING[code], limit, slots, room, slots / room if room else 0.0, histogram)


def windows_of(dependences: Dependences, count: int) -> Iterator[Window]:
    """The cycles in so many parts of the same length, or one cycle each."""
    start, cycles = dependences.start, dependences.end - dependences.start
    count = min(count, cycles)
    for part in range(count):
        first, stop = cycles * part // count, cycles * (part + 1) // count
        utilization = {
            engine: sum(used[first:stop]) / (limit * (stop - first))
            for engine, limit, used in zip(WORKING, LIMITS, dependences.used, strict=True)
        }
        yield Window(start + first, start + stop, utilization)


def _worst(dependences: Dependences) -> tuple[BundleUse, ...]:
    """The bundles that use the smallest part of the machine; the first and last ones may not help
    it, so of equal ones those in the middle come first."""
    cycles = dependences.end - dependences.start
    parts = [
        sum(used / limit for used, limit in zip(row, LIMITS, strict=True))
        for row in zip(*dependences.used, strict=True)
    ]
    order = sorted(range(cycles), key=lambda at: (parts[at], abs(2 * at - cycles)))
    return tuple(_bundle_use(dependences, at) for at in sorted(order[:WORST]))


def _bundle_use(dependences: Dependences, at: int) -> BundleUse:
    flow = dependences.flow
    cycle = dependences.start + at
    step = flow.step_of_cycle(cycle)
    slots = {
        engine: used[at] for engine, used in zip(WORKING, dependences.used, strict=True) if used[at]
    }
    return BundleUse(cycle, flow.pcs[step], slots)


def _groups(dependences: Dependences) -> Iterator[GroupUse]:
    """By opcode, by tag, and by what the provenance of the slots tells."""
    groups: dict[tuple[str, str], list[int]] = {}
    flow = dependences.flow
    for op, slot in enumerate(parts_of("opcodes", dependences.slot)):
        row = flow.row(slot)
        groups.setdefault(("opcode", f"{row.engine} {row.name}"), []).append(op)
    provenance = flow.program.slots
    if len(provenance) == flow.columns.slot_count:
        for op, slot in enumerate(parts_of("groups", dependences.slot)):
            for by, name in _told(provenance[slot]):
                groups.setdefault((by, name), []).append(op)
    else:
        _add_tags(dependences, groups)
    for (by, name), ops in sorted(groups.items(), key=_group_order):
        slots = Counter(dependences.engine[op] for op in ops)
        yield GroupUse(
            by,
            name,
            {WORKING[code]: slots[code] for code in sorted(slots)},
            dependences.cycle[ops[0]],
            dependences.cycle[ops[-1]] + 1,
        )


def _told(provenance: Any) -> Iterator[tuple[str, str]]:
    if isinstance(provenance, Mapping):
        for by in _KINDS:
            if (value := provenance.get(by)) is not None:
                yield by, str(value)


def _add_tags(dependences: Dependences, groups: dict[tuple[str, str], list[int]]) -> None:
    """Tags are stretches of bundles, which may overlap; each slot counts to the innermost one."""
    flow = dependences.flow
    names: dict[int, str | None] = {}
    for op, step in enumerate(parts_of("tags", dependences.step)):
        pc = flow.pcs[step]
        if pc not in names:
            tag = flow.program.tag_at(pc)
            names[pc] = tag and tag.name
        if (name := names[pc]) is not None:
            groups.setdefault(("tag", name), []).append(op)


def _group_order(group: tuple[tuple[str, str], list[int]]) -> tuple[Any, ...]:
    (by, name), ops = group
    number = int(name) if name.isascii() and name.isdecimal() else -1
    order = ("opcode", "tag", *_KINDS).index(by)
    return (order, -len(ops)) if by == "opcode" else (order, number, ops[0])


def csv_lines(dependences: Dependences) -> Iterator[str]:
    """The slots used by cycle and engine, as comma-separated values with a heading."""
    yield ",".join(("cycle", *WORKING))
    for at, row in enumerate(zip(*dependences.used, strict=True)):
        yield ",".join(map(str, (dependences.start + at, *row)))
