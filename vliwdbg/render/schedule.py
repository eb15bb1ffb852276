"""How a run uses the machine, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from vliwdbg.render.answers import notes, slot_line
from vliwdbg.render.text import Columns, counted, table, text
from vliwdbg.views.schedule import Bound, Critical, EmptyTotal, Floor, Slack, Stats, Why

_LEVELS = " ▁▂▃▄▅▆▇█"
_MOST_GROUPS = 40
_TITLES = {
    "opcode": "Opcode",
    "tag": "Tag",
    "round": "Round",
    "vector": "Vector",
    "stage": "Stage",
}


def percent(part: float) -> str:
    return f"{100 * part:.1f} %"


def _shares(counts: Mapping[str, int]) -> str:
    """`load full 63 %, none-left 36 %, others 1 %`: those below a hundredth are told together."""
    total = sum(counts.values())
    large = {name: count for name, count in counts.items() if 100 * count >= total}
    told = [f"{name} {100 * count / total:.0f} %" for name, count in large.items() if count]
    if others := total - sum(large.values()):
        part = f"{100 * others / total:.0f}"
        told.append(f"others {part} %" if part != "0" else "others under 1 %")
    return ", ".join(told)


@text.register
def _(view: Stats) -> Iterator[str]:
    yield counted(view.cycles, "cycle")
    rows = [(e.engine, e.slots, e.room, percent(e.utilization)) for e in view.engines]
    yield from table(("Engine", "Slots", "Of", "Used"), rows)
    yield from _picture(view)
    yield ""
    yield "Cycles by slots used"
    most = max((e.limit for e in view.engines), default=0)
    cycles = [(e.engine, *e.histogram, *("" for _ in range(most - e.limit))) for e in view.engines]
    yield from table(("Engine", *range(most + 1)), cycles)
    yield ""
    yield f"{counted(view.idle, 'cycle')} used no slot. The emptiest bundles:"
    worst = [(b.cycle, b.pc, _slots(b.slots) or "nothing") for b in view.worst]
    yield from table(("Cycle", "pc", "Slots"), worst)
    for by, groups in groupby(view.groups, key=lambda group: group.by):
        yield ""
        some = list(groups)
        told = [
            (g.name, sum(g.slots.values()), f"{g.first}–{g.stop - 1}", _slots(g.slots))
            for g in some[:_MOST_GROUPS]
        ]
        yield from table((_TITLES[by], "Slots", "Cycles", "By engine"), told)
        if len(some) > _MOST_GROUPS:
            yield f"{len(some) - _MOST_GROUPS} more are not shown."
    yield from notes(view)


def _slots(slots: Mapping[str, int]) -> str:
    return " | ".join(f"{engine} ({count})" for engine, count in slots.items())


def _picture(view: Stats) -> Iterator[str]:
    """A row for each engine, a character for each window, as high as its slots were used."""
    if not view.windows:
        return
    yield ""
    yield f"Use over time, {view.windows[0].stop - view.windows[0].first} cycles a character"
    for engine in (e.engine for e in view.engines):
        levels = [level(window.utilization[engine]) for window in view.windows]
        yield Columns(f"{engine:<6}|{''.join(levels)}|")


def level(part: float) -> str:
    """Full only where all is used, and empty only where nothing is."""
    highest = len(_LEVELS) - 1
    if part in (0.0, 1.0):
        return _LEVELS[highest if part else 0]
    return _LEVELS[min(max(round(part * highest), 1), highest - 1)]


@text.register
def _(view: Floor) -> Iterator[str]:
    cycles = counted(view.cycles, "cycle")
    yield f"{cycles}, at least {view.floor}: {view.binds} binds, the gap is {view.gap}."
    yield from table(("Bound", "Cycles", "From"), map(_bound_row, view.bounds))
    yield "Under other conditions"
    yield from table(("Bound", "Cycles", "From"), map(_bound_row, view.others))
    yield from notes(view)


_BOUND_TEXTS = {
    "path": "the longest chain of words that are read",
    "path with storage": "the same if no word is given another place",
    "lanes": "8 lanes a vector slot, if scalar and vector slots did each other's work",
}


def _bound_row(bound: Bound) -> tuple[str, str, str]:
    told = _BOUND_TEXTS.get(bound.name, "")
    if bound.slots is not None:
        slots = counted(bound.slots, "lane" if bound.name == "lanes" else "slot")
        told = f"{slots}, {bound.limit} a cycle; {told}".rstrip("; ")
    if bound.ramp or bound.tail:
        told += f"; {bound.ramp} before the first, {bound.tail} after the last"
    return bound.name, f"{bound.cycles:.1f}", told


@text.register
def _(view: Critical) -> Iterator[str]:
    if not view.chain:
        yield "Nothing is stored, so no chain leads there."
    else:
        told = ", ".join(f"{cycles} {_waiting_for(name)}" for name, cycles in view.split.items())
        last = "store of an output" if view.chain[0].slot.engine == "store" else "slot"
        yield f"Of {counted(view.cycles, 'cycle')} up to the last {last}: {told}."
        rows = [
            (
                link.slot.cycle,
                f"{link.slot.engine}[{link.slot.slot}]",
                f"{link.cycles} for {link.waits_for}" if link.cycles else "",
                f"{link.latency} {link.then}" if link.latency or link.then != "start" else "",
                link.slot.text,
            )
            for link in view.chain
        ]
        yield from table(("Cycle", "Slot", "Waited", "After", ""), rows)
        if view.left_out:
            yield f"{view.left_out} links before it are not shown."
    yield from notes(view)


def _waiting_for(name: str) -> str:
    kinds = ("dependence", "storage", "memory", "control", "scheduler", "start")
    return name if name in kinds else f"waiting for {name}"


@text.register
def _(view: Slack) -> Iterator[str]:
    none = sum(row.none for row in view.engines)
    part = percent(none / view.slots if view.slots else 0.0)
    yield f"{none} of {counted(view.slots, 'slot')} ({part}) cannot be later, all others staying."
    yield "Slots by cycles that they could be later"
    headers = ("Engine", *ranges(view.bounds))
    yield from table(headers, [(row.engine, *row.histogram) for row in view.engines])
    if view.most:
        yield "The most"
        rows = [(s.slot.cycle, s.earliest, s.latest, s.slot.text) for s in view.most]
        yield from table(("Cycle", "Earliest", "Latest", "Slot"), rows)
    yield from notes(view)


def ranges(bounds: Sequence[int]) -> Iterator[str]:
    for first, following in zip(bounds, (*bounds[1:], None), strict=True):
        if following is None:
            yield f"{first}+"
        else:
            yield str(first) if following == first + 1 else f"{first}–{following - 1}"


@text.register
def _(view: Why) -> Iterator[str]:
    for bundle in view.bundles:
        yield f"Cycle {bundle.cycle}" + ("" if bundle.empty else ": no slot is free.")
        for empty in bundle.empty:
            root = "" if empty.root == empty.reason else f", which goes back to {empty.root}"
            yield f"  {empty.count} {empty.engine}: {empty.reason}{root}"
            if empty.waiting:
                yield f"    could have been here: {slot_line(empty.waiting)}"
            if empty.blocker:
                yield f"    but waits for: {slot_line(empty.blocker)}"
    if not view.bundles:
        rows = [(t.engine, t.count, _shares(t.reasons), _shares(t.roots)) for t in view.totals]
        yield from table(("Engine", "Free slots", "Reason", "Root"), rows)
        yield ""
        yield from table(("Cycles", "Engine", "Free", "Root"), _window_rows(view.windows))
    yield from notes(view)


def _window_rows(windows: Sequence[EmptyTotal]) -> Iterator[tuple[object, ...]]:
    for window in windows:
        cycles = f"{window.first}–{window.stop - 1}"
        yield cycles, window.engine, window.count, _shares(window.roots)
