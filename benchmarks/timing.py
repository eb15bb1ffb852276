"""Time taken by things that run in turns, so that a busy machine is unfair to all alike."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

Prepare = Callable[[], Callable[[], object]]
"""Makes what one run needs, outside the clock, and returns what the clock is for."""


Clock = Callable[[], float]


def seconds(run: Callable[[], object], clock: Clock = perf_counter) -> float:
    """Of one run."""
    start = clock()
    run()
    return clock() - start


def in_turns(rounds: int, *prepares: Prepare, clock: Clock = perf_counter) -> list[float]:
    """Median seconds of each, one run of each in every round."""
    taken: list[list[float]] = [[] for _ in prepares]
    for _ in range(rounds):
        for prepare, times in zip(prepares, taken, strict=True):
            times.append(seconds(prepare(), clock))
    return [median(times) for times in taken]


def additions() -> float:
    """Seconds that CPython takes for a loop of 10^7 additions."""

    def loop() -> int:
        total = 0
        for i in range(10_000_000):
            total += i
        return total

    return seconds(loop)
