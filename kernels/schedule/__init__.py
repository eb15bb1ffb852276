"""Schedulers: from operations in program order to bundles and scratch addresses."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from kernels.errors import BuildError

if TYPE_CHECKING:
    from kernels.ir import Code
    from kernels.schedule.base import Schedule


class SchedulerRow(NamedTuple):
    """A scheduler: a line of help, and the module and function that do it, imported when used."""

    help: str
    module: str
    function: str

    def __call__(self, code: Code) -> Schedule:
        run = getattr(import_module(self.module), self.function)
        schedule: Schedule = run(code)
        return schedule


SCHEDULERS = {
    "serial": SchedulerRow(
        "one slot a bundle, in program order", "kernels.schedule.in_order", "serial"
    ),
    "greedy": SchedulerRow(
        "in program order, packed while limits and dependences allow",
        "kernels.schedule.in_order",
        "greedy",
    ),
    "list": SchedulerRow(
        "cycle by cycle, longest path to the end first, vectors staggered",
        "kernels.schedule.list",
        "list_schedule",
    ),
}
DEFAULT_SCHEDULER = "list"


def find_scheduler(name: str) -> SchedulerRow:
    """The row of that name. Raises BuildError if there is none."""
    if name not in SCHEDULERS:
        raise BuildError.unknown("scheduler", name, SCHEDULERS)
    return SCHEDULERS[name]
