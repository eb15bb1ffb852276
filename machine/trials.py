"""A program on many fresh inputs: does it hold for all of them, and how long does it take?

One machine is loaded once and given one input after the other; only an input that comes out wrong
is looked at word by word.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, cast

from machine.core import choose_core
from machine.core.inputs import memory_of, solution_of
from machine.core.words import Words
from machine.isa import SCRATCH_SIZE
from machine.machine import NO_LIMIT, Checkpoint
from machine.problem import Problem, Wrong, check
from machine.program import Program
from machine.stops import Reason, State, Stop

Progress = Callable[[int, int], object]
"""Called with how many inputs were tried and how many failed so far."""
AT_ONCE = 16
"""Inputs between two calls of it, and a job's share at a time."""


class Failure(NamedTuple):
    """An input that failed: where the run stopped, if not at its end, or the first wrong word."""

    seed: int
    stop: Stop | None
    wrong: Wrong | None


@dataclass(frozen=True)
class Trials:
    """What came out. `seeds` were tried, `cycles` are the fewest and the most that a run took."""

    seeds: range
    failures: tuple[Failure, ...] = field(default=())
    cycles: tuple[int, int] = (0, 0)

    @property
    def correct(self) -> bool:
        """Whether every input came out right."""
        return not self.failures


class Outcome(NamedTuple):
    """Of one input."""

    cycles: int
    failure: Failure | None


def run_trials(
    program: Program,
    problem: Problem,
    trials: int,
    jobs: int = 1,
    progress: Progress | None = None,
    max_cycles: int = NO_LIMIT,
) -> Trials:
    """Run a program on `trials` inputs of a problem, seeds from the problem's own on.

    Compares are passed over, and so are pauses. `jobs` processes share the work. A run that gets to
    `max_cycles` has failed.
    """
    seeds = range(problem.seed, problem.seed + trials)
    outcomes: list[Outcome] = []
    failed = 0
    for some in _outcomes(program, problem, seeds, jobs, max_cycles):
        outcomes += some
        failed += sum(outcome.failure is not None for outcome in some)
        if progress is not None:
            progress(len(outcomes), failed)
    cycles = [outcome.cycles for outcome in outcomes] or [0]
    failures = tuple(outcome.failure for outcome in outcomes if outcome.failure is not None)
    return Trials(seeds, failures, (min(cycles), max(cycles)))


def _outcomes(
    program: Program, problem: Problem, seeds: range, jobs: int, max_cycles: int
) -> Iterator[list[Outcome]]:
    shares = [seeds[start : start + AT_ONCE] for start in range(0, len(seeds), AT_ONCE)]
    if jobs <= 1 or len(shares) <= 1:
        yield from map(Trial(program, problem, max_cycles), shares)
        return
    # Imported here: a single job, which is the usual case, does without.
    from concurrent.futures import ProcessPoolExecutor

    arguments = (program, problem, max_cycles)
    with ProcessPoolExecutor(min(jobs, len(shares)), None, _start_job, arguments) as pool:
        yield from pool.map(_do_share, shares)


_job: list[Trial] = []
"""The trial of this process, where it is one of several jobs."""


def _start_job(program: Program, problem: Problem, max_cycles: int) -> None:
    _job[:] = [Trial(program, problem, max_cycles)]


def _do_share(seeds: range) -> list[Outcome]:
    return _job[0](seeds)


class Trial:
    """A machine that one input after the other is given to. Called with seeds, it tries them."""

    def __init__(self, program: Program, problem: Problem, max_cycles: int = NO_LIMIT) -> None:
        self._problem = problem
        self._layout = problem.layout
        self._max_cycles = max_cycles
        self._outputs = program.outputs
        self._core = choose_core().make(program, memory_of(problem), debug=False, pauses=False)
        self._scratch = array("I", bytes(4 * SCRATCH_SIZE))

    def __call__(self, seeds: Sequence[int]) -> list[Outcome]:
        return [self.outcome(seed) for seed in seeds]

    def outcome(self, seed: int) -> Outcome:
        """Run the input of a seed and hold the result against the reference."""
        memory = memory_of(replace(self._problem, seed=seed))
        stop = self._run(memory)
        if stop.reason not in (Reason.END, Reason.HALT):
            return Outcome(stop.cycle, Failure(seed, stop, None))
        if self._is_right(memory):
            return Outcome(stop.cycle, None)
        after = self._core.memory[:]
        wrong = check(self._layout, memory, after, self._outputs).wrong
        return Outcome(stop.cycle, Failure(seed, None, wrong[0]))

    def _run(self, memory: array[int]) -> Stop:
        # Any sequence of words can be restored; tuples of them would take longer than the run.
        scratch, words = cast("Any", self._scratch), cast("Any", memory)
        self._core.restore(Checkpoint(0, 0, 0, State.RUNNING, scratch, words, ()))
        stop = self._core.run(NO_LIMIT, self._max_cycles)
        while stop.reason is Reason.BUDGET:
            stop = self._core.run(NO_LIMIT, self._max_cycles)
        return stop

    def _is_right(self, memory: array[int]) -> bool:
        layout = self._layout
        indices, values = solution_of(layout, memory)
        memory_after = self._core.memory
        after = (
            memory_after.toarray() if isinstance(memory_after, Words) else array("I", memory_after)
        )
        expected = {
            "values": (layout.values, values),
            "indices": (layout.indices, indices),
        }
        return after[: layout.indices_at] == memory[: layout.indices_at] and all(
            after[place.start : place.stop] == words
            for place, words in (expected[output] for output in self._outputs)
        )
