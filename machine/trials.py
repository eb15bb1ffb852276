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
    with_room,
)
from machine.isa import SCRATCH_SIZE
from machine.machine import NO_LIMIT, Checkpoint
from machine.patterns import RANDOM, Inputs
from machine.program import Program
from machine.stops import Reason, State, Stop
from machine.timeline import Timeline
from machine.verdict import Wrong, check
from machine.workers import safe_path

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
    pattern: str = RANDOM


@dataclass(frozen=True)
class Trials:
    """What came out. `seeds` were tried, `cycles` are the fewest and the most that a run took.

    Of the runs that came to their end, `indices_wrong` left other indices than the reference
    kernel, and `forest_changed` another header or other nodes.
    """

    seeds: range
    failures: tuple[Failure, ...] = field(default=())
    cycles: tuple[int, int] = (0, 0)
    indices_wrong: int = 0
    forest_changed: int = 0

    @property
    def correct(self) -> bool:
        """Whether every input came out right."""
        return not self.failures


class Outcome(NamedTuple):
    """Of one input."""

    cycles: int
    failure: Failure | None
    indices_correct: bool = True
    forest_unchanged: bool = True


def run_trials(
    program: Program,
    inputs: Inputs,
    trials: int,
    jobs: int = 1,
    progress: Progress | None = None,
    max_cycles: int = NO_LIMIT,
    *,
    strict: bool = False,
) -> Trials:
    """Run a program on `trials` inputs, seeds from the problem's own on.

    Compares are passed over, and so are pauses. `jobs` processes share the work. A run that gets to
    `max_cycles` has failed; with `strict` so has one that changes what it may not.
    """
    seeds = range(inputs.problem.seed, inputs.problem.seed + trials)
    outcomes: list[Outcome] = []
    failed = 0
    for some in _outcomes(Trial(program, inputs, max_cycles, strict=strict), seeds, jobs):
        outcomes += some
        failed += sum(outcome.failure is not None for outcome in some)
        if progress is not None:
            progress(len(outcomes), failed)
    cycles = [outcome.cycles for outcome in outcomes] or [0]
    failures = tuple(outcome.failure for outcome in outcomes if outcome.failure is not None)
    return Trials(
        seeds,
        failures,
        (min(cycles), max(cycles)),
        sum(not outcome.indices_correct for outcome in outcomes),
        sum(not outcome.forest_unchanged for outcome in outcomes),
    )


def _outcomes(trial: Trial, seeds: range, jobs: int) -> Iterator[list[Outcome]]:
    shares = [seeds[start : start + AT_ONCE] for start in range(0, len(seeds), AT_ONCE)]
    if jobs <= 1 or len(shares) <= 1:
        yield from map(trial, shares)
        return
    # Imported here: a single job, which is the usual case, does without.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children

    others = active_children()
    with (
        safe_path(),
        ProcessPoolExecutor(min(jobs, len(shares)), None, _start_job, trial.asked) as pool,
    ):
        try:
            yield from pool.map(_do_share, shares)
        except BaseException:  # an interrupt, say: a share may have no end to wait for
            for job in active_children():
                if job not in others:
                    job.terminate()
            raise


_job: list[Trial] = []
"""The trial of this process, where it is one of several jobs."""


def _start_job(program: Program, inputs: Inputs, max_cycles: int, strict: bool) -> None:
    _job[:] = [Trial(program, inputs, max_cycles, strict=strict)]


def _do_share(seeds: range) -> list[Outcome]:
    return _job[0](seeds)


