"""A search from start to end: slices of it, here or in workers, and what comes of them.

    slice    some seconds or tries of a search, to the best tuning so far
    jobs     as many searches at a time, each with its own seed

With one job and a number of tries instead of seconds the result depends on nothing but the seed.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from threading import get_ident
from time import monotonic
from typing import NamedTuple

from kernels.analysis.names import Names, share_constants
from kernels.build_request import BuildRequest
from kernels.plan import modes_that_matter
from kernels.schedule.priority import Groups
from kernels.schedule.tuning import Tuning, sizes_of
from kernels.tune.anneal import Best
from kernels.tune.campaign import Search
from kernels.tune.candidate import Candidate
from kernels.tune.measure import Measure, measure_for
from machine.isa import VLEN

TOLD_EVERY = 0.2
"""Seconds between reports of progress."""


class Progress(NamedTuple):
    """What a search tells while it runs. `part` is how much of it is over, 0 to 1."""

    part: float
    seconds: float
    tries: int
    cycles: int
    history: tuple[tuple[float, int], ...]
    """(seconds, cycles) of each gain."""

    @property
    def tries_a_second(self) -> float:
        return self.tries / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Limits:
    """When a search is over: seconds or tries, whichever are given."""

    seconds: float | None = None
    tries: int | None = None

    def part(self, seconds: float, tries: int) -> float:
        """How much is over."""
        parts = [0.0]
        if self.seconds is not None:
            parts.append(seconds / self.seconds if self.seconds > 0 else 1.0)
        if self.tries is not None:
            parts.append(tries / self.tries if self.tries > 0 else 1.0)
        return min(1.0, max(parts))


def groups_of(request: BuildRequest) -> Groups:
    return Groups(-(-request.problem.batch_size // VLEN), request.problem.rounds)


class Walk:
    """One job's search, which goes on where it stopped as long as nobody gives it a start."""

    def __init__(self, request: BuildRequest, seed: str, tries: int | None = None) -> None:
        self.request, self.seed, self.tries, self.groups = request, seed, tries, groups_of(request)
        self.measure: Measure = measure_for(request, self.groups)
        self._search: Search | None = None

    def again(self, seed: str, tries: int | None = None) -> Walk:
        """Another search of the same operations, which are not compiled anew for it."""
        other = copy(self)
        other.seed, other.tries, other._search = seed, tries, None
        return other

    def start(self, tuning: Tuning | None) -> Search:
        """Begin at a tuning, or from scratch."""
        names = modes_that_matter(self.request.plan, self.request.outputs)
        begin = self._candidate(tuning)
        (usual,) = self.request.plan.modes
        self._search = Search(self.measure, self.groups, names, self.seed, self.tries, begin, usual)
        return self._search

    @property
    def search(self) -> Search:
        return self._search or self.start(None)

    def _candidate(self, tuning: Tuning | None) -> Candidate | None:
        """A tuning's candidate, if it is for as many vectors and rounds."""
        if tuning is None or len(tuning.offsets) != self.groups.count:
            return None
        self.measure.learn(tuning.modes)
        names = Names(share_constants(self.request.compile(tuning.modes)))
        noise = array("i", [0]) * len(self.measure.slots)
        for number, steps in zip(names.in_order, tuning.noise, strict=True):
            noise[self.measure.slots[names.slots[number]]] = steps
        return Candidate(tuning.offsets, tuning.modes, noise, tuning.window, tuning.spare)

    def tuning(self, best: Best | None, found_by: str) -> Tuning | None:
        """The tuning of a candidate, None if there is none or it does not fit into scratch."""
        if best is None or best.length is None:
            return None
        candidate, names = (
            best.candidate,
            Names(share_constants(self.request.compile(best.candidate.modes))),
        )
        slots, noise = self.measure.slots, candidate.noise
        places = [slots[names.slots[number]] for number in names.in_order]
        return Tuning(
            kernel=self.request.kernel,
            sizes=sizes_of(self.request.problem),
            outputs=self.request.outputs,
            cycles=best.length.cycles,
            found_by=found_by,
            operations=names.fingerprint(),
            window=candidate.window,
            spare=candidate.spare,
            modes=candidate.modes,
            offsets=candidate.offsets,
            noise=array("i", [noise[at] if at < len(noise) else 0 for at in places]),
            without=self.request.without,
            settings=dict(self.request.settings),
        )


@dataclass
class Ledger:
    """What has been found so far, and when."""

    limits: Limits
    tell: Callable[[Progress], None]
    began: float = field(default_factory=monotonic)
    tries: int = 0
    history: list[tuple[float, int]] = field(default_factory=list)
    _told: float = 0.0

    @property
    def seconds(self) -> float:
        return monotonic() - self.began

    @property
    def part(self) -> float:
        return self.limits.part(self.seconds, self.tries)

    def found(self, best: Best | Tuning | None) -> None:
        """Note the best now."""
        before = self.history[-1][1] if self.history else float("inf")
        if best and best.cycles < before:
            self.history.append((self.seconds, int(best.cycles)))

    def report(self, *, now: bool = False) -> None:
        """Tell, unless it was told a moment ago."""
        if self.history and (now or self.seconds - self._told > TOLD_EVERY):
            self._told = self.seconds
            history = tuple(self.history)
            self.tell(Progress(self.part, self.seconds, self.tries, history[-1][1], history))


class Outcome(NamedTuple):
    """What a search has found, None if nothing fits, and whether somebody ended it early."""

    tuning: Tuning | None
    interrupted: bool


def search_here(
    walk: Walk, start: Tuning | None, found_by: str, ledger: Ledger, stop: Callable[[], bool]
) -> Outcome:
    """One job, in this process."""
    search, interrupted = walk.start(start), False
    try:
        while ledger.part < 1 and not stop():
            search.step()
            ledger.tries += 1
            ledger.found(search.best)
            ledger.report()
    except KeyboardInterrupt:
        interrupted = True
    return Outcome(walk.tuning(search.best, found_by), interrupted or ledger.part < 1)


class Slice(NamedTuple):
    """What a worker is asked: to search for some seconds or tries."""

    request: BuildRequest
    job: int
    seed: str
    start: Tuning | None
    """None: go on where you stopped, or from scratch."""
    seconds: float | None
    tries: int | None
    in_all: int | None
    """Tries that there will be, if that is known."""
    found_by: str


class Answer(NamedTuple):
    """`gains` are (seconds since it was asked, cycles)."""

    tuning: Tuning | None
    tries: int
    gains: tuple[tuple[float, int], ...]


_walks: dict[tuple[str, int], Walk] = {}


def work(asked: Slice) -> Answer:
    """What a worker does. It keeps its walks, so that nothing is compiled twice."""
    # Each thread has its own: what is compiled belongs to one walk at a time.
    key = f"{asked.request} {asked.job}", get_ident()
    walk = _walks.get(key)
    if walk is None:
        walk = Walk(replace(asked.request, hook=None), asked.seed, asked.in_all)
    elif walk.seed != asked.seed:
        walk = walk.again(asked.seed, asked.in_all)
    _walks[key] = walk
    search = walk.start(asked.start) if asked.start else walk.search
    ledger = Ledger(Limits(asked.seconds, asked.tries), lambda _: None)
    while ledger.part < 1:
        search.step()
        ledger.tries += 1
        ledger.found(search.best)
    tuning = walk.tuning(search.best, asked.found_by)
    return Answer(tuning, ledger.tries, tuple(ledger.history))
