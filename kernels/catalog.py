"""The bundled kernels by name, and `build`, which makes a program of one.

    BuildRequest -> kernel -> passes -> scheduler -> checker -> Program

A name that nobody knows is a BuildError that lists the known ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kernels.errors import BuildError
from kernels.schedule import SCHEDULERS, SchedulerRow, find_scheduler
from machine.collector import gc_paused

if TYPE_CHECKING:
    from kernels.build_request import BuildRequest
    from kernels.passes import Hook
    from kernels.schedule.base import Schedule
    from machine.problem import Problem
    from machine.program import Program

__all__ = ["DEFAULT_KERNEL", "DEFAULT_SCHEDULER", "KERNELS", "SCHEDULERS", "BuildError", "build"]

Progress = Callable[[str, float], None]
"""Told what is being done, and which part of it (0 to 1) is over."""


def _tell_nobody(_what: str, _part: float) -> None:
    pass


class KernelRow(NamedTuple):
    """A kernel: a line of help, what it can claim to leave right, and which scheduler suits it.

    `kernels.build_request` compiles it.
    """

    help: str
    outputs: tuple[str, ...]
    scheduler: str


KERNELS = {
    "baseline": KernelRow(
        "scalar, every value through memory, one element after another",
        ("values", "indices"),
        "greedy",
    ),
    "treehash": KernelRow(
        "vectors, fused hash, two levels of the tree a load, searched schedule",
        ("values", "indices"),
        "tuned",
    ),
    "vectors": KernelRow(
        "the first steps from baseline to treehash: eight elements at a time",
        ("values", "indices"),
        "list",
    ),
}
DEFAULT_KERNEL = "treehash"
DEFAULT_SCHEDULER = KERNELS[DEFAULT_KERNEL].scheduler


def build(
    kernel: str = DEFAULT_KERNEL,
    scheduler: str | None = None,
    problem: Problem | None = None,
    *,
    outputs: Sequence[str] = ("values",),
    without: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    hook: Hook | None = None,
) -> Program:
    """The program of a kernel for a problem's sizes, the standard ones if none is given.

    Without a scheduler it is the one that suits the kernel.
    `without` names passes, choices and freedoms to leave out, `settings` caps choices. `hook` is
    shown the operations as the kernel writes them, and after each pass. Raises BuildError.
    """
    from kernels.build_request import BuildRequest
    from machine.problem import Problem

    row = find_kernel(kernel)
    scheduler = row.scheduler if scheduler is None else scheduler
    run = find_scheduler(scheduler)
    _refuse_unknown_outputs(kernel, row, outputs)
    request = BuildRequest(
        problem or Problem(), kernel, tuple(outputs), tuple(without), dict(settings or {}), hook
    )
    report = progress or _tell_nobody
    with gc_paused():
        # Within, the schedule is gone again before the collector would look at all of it.
        program = _program(request, scheduler, _sound_schedule(request, run, report), report)
    report("done", 1.0)
    return program


def _sound_schedule(request: BuildRequest, run: SchedulerRow, report: Progress) -> Schedule:
    report("schedule", 0.0)
    schedule = run(request)
    report("verify", 0.6)
    _refuse_unsound(schedule)
    return schedule


def _program(
    request: BuildRequest, scheduler: str, schedule: Schedule, report: Progress
) -> Program:
    from kernels.lower import lower, scratch_map, tags
    from machine.program import Program

    report("program", 0.8)
    columns, slots = lower(schedule)
    return Program(
        columns,
        name=f"{request.kernel} ({scheduler})",
        scratch_map=scratch_map(schedule),
        problem=request.problem,
        outputs=request.outputs,
        tags=tags(schedule.code, schedule.bundle),
        build={**_facts(request, scheduler), **schedule.facts},
        slots=slots,
    )


def find_kernel(name: str) -> KernelRow:
    """The row of that name. Raises BuildError if there is none."""
    if name not in KERNELS:
        raise BuildError.unknown("kernel", name, KERNELS)
    return KERNELS[name]


def _refuse_unknown_outputs(kernel: str, row: KernelRow, outputs: Sequence[str]) -> None:
    for output in outputs:
        if output not in row.outputs:
            raise BuildError.unknown(f"output of {kernel}", output, row.outputs)


def _facts(request: BuildRequest, scheduler: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"kernel": request.kernel, "scheduler": scheduler}
    if request.without:
        facts["without"] = list(request.without)
    if request.settings:
        facts["settings"] = dict(request.settings)
    return facts


def _refuse_unsound(schedule: Schedule) -> None:
    from kernels.schedule.verify import UnsoundScheduleError, verify_schedule

    diagnostics = verify_schedule(schedule)
    if diagnostics:
        raise UnsoundScheduleError(diagnostics)
