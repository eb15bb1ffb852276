"""Progress on stderr for work that takes a while. Only imported where a terminal sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from machine.machine import Machine


class SlowRun:
    """Shows how far a run has come, once it has taken `after` seconds.

    The bar is the part of the program that pc has passed, which for straight-line kernels is the
    part of the run.
    """

    def __init__(self, after: float) -> None:
        self._starts_at = time.monotonic() + after
        self._progress = Progress(
            TextColumn("running"),
            BarColumn(),
            TextColumn("cycle {task.fields[cycle]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("run", total=None, cycle=0)
        self._shown = False

    def __enter__(self) -> SlowRun:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            self._progress.stop()

    def update(self, machine: Machine) -> None:
        """Told between slices of the run."""
        if time.monotonic() < self._starts_at:
            return
        if not self._shown:
            self._progress.start()
            self._shown = True
        self._progress.update(
            self._task, total=len(machine.program), completed=machine.pc, cycle=machine.cycle
        )


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int, int], object]]:
    """A bar of a known length, and what to call with how much is done and how much failed."""
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total, failed=0)
        yield lambda done, failed: progress.update(task, completed=done, failed=failed)


@contextmanager
def search_bar() -> Iterator[Callable[[float, int, float, str], object]]:
    """The line of a search; called with the part that is over, best cycles, pace and curve."""
    columns = (
        TextColumn("{task.fields[cycles]} cycles  {task.fields[pace]:.0f} tries/s"),
        TextColumn("{task.fields[curve]}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("search", total=1.0, cycles="–", pace=0.0, curve="")
        yield lambda part, cycles, pace, curve: progress.update(
            task, completed=part, cycles=cycles, pace=pace, curve=curve
        )
