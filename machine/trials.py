"""A program on many fresh inputs: does it hold for all of them, and how long does it take?

One machine is loaded once and given a share of the inputs at a time, in lockstep where it can; only
an input that does not come out right is run by itself and looked at word by word.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, cast

from machine.core import choose_core
from machine.core.inputs import (
    Images,
    blank_images,
    draw_images,
    memory_of,
    run_together,
    runs_together,
    solve_images,
)
from machine.isa import SCRATCH_SIZE
from machine.machine import NO_LIMIT, Checkpoint
from machine.problem import Problem, Wrong, check
from machine.program import Program
from machine.stops import Reason, State, Stop

Progress = Callable[[int, int], object]
"""Called with how many inputs were tried and how many failed so far."""
AT_ONCE = 32
"""Inputs between two calls of it, and a job's share at a time; the compiled core runs as many
together."""
MOST_WORDS = 2**22
"""Most words of memory that inputs tried at once may have together, beyond the first."""


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
    from multiprocessing import active_children

    arguments = (program, problem, max_cycles)
    others = active_children()
    with ProcessPoolExecutor(min(jobs, len(shares)), None, _start_job, arguments) as pool:
        try:
            yield from pool.map(_do_share, shares)
        except BaseException:  # an interrupt, say: a share may have no end to wait for
            for job in active_children():
                if job not in others:
                    job.terminate()
            raise


_job: list[Trial] = []
"""The trial of this process, where it is one of several jobs."""


def _start_job(program: Program, problem: Problem, max_cycles: int) -> None:
    _job[:] = [Trial(program, problem, max_cycles)]


def _do_share(seeds: range) -> list[Outcome]:
    return _job[0](seeds)


class Trial:
    """A program on a machine that is given inputs. Called with seeds, it tries them.

    A share of them is run together, as far as they go the same way; whatever does not come out
    right so is run by itself, to tell why.
    """

    def __init__(self, program: Program, problem: Problem, max_cycles: int = NO_LIMIT) -> None:
        self._problem = problem
        self._layout = layout = problem.layout
        self._max_cycles = max_cycles
        self._outputs = program.outputs
        self._core = choose_core().make(program, memory_of(problem), debug=False, pauses=False)
        self._scratch = array("I", bytes(4 * SCRATCH_SIZE))
        self._share = max(1, min(AT_ONCE, MOST_WORDS // layout.words))
        # Kept from one share to the next: fresh ones would cost more than is done with them.
        self._images = blank_images(layout, self._share if runs_together() else 0)
        self._after = self._images[:]
        places = {"values": layout.values, "indices": layout.indices}
        self._judged = [range(layout.indices_at), *(places[output] for output in program.outputs)]

    def __call__(self, seeds: Sequence[int]) -> list[Outcome]:
        shares = [seeds[start : start + self._share] for start in range(0, len(seeds), self._share)]
        return [outcome for share in shares for outcome in self._try_share(share)]

    def _try_share(self, seeds: Sequence[int]) -> list[Outcome]:
        right = self._right_together(seeds) if runs_together() else {}
        return [
            Outcome(right[seed], None) if seed in right else self.outcome(seed) for seed in seeds
        ]

    def _right_together(self, seeds: Sequence[int]) -> dict[int, int]:
        """Seed -> cycles, of the inputs that could be run together and came out right."""
        words = self._layout.words
        images = memoryview(self._images)[: len(seeds) * words]
        after = memoryview(self._after)[: len(seeds) * words]
        draw_images(self._problem, seeds, images)
        after[:] = images
        cycles = run_together(self._core.core, after, words, self._max_cycles)
        solve_images(self._layout, images)
        return {
            seed: count
            for start, seed, count in zip(range(0, len(images), words), seeds, cycles, strict=True)
            if count is not None and self._is_right(images, after, start)
        }

    def _is_right(self, expected: Images, got: Images, start: int = 0) -> bool:
        """Whether what counts is the same in the two images that start at this word."""
        places = (slice(start + place.start, start + place.stop) for place in self._judged)
        # Arrays and views of them compare word by word; a bytearray, with anything, all at once.
        return all(bytearray(got[place]) == expected[place] for place in places)

    def outcome(self, seed: int) -> Outcome:
        """Run the input of a seed by itself and hold the result against the reference."""
        memory = memory_of(replace(self._problem, seed=seed))
        stop = self._run(memory)
        if stop.reason not in (Reason.END, Reason.HALT):
            return Outcome(stop.cycle, Failure(seed, stop, None))
        got = self._core.memory.toarray()
        expected = memory[:]
        solve_images(self._layout, expected)
        if self._is_right(expected, got):
            return Outcome(stop.cycle, None)
        wrong = check(self._layout, memory, got, self._outputs).wrong
        return Outcome(stop.cycle, Failure(seed, None, wrong[0]))

    def _run(self, memory: array[int]) -> Stop:
        # Any sequence of words can be restored; tuples of them would take longer than the run.
        scratch, words = cast("Any", self._scratch), cast("Any", memory)
        self._core.restore(Checkpoint(0, 0, 0, State.RUNNING, scratch, words, ()))
        return self._core.run(NO_LIMIT, self._max_cycles)
