"""`tuned`: with the stored parameters of this very order where there are some, else as `list`.

The setting `tuning` names a file that takes the place of the stored ones; a search writes such.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kernels.errors import BuildError
from kernels.schedule.base import Schedule
from kernels.schedule.list import list_schedule
from kernels.schedule.tuned import tuned_schedule
from kernels.schedule.tuning import Tuning, find_tuning, read_tuning

if TYPE_CHECKING:
    from kernels.order import Order

FILE = "tuning"


def tuned(order: Order) -> Schedule:
    """The schedule; its facts say which parameters it has, and why they are generic if so."""
    if FILE in order.settings:
        return _from_file(order)
    tuning = find_tuning(order.kernel, order.problem, order.outputs)
    if tuning is None:
        return _generic(order, "none are stored for these sizes and outputs")
    if not order.plain:
        return _generic(order, "the stored ones are for the kernel with nothing left out")
    try:
        return _stored(order, tuning)
    except BuildError as unfit:
        return _generic(order, str(unfit))


def _from_file(order: Order) -> Schedule:
    settings = dict(order.settings)
    file = str(settings.pop(FILE))
    order = replace(order, settings=settings)
    tuning = read_tuning(file)
    if not tuning.is_for(order.kernel, order.problem, order.outputs):
        raise BuildError(f"{file} is a tuning for another kernel, other sizes or other outputs")
    if order.plain:
        order = replace(order, without=tuning.without, settings=tuning.settings)
    schedule = tuned_schedule(order.compile(tuning.modes), tuning)
    return replace(schedule, facts={"parameters": f"{file}, found by {tuning.found_by}"})


def _stored(order: Order, tuning: Tuning) -> Schedule:
    schedule = tuned_schedule(order.compile(tuning.modes), tuning)
    return replace(schedule, facts={"parameters": f"stored, found by {tuning.found_by}"})


def _generic(order: Order, reason: str) -> Schedule:
    return replace(list_schedule(order.compile()), facts={"parameters": f"generic: {reason}"})
