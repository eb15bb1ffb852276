"""Programs in the oracle's words, loaded on a machine: the one place that names the cores.

Every test of the contract and of agreement holds each core in `CORES`: the plain model always, the
compiled core where it was built.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from machine import Fault, FaultKind, Machine, Program, State
from machine.core import choose_core
from machine.model import Model
from machine.timeline import Timeline
from tests.oracle.interpreter import Oracle
from tests.oracle.shapes import Fault as OracleFault

CORES: dict[str, Callable[..., Any]] = {"model": Model}
if choose_core().name == "compiled":
    CORES["compiled"] = partial(Timeline.on, choose_core("compiled"))
KINDS = {
    FaultKind.DIVISION: "division-by-zero",
    FaultKind.MEMORY: "memory-address",
    FaultKind.TARGET: "jump-target",
    FaultKind.DIFFERS: "compare-differs",
    FaultKind.UNRECORDED: "compare-unrecorded",
}
PLENTY = 10_000
"""Bundles of history, more than any test executes."""


class Picture(NamedTuple):
    """All state of a machine or an oracle, to be compared whole."""

    pc: int
    cycle: int
    position: int
    state: str
    scratch: list[int]
    memory: list[int]
    trace: list[int]


def load(core: str, bundles: Sequence[Any], memory: Sequence[int] = (), **options: Any) -> Machine:
    """A machine with these bundles on this core; the options are those of `Machine`."""
    program = Program.from_bundles(bundles)
    machine = Machine(program, memory, **options)
    options["reference"] = machine.core.reference
    machine.core = CORES[core](program, memory, **{"debug": False, **options})
    return machine


def picture(machine: Machine | Oracle) -> Picture:
    """The state now. An oracle learns one step later that it is past its end; here it knows."""
    state = str(machine.state)
    if isinstance(machine, Oracle) and state == "running" and machine.pc >= len(machine.bundles):
        state = str(State.STOPPED)
    return Picture(
        machine.pc,
        machine.cycle,
        machine.position,
        state,
        list(machine.scratch),
        list(machine.memory),
        list(machine.trace),
    )


def in_oracle_words(fault: Fault | None) -> OracleFault | None:
    """A fault without what the oracle does not tell, the value expected."""
    return fault and OracleFault(KINDS[fault.kind], *fault[1:-1])