class Trial:
    """A program on a machine that is given inputs. Called with seeds, it tries them.

    A share of them is run together, as far as they go the same way; whatever does not come out
    right so is run by itself, to tell why.
    """

    def __init__(
        self,
        program: Program,
        inputs: Inputs,
        max_cycles: int = NO_LIMIT,
        *,
        strict: bool = False,
    ) -> None:
        self.asked = replace(program, slots=()), inputs, max_cycles, strict
        """What a trial in another process is made of."""
        self._program = program
        self._inputs = inputs
        self._problem = problem = inputs.problem
        self._layout = layout = problem.layout
        self._max_cycles = max_cycles
        self._outputs, self._strict = program.outputs, strict
        self._core = Timeline.on(
            choose_core(),
            program,
            with_room(program, memory_of(problem)),
            debug=False,
            pauses=False,
        )
        # What stands behind the problem in memory has no place in images that lie side by side.
        self._together = runs_together() and len(self._core.memory) == layout.words
        self._scratch = array("I", bytes(4 * SCRATCH_SIZE))
        self._share = max(1, min(AT_ONCE, MOST_WORDS // layout.words))
        # Kept from one share to the next: fresh ones would cost more than is done with them.
        self._images = blank_images(layout, self._share if self._together else 0)
        self._after = self._images[:]
        self._areas = {
            "values": layout.values,
            "indices": layout.indices,
            "forest": range(layout.indices_at),
        }
        self._judged = frozenset(self._areas if strict else program.outputs)

    def __call__(self, seeds: Sequence[int]) -> list[Outcome]:
        shares = [seeds[start : start + self._share] for start in range(0, len(seeds), self._share)]
        return [outcome for share in shares for outcome in self._try_share(share)]

    def _try_share(self, seeds: Sequence[int]) -> list[Outcome]:
        right = self._right_together(seeds) if self._together else {}
        return [right.get(seed) or self.outcome(seed) for seed in seeds]

    def _right_together(self, seeds: Sequence[int]) -> dict[int, Outcome]:
        """Seed -> outcome, of the inputs that could be run together and came out right."""
        words = self._layout.words
        images = memoryview(self._images)[: len(seeds) * words]
        after = memoryview(self._after)[: len(seeds) * words]
        draw_images(self._problem, seeds, images)
        if not self._inputs.drawn_alone:
            for number, seed in enumerate(seeds):
                self._inputs.change(seed, images, number * words)
        after[:] = images
        cycles = run_together(self._core.core, after, words, self._max_cycles)
        solve_images(self._layout, images)
        ended = (
            (seed, self._outcome(count, self._differing(images, after, start)))
            for start, seed, count in zip(range(0, len(images), words), seeds, cycles, strict=True)
            if count is not None
        )
        return {seed: outcome for seed, outcome in ended if outcome}

    def _differing(self, expected: Images, got: Images, start: int = 0) -> set[str]:
        """The areas that are not the same in the two images that start at this word."""
        # Arrays and views of them compare word by word; a bytearray, with anything, all at once.
        return {
            name
            for name, area in self._areas.items()
            if bytearray(got[start + area.start : start + area.stop])
            != expected[start + area.start : start + area.stop]
        }

    def _outcome(self, cycles: int, differing: set[str]) -> Outcome | None:
        """That of a run in which these areas differ; None where they may not."""
        if differing & self._judged:
            return None
        return Outcome(cycles, None, "indices" not in differing, "forest" not in differing)

    def outcome(self, seed: int) -> Outcome:
        """Run the input of a seed by itself and hold the result against the reference."""
        memory = with_room(self._program, memory_of(replace(self._problem, seed=seed)))
        self._inputs.change(seed, memory)
        pattern = self._inputs.pattern(seed)
        stop = self._run(memory)
        if stop.reason not in (Reason.END, Reason.HALT):
            return Outcome(stop.cycle, Failure(seed, stop, None, pattern))
        got = self._core.memory.toarray()
        verdict = check(self._layout, memory, got, self._outputs, strict=self._strict)
        wrong = next((area.first for area in verdict.failures.values()), None)
        failure = None if wrong is None else Failure(seed, None, wrong, pattern)
        return Outcome(stop.cycle, failure, verdict.indices_correct, verdict.forest_unchanged)

    def _run(self, memory: array[int]) -> Stop:
        # Any sequence of words can be restored; tuples of them would take longer than the run.
        scratch, words = cast("Any", self._scratch), cast("Any", memory)
        self._core.restore(Checkpoint(0, 0, 0, State.RUNNING, scratch, words, ()))
        return self._core.run(NO_LIMIT, self._max_cycles)
