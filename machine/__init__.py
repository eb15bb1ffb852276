"""The machine: its instruction set, programs for it, the problem they solve, and a simulator.

The face of the library is here; the contract it holds, to the bit, is `docs/machine.md`.
"""

from machine.errors import Complaint, ProgramError
from machine.machine import Machine
from machine.problem import Problem
from machine.program import Bundle, Program, Slot
from machine.stops import Commit, Fault, FaultKind, Reason, State, Stop

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
