"""The bundled kernels by name, and `build`, which makes a program of one.

    Problem -> kernel -> passes -> scheduler -> Program

A name that nobody knows is a BuildError that lists the known ones.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from kernels.errors import BuildError
from kernels.schedule import DEFAULT_SCHEDULER, SCHEDULERS, find_scheduler

if TYPE_CHECKING:
    from kernels.schedule.base import Schedule
    from machine.problem import Problem
    from machine.program import Program

__all__ = ["DEFAULT_KERNEL", "DEFAULT_SCHEDULER", "KERNELS", "SCHEDULERS", "BuildError", "build"]

Progress = Callable[[str, float], None]
"""Told what is being done, and which part of it (0 to 1) is over."""


def _tell_nobody(_what: str, _part: float) -> None:
    pass


class KernelRow(NamedTuple):
    """A kernel: a line of help, what it can claim to leave right, and the module that makes it.

    The module's `compile_kernel(problem, outputs, without, settings)` gives operations, all
    passes done.
    """

    help: str
    outputs: tuple[str, ...]
    module: str


KERNELS = {
    "baseline": KernelRow(
        "scalar, every value through memory, one element after another",
        ("values", "indices"),
        "kernels.baseline",
    ),
    "treehash": KernelRow(
        "vectors, cached levels, fused hash, two levels of the tree a load",
        ("values", "indices"),
        "kernels.treehash",
    ),
}
DEFAULT_KERNEL = "treehash"


def build(
    kernel: str = DEFAULT_KERNEL,
    scheduler: str = DEFAULT_SCHEDULER,
    problem: Problem | None = None,
    *,
    outputs: Sequence[str] = ("values",),
    without: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Program:
    """The program of a kernel for a problem's sizes, the standard ones if none is given.

    `without` names passes and choices to leave out, `settings` caps others. Raises BuildError.
    """
    from kernels.lower import lower, scratch_map, tags
    from machine.problem import Problem
    from machine.program import Program

    row, run = find_kernel(kernel), find_scheduler(scheduler)
    _refuse_unknown_outputs(kernel, row, outputs)
    problem = problem or Problem()
    report = progress or _tell_nobody
    with _collector_off():
        report("kernel", 0.0)
        compile_kernel = import_module(row.module).compile_kernel
        code = compile_kernel(problem, tuple(outputs), tuple(without), dict(settings or {}))
        report("schedule", 0.3)
        schedule = run(code)
        report("verify", 0.6)
        _refuse_unsound(schedule)
        report("program", 0.8)
        bundles, slots = lower(schedule)
        program = Program.from_bundles(
            bundles,
            name=f"{kernel} ({scheduler})",
            scratch_map=scratch_map(schedule),
            problem=problem,
            outputs=tuple(outputs),
            tags=tags(schedule.code, schedule.bundle),
            build=_facts(kernel, scheduler, without, settings),
            slots=slots,
        )
    report("done", 1.0)
    return program


def find_kernel(name: str) -> KernelRow:
    """The row of that name. Raises BuildError if there is none."""
    if name not in KERNELS:
        raise BuildError.unknown("kernel", name, KERNELS)
    return KERNELS[name]


def _refuse_unknown_outputs(kernel: str, row: KernelRow, outputs: Sequence[str]) -> None:
    for output in outputs:
        if output not in row.outputs:
            raise BuildError.unknown(f"output of {kernel}", output, row.outputs)


def _facts(
    kernel: str, scheduler: str, without: Sequence[str], settings: Mapping[str, Any] | None
) -> dict[str, Any]:
    facts: dict[str, Any] = {"kernel": kernel, "scheduler": scheduler}
    if without:
        facts["without"] = list(without)
    if settings:
        facts["settings"] = dict(settings)
    return facts


def _refuse_unsound(schedule: Schedule) -> None:
    from kernels.schedule.verify import verify_schedule

    diagnostics = verify_schedule(schedule)
    assert not diagnostics, "\n".join(map(str, diagnostics[:5]))


@contextmanager
def _collector_off() -> Iterator[None]:
    """A build makes a million small objects and no cycles: collecting would double its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
