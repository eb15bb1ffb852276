"""The search for parameters of the scheduler `tuned`.

    candidate  what is varied, and the moves      measure  how long its schedule is, quickly
    anneal     one walk                           link     operations in any modes, for measure
    campaign   starts, and who goes on            session  slices, progress
    workers    several searches at a time         found/   what was found, one file a size
    explore    several designs in one search      log      what a search has done

`tune` is all that others call; it prints nothing and writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from shlex import quote

from kernels.analysis.names import Names, share_constants
from kernels.build_request import BuildRequest
from kernels.errors import BuildError
from kernels.schedule.tuned import tuned_schedule
from kernels.schedule.tuning import Tuning, find_tuning
from kernels.tune.explore import DESIGNS, Exploration, Explored, design_name, parse_design
from kernels.tune.log import Entry, Log
from kernels.tune.session import Ledger, Limits, Outcome, Progress, Walk, search_here
from kernels.tune.workers import search_in_workers, submitting
from machine.problem import Problem

__all__ = ["DESIGNS", "Explored", "Progress", "Result", "Tuning", "tune"]

KERNEL = "treehash"


@dataclass(frozen=True)
class Result:
    """What a search has found. `interrupted` if it was stopped before its time, `outdated` if what
    it was to begin at is for other operations, so that it began from scratch; `designs` are those
    that were explored."""

    tuning: Tuning
    tries: int
    seconds: float
    history: tuple[tuple[float, int], ...]
    interrupted: bool
    outdated: bool
    designs: tuple[Explored, ...] = ()

    @property
    def cycles(self) -> int:
        return self.tuning.cycles


def tune(
    problem: Problem,
    outputs: Sequence[str] = ("values",),
    *,
    seconds: float | None = 60.0,
    tries: int | None = None,
    jobs: int = 1,
    seed: int = 0,
    from_scratch: bool = False,
    start: Tuning | None = None,
    designs: Sequence[str] = (),
    log: str | None = None,
    dask: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Result:
    """The best parameters that a search finds within so many seconds or tries.

    It begins at `start`, else at the stored parameters, and from scratch at neither; those for
    other operations than today's mean nothing, and count as none. With `designs` it searches each
    of them, always from scratch (see `explore`), and goes on from the file `log`, if there is one;
    any search adds to that file. An interrupt (Ctrl+C), or `stop` becoming true, ends it early with
    the best so far. The result has been built the ordinary way, and has as many bundles as it says.
    Raises BuildError, and KeyboardInterrupt where there is no result yet.
    """
    request = BuildRequest(problem, KERNEL, tuple(outputs))
    begin = None if from_scratch else start or find_tuning(KERNEL, problem, outputs)
    if begin is not None and not begin.is_for(KERNEL, problem, outputs):
        raise BuildError("the parameters to start from are for other sizes or outputs")
    outdated = begin is not None and not _is_for_operations(request, begin)
    begin = None if outdated else begin
    if begin is not None and not designs:
        request = _request_of(request, begin)
    found_by = _command(request, seconds, tries, jobs, seed, designs, begin)
    ledger = Ledger(Limits(seconds, tries), progress or (lambda _: None))
    halt = stop or (lambda: False)
    known = Log(log)
    explored: tuple[Explored, ...] = ()
    if designs:
        every = [parse_design(design) for design in dict.fromkeys(designs)]
        exploration = Exploration(request, every, seed, found_by, known, ledger, halt)
        if jobs > 1 or dask:
            with submitting(jobs, dask) as submit:
                interrupted = exploration.in_workers(submit, jobs)
        else:
            interrupted = exploration.here()
        outcome = Outcome(known.best(), interrupted)
        explored = exploration.explored()
    elif jobs > 1 or dask:
        outcome = search_in_workers(request, begin, jobs, seed, found_by, dask, ledger, halt)
    else:
        outcome = search_here(Walk(request, str(seed), tries), begin, found_by, ledger, halt)
    ledger.report(now=True)
    if log is not None and not designs:
        known.add(_entry(request, seed, known.seconds, ledger, outcome.tuning))
    if outcome.tuning is None and outcome.interrupted and stop is None:
        raise KeyboardInterrupt
    if outcome.tuning is None:
        raise BuildError("nothing that was tried fits into scratch")
    tuning = _shorter(begin, outcome.tuning)
    _verify(request, tuning)
    history = tuple(ledger.history)
    ended = outcome.interrupted
    return Result(tuning, ledger.tries, ledger.seconds, history, ended, outdated, explored)


def _request_of(request: BuildRequest, tuning: Tuning) -> BuildRequest:
    """The request with what the tuning leaves out."""
    return replace(request, without=tuning.without, settings=tuning.settings)


def _is_for_operations(request: BuildRequest, tuning: Tuning) -> bool:
    """Whether it was found for the operations that its modes are compiled to today."""
    code = _request_of(request, tuning).compile(tuning.modes)
    return Names(share_constants(code)).fingerprint() == tuning.operations


def _shorter(before: Tuning | None, after: Tuning) -> Tuning:
    """What it began with, unless something better was found."""
    return before if before and before.cycles <= after.cycles else after


def _verify(request: BuildRequest, tuning: Tuning) -> None:
    """That an ordinary build makes of it what the search believed."""
    schedule = tuned_schedule(_request_of(request, tuning).compile(tuning.modes), tuning)
    bundles = 1 + max(schedule.bundle, default=-1)
    assert bundles == tuning.cycles, f"{bundles} bundles, the search believed {tuning.cycles}"


def _entry(
    request: BuildRequest, seed: int, began: float, ledger: Ledger, found: Tuning | None
) -> Entry:
    """A search of one design, as its log has it."""
    gains = tuple((began + at, cycles) for at, cycles in ledger.history)
    name = design_name(request.without, request.settings)
    return Entry(name, str(seed), began, began + ledger.seconds, ledger.tries, gains, found)


def _asked_of(request: BuildRequest) -> Iterator[str]:
    """The options for a kernel that is not the usual one."""
    problem, usual = request.problem, Problem()
    for size in ("forest_height", "rounds", "batch_size"):
        if getattr(problem, size) != getattr(usual, size):
            yield f"--{size.replace('_', '-')} {getattr(problem, size)}"
    if "indices" in request.outputs:
        yield "--indices"


def _command(
    request: BuildRequest,
    seconds: float | None,
    tries: int | None,
    jobs: int,
    seed: int,
    designs: Sequence[str],
    begin: Tuning | None,
) -> str:
    """The command that does this search again."""
    words = ["vliwdbg tune", *_asked_of(request)]
    words += [f"--time {seconds:g}"] if seconds is not None else []
    words += [f"--tries {tries}"] if tries is not None else []
    words += [f"--jobs {jobs}"] if jobs > 1 else []
    words += [f"--seed {seed}"]
    if tuple(designs) == DESIGNS:
        return " ".join([*words, "--explore"])
    if designs:
        return " ".join([*words, *(f"--design {quote(design)}" for design in designs)])
    if begin is None:
        return " ".join([*words, "--from-scratch"])
    return f"{' '.join(words)}, from the {begin.cycles} cycles of {begin.found_by}"
