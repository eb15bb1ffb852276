"""A program with a repair in it, and what comes of its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from machine.problem import Layout
from machine.program import Program
from vliwdbg.inspect.outcome import Outcome, outcome_of
from vliwdbg.inspect.replay import replay
from vliwdbg.views.diverge import Repair


def repaired(program: Program, repair: Repair) -> Program:
    """A copy with one slot as the repair has it. Raises ProgramError where it has no room."""
    bundles, old = list(program.written()), repair.slot
    if old:
        bundles[old.pc][repair.engine].pop(old.slot)
    there = bundles[repair.pc].setdefault(repair.engine, [])
    at = old.slot if old and old.pc == repair.pc else len(there)
    there.insert(at, list(repair.written))
    return replace(program, columns=Program.from_bundles(bundles).columns)


def outcome_of_repair(
    program: Program, memory: Sequence[int], layout: Layout | None, repair: Repair
) -> Outcome:
    """Cycles, use and verdict of the copy. Raises ProgramError."""
    return outcome_of(replay(repaired(program, repair), memory), layout)
