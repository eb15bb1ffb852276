"""Several designs in one search, and more of the tries for those that come to more.

    design   what modes cannot change: the kernel without some techniques, or with other settings
    start    a search of one design from scratch, twice as long as the one before, up to a campaign
    share    half of all tries for the design that has come to least, half of the rest for the
             next, and so on; whoever is furthest behind has the next start

What comes next is decided by the log alone: so whoever has it goes on where it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from kernels.build_request import BuildRequest
from kernels.errors import BuildError
from kernels.plan import CHOICES, SETTINGS
from kernels.schedule.tuning import Tuning
from kernels.tune.anneal import Best
from kernels.tune.campaign import TRIES
from kernels.tune.log import Entry, Log
from kernels.tune.session import Answer, Ledger, Slice, Walk
from kernels.tune.workers import LOOK_EVERY, Submit

WHOLE = "whole"
"""The kernel with nothing left out."""
DESIGNS = (
    WHOLE,
    "forest-buffers=4",
    "without remainders",
    "without scalar-selects",
    "without three-blocks",
    "forest-buffers=8",
)
"""Those that are explored unless others are named: their bounds lie a few cycles apart."""
FIRST_TRIES = 2000
"""Of a design's first start: by then it is seen what it may come to."""


class Design(NamedTuple):
    """What is left out, and settings, by name; `name` is all of it as one writes it."""

    name: str
    without: tuple[str, ...] = ()
    settings: Mapping[str, Any] = {}


def parse_design(text: str) -> Design:
    """`without three-blocks, forest-buffers=4`, or `whole`. Raises BuildError for any other."""
    without, settings = [], {}
    parts = [" ".join(part.split()) for part in text.split(",")]
    for part in parts:
        name, is_setting, value = part.partition("=")
        left_out = part.removeprefix("without ")
        if is_setting and name in SETTINGS and value.isdecimal():
            settings[name] = int(value)
        elif left_out != part and left_out in CHOICES:
            without.append(left_out)
        elif [part] != [WHOLE] or len(parts) > 1:
            raise BuildError(
                f"{text!r} is no design: write {WHOLE!r}, or 'without NAME' and 'NAME=NUMBER' with "
                f"commas between them; names are those of `build --without` and `--set`"
            )
    return Design(design_name(without, settings), tuple(without), settings)


def design_name(without: Sequence[str], settings: Mapping[str, int]) -> str:
    """As `parse_design` reads it."""
    words = [f"without {name}" for name in without]
    return ", ".join([*words, *(f"{name}={n}" for name, n in settings.items())]) or WHOLE


class Start(NamedTuple):
    """What is to be searched next: a design, by so many tries, from a seed of its own."""

    design: Design
    seed: str
    tries: int


def next_start(
    designs: Sequence[Design], entries: Sequence[Entry], running: Sequence[Start], seed: int
) -> Start:
    """The start that comes next, after these entries and beside what is running."""
    begun = [(entry.design, entry.tries) for entry in entries]
    begun += [(start.design.name, start.tries) for start in running]
    spent = {design.name: 0 for design in designs}
    count = dict(spent)
    for name, tries in begun:
        if name in spent:
            spent[name] += tries
            count[name] += 1
    share = _shares(designs, entries)
    design = min(designs, key=lambda design: spent[design.name] / share[design.name])
    number = count[design.name]
    tries = min(TRIES, FIRST_TRIES << min(number, TRIES.bit_length()))
    return Start(design, f"{seed}/{design.name}/{number}", tries)


def _shares(designs: Sequence[Design], entries: Sequence[Entry]) -> dict[str, float]:
    """By design, its part of all tries; the last two have the same."""
    best = {
        design.name: min((e.cycles for e in entries if e.design == design.name), default=0.0)
        for design in designs
    }
    ranked = sorted(best, key=lambda name: best[name])
    return {name: 0.5 ** min(place + 1, len(ranked) - 1) for place, name in enumerate(ranked)}


class Explored(NamedTuple):
    """What has come of a design, with what was logged before."""

    name: str
    starts: int
    tries: int
    tuning: Tuning | None


