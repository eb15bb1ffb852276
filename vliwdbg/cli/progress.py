"""Progress on stderr for work that takes a while. Only imported where a terminal sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from machine.machine import Machine


class _Slow:
    """A line that is shown once something has taken `after` seconds, and gone when it is over."""

    def __init__(self, after: float, *columns: ProgressColumn, **fields: Any) -> None:
        self._starts_at = time.monotonic() + after
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task("", total=None, **fields)
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._progress.stop()

    def _is_due(self) -> bool:
        if not self._shown and time.monotonic() >= self._starts_at:
            self._progress.start()
            self._shown = True
        return self._shown


class SlowRun(_Slow):
    """Shows how far a run has come.

    The bar is the part of the program that pc has passed, which for straight-line kernels is the
    part of the run.
    """

    def __init__(self, after: float) -> None:
        cycle = TextColumn("cycle {task.fields[cycle]}")
        columns = (TextColumn("running"), BarColumn(), cycle, TimeElapsedColumn())
        super().__init__(after, *columns, cycle=0)

    def update(self, machine: Machine) -> None:
        """Told between slices of the run."""
        if self._is_due():
            self._progress.update(
                self._task, total=len(machine.program), completed=machine.pc, cycle=machine.cycle
            )


class SlowWork(_Slow):
    """Shows what is being done, to what `doing` names: `building`, say."""

    def __init__(self, after: float, doing: str) -> None:
        super().__init__(after, TextColumn(f"{doing} {{task.fields[what]}}"), BarColumn(), what="")

    def update(self, what: str, part: float | None) -> None:
        """Told now and then; `part` is how much of it is over."""
        if self._is_due():
            total = None if part is None else 1.0
            self._progress.update(self._task, total=total, completed=part or 0.0, what=escape(what))


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
