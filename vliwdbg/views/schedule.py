"""How a run uses the machine, and what keeps it from using more. All times are cycles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vliwdbg.views.answers import Answer
from vliwdbg.views.places import SlotAt


@dataclass(frozen=True)
class EngineUse:
    """How much an engine was used: `slots` of `room`, which is its limit times the cycles.

    `histogram` tells by number of slots, from 0 to the limit, in how many cycles so many were used.
    """

    engine: str
    limit: int
    slots: int
    room: int
    utilization: float
    histogram: tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """The cycles first:stop, and which part of each engine's slots was used in them."""

    first: int
    stop: int
    utilization: Mapping[str, float]


@dataclass(frozen=True)
class BundleUse:
    """A bundle and how many slots of each engine it used."""

    cycle: int
    pc: int
    slots: Mapping[str, int]


@dataclass(frozen=True)
class GroupUse:
    """The slots that have something in common: `by` says what (opcode, tag, round, vector, stage),
    and in which cycles first:stop they are."""

    by: str
    name: str
    slots: Mapping[str, int]
    first: int
    stop: int


@dataclass(frozen=True)
class Stats(Answer, kind="stats"):
    """How a run of so many cycles used the engines.

    `idle` cycles used no slot at all. `worst` are the bundles that used least of the machine,
    earliest first.
    """

    cycles: int
    engines: tuple[EngineUse, ...]
    windows: tuple[Window, ...]
    idle: int
    worst: tuple[BundleUse, ...]
    groups: tuple[GroupUse, ...]


@dataclass(frozen=True)
class Bound:
    """A number of cycles that the run cannot get below, and what it comes from.

    For an engine: `slots` of it at its `limit` a cycle, which cannot start before `ramp` cycles and
    has to end `tail` cycles before the end.
    """

    name: str
    cycles: float
    slots: int | None = None
    limit: int | None = None
    ramp: int = 0
    tail: int = 0


@dataclass(frozen=True)
class Floor(Answer, kind="floor"):
    """The bounds of a run that does the same operations, greatest first.

    `binds` is the greatest that holds whatever is reordered and renamed, `floor` its cycles rounded
    up and `gap` how far the `cycles` of the run are from it. `others` would hold under more
    conditions than that: if no word were renamed, or if vector slots were split into scalar ones.
    """

    cycles: int
    floor: int
    gap: int
    binds: str
    bounds: tuple[Bound, ...]
    others: tuple[Bound, ...]


@dataclass(frozen=True)
class Link:
    """A slot of a chain, which waited so many cycles for what is named: an engine that was full,
    the scheduler, or the slot before it (dependence, storage, memory, control)."""

    slot: SlotAt
    waits_for: str
    cycles: int
    then: str
    latency: int


@dataclass(frozen=True)
class Critical(Answer, kind="critical"):
    """The chain of waits that leads to the last store of an output, last link first.

    `split` tells of the cycles up to its end how many were spent waiting for what. `left_out`
    links, the earliest, are not shown.
    """

    cycles: int
    split: Mapping[str, int]
    chain: tuple[Link, ...]
    left_out: int


@dataclass(frozen=True)
class SlackRow:
    """Of an engine: how many slots could be so many cycles later, all others staying."""

    engine: str
    slots: int
    none: int
    histogram: tuple[int, ...]


@dataclass(frozen=True)
class SlotSlack:
    """A slot that could be anywhere from cycle `earliest` to `latest`, all others staying."""

    slot: SlotAt
    earliest: int
    latest: int


@dataclass(frozen=True)
class Slack(Answer, kind="slack"):
    """How much later each slot could be, in the schedule as given.

    A histogram counts slots by `bounds`: 0 cycles, 1, 2 to 3, 4 to 7 and so on.
    """

    cycles: int
    slots: int
    bounds: tuple[int, ...]
    engines: tuple[SlackRow, ...]
    most: tuple[SlotSlack, ...]


@dataclass(frozen=True)
class Empty:
    """So many free slots of an engine in one bundle, and the reason.

    `waiting` is the nearest slot that could have been there, `blocker` what it waits for. `root` is
    what one comes to by asking the same of the blocker, and so on.
    """

    engine: str
    count: int
    reason: str
    root: str
    blocker: SlotAt | None
    waiting: SlotAt | None


@dataclass(frozen=True)
class WhyBundle:
    """The free slots of the bundle that takes a cycle."""

    cycle: int
    empty: tuple[Empty, ...]


@dataclass(frozen=True)
class EmptyTotal:
    """The free slots of an engine in the cycles first:stop, by reason and by root."""

    engine: str
    first: int
    stop: int
    count: int
    reasons: Mapping[str, int]
    roots: Mapping[str, int]


@dataclass(frozen=True)
class Why(Answer, kind="why"):
    """Why slots are free: in the bundles asked about, and in total by engine and by window."""

    bundles: tuple[WhyBundle, ...]
    totals: tuple[EmptyTotal, ...]
    windows: tuple[EmptyTotal, ...]
