"""`tuned`: with the stored parameters of this very request where there are some, else as `list`.

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
    from kernels.build_request import BuildRequest

FILE = "tuning"


def tuned(request: BuildRequest) -> Schedule:
    """The schedule; its facts say which parameters it has, and why they are generic if so."""
    if FILE in request.settings:
        return _from_file(request)
    tuning = find_tuning(request.kernel, request.problem, request.outputs)
    if tuning is None:
        return _generic(request, "none are stored for these sizes and outputs")
    if not request.plain:
        return _generic(request, "the stored ones are for the kernel with nothing left out")
    try:
        return _stored(request, tuning)
    except BuildError as unfit:
        return _generic(request, str(unfit))


def _from_file(request: BuildRequest) -> Schedule:
    settings = dict(request.settings)
    file = str(settings.pop(FILE))
    request = replace(request, settings=settings)
    tuning = read_tuning(file)
    if not tuning.is_for(request.kernel, request.problem, request.outputs):
        raise BuildError(f"{file} is a tuning for another kernel, other sizes or other outputs")
    if request.plain:
        request = replace(request, without=tuning.without, settings=tuning.settings)
    schedule = tuned_schedule(request.compile(tuning.modes), tuning)
    return replace(schedule, facts={"parameters": f"{file}, found by {tuning.found_by}"})


def _stored(request: BuildRequest, tuning: Tuning) -> Schedule:
    schedule = tuned_schedule(request.compile(tuning.modes), tuning)
    return replace(schedule, facts={"parameters": f"stored, found by {tuning.found_by}"})


def _generic(request: BuildRequest, reason: str) -> Schedule:
    return replace(list_schedule(request.compile()), facts={"parameters": f"generic: {reason}"})
