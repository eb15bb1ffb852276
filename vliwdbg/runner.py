"""A program to its end or to a stop, and what came of it.

    loaded -> run in slices -> check against the reference -> Outcome

The machine runs in slices of bundles, so that a time limit and Ctrl+C are heard between two of
them and the state is always that between two bundles.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from machine.errors import ProgramError
from machine.machine import NO_LIMIT, Machine, reference_for
from machine.stops import ENDINGS, Reason, State, Stop
from machine.verdict import Verdict, check
from vliwdbg.interrupts import interrupts
from vliwdbg.programs import Loaded

SLICE_SECONDS = 0.05
FIRST_SLICE = 5_000

EXIT_CODES = {
    Reason.INTERRUPT: 130,
    Reason.FAULT: 3,
    Reason.MAX_CYCLES: 4,
    Reason.TIMEOUT: 4,
}
EXIT_WRONG = 1


class Stops(Protocol):
    """Breakpoints and watchpoints: they flag a machine's bundles and judge what was flagged."""

    def arm(self, machine: Machine) -> None: ...
    def run(self, machine: Machine, budget: int, max_cycles: int, *, check_first: bool) -> Stop:
        """Like the machine's own `run`; stops at cycles waited for as at breakpoints."""

    def hit(self, machine: Machine) -> tuple[Reason, str] | None:
        """What was hit and its kind; None where the flag was a false alarm."""


class RunOptions(NamedTuple):
    """How far to run, and what to look at.

    `max_cycles` in cycles, `timeout` in seconds; None is no limit. `check` None means: where the
    program says what its result should be. `strict` lets nothing but claimed outputs change.
    """

    max_cycles: int | None = None
    timeout: float | None = None
    check: bool | None = None
    strict: bool = False
    debug: bool = False
    stop_on_pause: bool = False
    stops: Stops | None = None
    on_slice: Callable[[Machine], None] | None = None


class Outcome(NamedTuple):
    """What came of a run. `verdict` is None where nothing was checked."""

    loaded: Loaded
    machine: Machine
    stop: Stop
    detail: str | None
    verdict: Verdict | None
    notes: tuple[str, ...]

    @property
    def correct(self) -> bool | None:
        return None if self.verdict is None else self.verdict.correct

    @property
    def exit_code(self) -> int:
        wrong = EXIT_WRONG if self.verdict and not self.verdict.ok else 0
        return EXIT_CODES.get(self.stop.reason, wrong)

    @property
    def state(self) -> State:
        faulted = self.stop.reason is Reason.FAULT
        return State.FAULTED if faulted else self.machine.state


def run(loaded: Loaded, options: RunOptions) -> Outcome:
    """Run a program and check its result.

    Raises ProgramError where a check is asked for and nobody knows what the result should be.
    """
    if options.check and loaded.layout is None:
        raise ProgramError.at("memory", "its header tells no problem to check the result against")
    notes = list(loaded.program.notes)
    reference = reference_for(loaded.memory) if options.debug else None
    if options.debug and reference is None:
        notes.append("compares are passed over: the memory's header tells no problem")
    machine = Machine(
        loaded.program,
        loaded.memory,
        reference=reference,
        debug=reference is not None,
        pauses=options.stop_on_pause,
        count=True,
    )
    if options.stops:
        options.stops.arm(machine)
    stop, detail = _run_to_stop(machine, options)
    verdict = _verdict(loaded, machine, stop, options)
    return Outcome(loaded, machine, stop, detail, verdict, tuple(notes))


def _run_to_stop(machine: Machine, options: RunOptions) -> tuple[Stop, str | None]:
    deadline = time.monotonic() + (options.timeout if options.timeout is not None else float("inf"))
    max_cycles = NO_LIMIT if options.max_cycles is None else options.max_cycles
    run_slice = partial(options.stops.run, machine) if options.stops else machine.run
    budget = FIRST_SLICE
    check_first = True
    with interrupts() as interrupted:
        while True:
            began = time.monotonic()
            stop = run_slice(budget, max_cycles, check_first=check_first)
            # Past a breakpoint that was a false alarm, not past one where a slice ended.
            check_first = stop.reason is not Reason.BREAKPOINT
            if stop.reason is Reason.FAULT:
                assert stop.fault is not None
                return stop, stop.fault.sentence(machine.program)
            if stop.reason in (Reason.BREAKPOINT, Reason.WATCHPOINT):
                assert options.stops is not None
                if hit := options.stops.hit(machine):
                    reason, detail = hit
                    return stop._replace(reason=reason), detail
            elif stop.reason is not Reason.BUDGET:
                return stop, None
            if interrupted():
                return stop._replace(reason=Reason.INTERRUPT), None
            if time.monotonic() >= deadline:
                return stop._replace(reason=Reason.TIMEOUT), None
            if options.on_slice:
                options.on_slice(machine)
            if stop.reason is Reason.BUDGET and time.monotonic() - began < SLICE_SECONDS / 2:
                budget *= 2


def _verdict(loaded: Loaded, machine: Machine, stop: Stop, options: RunOptions) -> Verdict | None:
    wanted = loaded.has_meaning if options.check is None else options.check
    if not wanted or stop.reason not in ENDINGS:
        return None
    layout = loaded.layout
    assert layout is not None
    outputs = loaded.program.outputs
    return check(layout, loaded.memory, machine.memory, outputs, strict=options.strict)