@dataclass
class Exploration:
    """A search of several designs, for as long as its ledger has time and nobody stops it."""

    request: BuildRequest
    designs: Sequence[Design]
    seed: int
    found_by: str
    log: Log
    ledger: Ledger
    stop: Callable[[], bool]
    _walks: dict[str, Walk] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = self.log.seconds
        self.ledger.found(self.log.best())

    def here(self) -> bool:
        """Search in this process; whether somebody has ended it early."""
        try:
            while not self._over():
                self._search(next_start(self.designs, self.log.entries, (), self.seed))
        except KeyboardInterrupt:
            return True
        return self.ledger.part < 1

    def in_workers(self, submit: Submit, jobs: int) -> bool:
        """The same with that many starts at a time."""
        running: dict[Future[Answer], tuple[int, Start, float]] = {}

        def ask(job: int) -> None:
            others = [start for _, start, _ in running.values()]
            start = next_start(self.designs, self.log.entries, others, self.seed)
            start = start._replace(tries=self._tries_left(start.tries, others))
            if not start.tries:
                return
            limit = self.ledger.limits.seconds
            left = None if limit is None else max(0.0, limit - self.ledger.seconds)
            request = self.request_of(start.design)
            tries = start.tries
            asked = Slice(request, job, start.seed, None, left, tries, tries, self.found_by)
            running[submit(job, asked)] = job, start, self._clock()

        try:
            for job in range(jobs):
                ask(job)
            while running and not self.stop():
                done, _ = wait(running, LOOK_EVERY, FIRST_COMPLETED)
                for future in done:
                    job, start, began = running.pop(future)
                    self._take(start, began, future.result())
                    if self.ledger.part < 1:
                        ask(job)
                self.ledger.report()
        except KeyboardInterrupt:
            return True
        return self.ledger.part < 1

    def explored(self) -> tuple[Explored, ...]:
        """By design, in the order in which they were named."""
        found = []
        for design in self.designs:
            entries = [entry for entry in self.log.entries if entry.design == design.name]
            tries = sum(entry.tries for entry in entries)
            found.append(Explored(design.name, len(entries), tries, self.log.best(design.name)))
        return tuple(found)

    def request_of(self, design: Design) -> BuildRequest:
        return replace(self.request, without=design.without, settings=design.settings)

    def _clock(self) -> float:
        return self.before + self.ledger.seconds

    def _tries_left(self, wanted: int, running: Sequence[Start]) -> int:
        """As many as are wanted, if they are left besides those of what is running."""
        limit = self.ledger.limits.tries
        if limit is None:
            return wanted
        begun = self.ledger.tries + sum(start.tries for start in running)
        return max(0, min(wanted, limit - begun))

    def _over(self) -> bool:
        return self.ledger.part >= 1 or self.stop()

    def _search(self, start: Start) -> None:
        known = self._walks.get(start.design.name)
        walk = (
            known.again(start.seed, start.tries)
            if known
            else Walk(self.request_of(start.design), start.seed, start.tries)
        )
        self._walks[start.design.name] = walk
        search, began, tries, gains = walk.start(None), self._clock(), 0, list[tuple[float, int]]()
        try:
            while tries < start.tries and not self._over():
                search.step()
                tries += 1
                self.ledger.tries += 1
                if search.best and (not gains or search.best.cycles < gains[-1][1]):
                    gains += _gain(self._clock(), search.best)
                    self.ledger.found(search.best)
                self.ledger.report()
        finally:
            tuning = walk.tuning(search.best, self.found_by)
            self._log(start, began, tries, gains, tuning)

    def _take(self, start: Start, began: float, answer: Answer) -> None:
        self.ledger.tries += answer.tries
        self.ledger.found(answer.tuning)
        gains = [(began + at, cycles) for at, cycles in answer.gains]
        self._log(start, began, answer.tries, gains, answer.tuning)

    def _log(
        self,
        start: Start,
        began: float,
        tries: int,
        gains: Sequence[tuple[float, int]],
        tuning: Tuning | None,
    ) -> None:
        name, seed, now = start.design.name, start.seed, self._clock()
        self.log.add(Entry(name, seed, began, now, tries, tuple(gains), tuning))


def _gain(at: float, best: Best) -> list[tuple[float, int]]:
    return [(at, best.length.cycles)] if best.length else []
