"""At which cycles of a run an expression holds."""

from __future__ import annotations

from collections.abc import Iterator

from machine.machine import NO_LIMIT, Machine
from machine.stops import Reason
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.progress import ENDED, tell
from vliwdbg.inspect.words import notes_of, runs_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Expression, Scope
from vliwdbg.views.dataflow import Found

MOST = 20
"""Stretches of cycles that are shown."""
_AT_ONCE = 1000
"""Bundles between two words of progress."""


def find(flow: Flow, text: str, first: int = 0, last: int | None = None) -> Found:
    """The cycles from `first` up to `last` before whose first bundle an expression holds: it is a
    word that is not 0. Raises DebuggerError for what is wrong with the expression.

    It is asked anew before each bundle, on a machine of its own.
    """
    machine = Machine(flow.program, flow.memory, pauses=False)
    scope = Scope(flow.program, machine.core)
    expression = Expression.parse(text)
    expression.verify(scope)
    end = flow.ending.cycle if last is None else min(last, flow.ending.cycle)
    if first > end:
        raise DebuggerError(f"The run ends at cycle {flow.ending.cycle}, before {first}.")
    machine.run(NO_LIMIT, first)
    cycles: list[int] = []
    notes, interrupted = notes_of(flow), False
    try:
        for before in _cycles_up_to(machine, end):
            if (not cycles or cycles[-1] != before) and _holds(expression, scope):
                cycles.append(before)
    except ENDED:
        interrupted = True
        notes = (f"Interrupted: the answer is about the cycles before {machine.cycle}.", *notes)
    runs = runs_of(cycles)
    return Found(
        expression.text,
        tuple(runs[:MOST]),
        len(cycles),
        max(len(runs) - MOST, 0),
        notes=notes,
        interrupted=interrupted,
    )


def _cycles_up_to(machine: Machine, end: int) -> Iterator[int]:
    """The cycle before each bundle, the machine being there, from where it is to a cycle."""
    bundles, first = 0, machine.cycle
    while machine.cycle <= end:
        if not bundles % _AT_ONCE:
            tell("cycles", (machine.cycle - first) / max(end - first, 1))
        bundles += 1
        yield machine.cycle
        if machine.run(1, NO_LIMIT).reason not in (Reason.BUDGET, Reason.PAUSE):
            return


def _holds(expression: Expression, scope: Scope) -> bool:
    return expression.word(scope) != 0
