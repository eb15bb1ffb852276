"""The machine: its instruction set, programs for it, the problem they solve, and a simulator.

The face of the library is here; the contract it holds, to the bit, is `docs/machine.md`. Names are
loaded when they are asked for, so that a room which needs the instruction set alone does not load
the simulator with it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from machine.errors import Complaint, ProgramError
    from machine.machine import Machine
    from machine.problem import Problem
    from machine.program import Bundle, Program, Slot
    from machine.stops import Commit, Fault, FaultKind, Reason, State, Stop

_HOMES = {
    "machine.errors": ("Complaint", "ProgramError"),
    "machine.machine": ("Machine",),
    "machine.problem": ("Problem",),
    "machine.program": ("Bundle", "Program", "Slot"),
    "machine.stops": ("Commit", "Fault", "FaultKind", "Reason", "State", "Stop"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Bundle",
    "Commit",
    "Complaint",
    "Fault",
    "FaultKind",
    "Machine",
    "Problem",
    "Program",
    "ProgramError",
    "Reason",
    "Slot",
    "State",
    "Stop",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'machine' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
