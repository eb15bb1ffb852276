"""Schedulers: from operations in program order to bundles and scratch addresses."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from kernels.errors import BuildError

if TYPE_CHECKING:
    from kernels.build_request import BuildRequest
    from kernels.schedule.base import Schedule


class SchedulerRow(NamedTuple):
    """A scheduler: a line of help, and the module and function that do it, imported when used.

    The function takes operations; where it `orders` them itself, in modes of its own choice, it
    takes the order. What it did that is not plain from its name is in the schedule's facts.
    """

    help: str
    module: str
    function: str
    orders: bool = False

    def __call__(self, request: BuildRequest) -> Schedule:
        run: Any = getattr(import_module(self.module), self.function)
        schedule: Schedule = run(request if self.orders else request.compile())
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
    "tuned": SchedulerRow(
        "list with searched parameters, where some are stored for the sizes",
        "kernels.schedule.stored",
        "tuned",
        orders=True,
    ),
    "cpsat": SchedulerRow(
        "list, then stretches of it made shorter or proved shortest (extra: cpsat)",
        "kernels.schedule.cpsat",
        "cpsat_schedule",
        orders=True,
    ),
}


def find_scheduler(name: str) -> SchedulerRow:
    """The row of that name. Raises BuildError if there is none."""
    if name not in SCHEDULERS:
        raise BuildError.unknown("scheduler", name, SCHEDULERS)
    return SCHEDULERS[name]
