"""A program to its end or to a stop, and what came of it.

    loaded -> run to a stop -> check against the reference -> Outcome

It is run as a session runs it, in slices, so that a time limit and Ctrl+C are heard between two of
them and the state is always that between two bundles.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from machine.disassembly import ScratchNames
from machine.errors import ProgramError
from machine.interrupts import asked_interrupts
from machine.machine import NO_LIMIT, Machine, reference_for
from machine.stops import ENDINGS, Reason, State
from machine.verdict import Verdict, check
from vliwdbg.programs import Loaded
from vliwdbg.session.debuggee import Debuggee
from vliwdbg.session.moves import Run, StopEvent
from vliwdbg.session.navigation import forward

if TYPE_CHECKING:
    from vliwdbg.session.breakpoints import Breakpoints

EXIT_CODES = {
    Reason.INTERRUPT: 130,
    Reason.FAULT: 3,
    Reason.MAX_CYCLES: 4,
    Reason.TIMEOUT: 4,
}
EXIT_WRONG = 1


class RunOptions(NamedTuple):
    """How far to run, and what to look at.

    `max_cycles` in cycles, `timeout` in seconds; None is no limit. `check` None means: where the
    program says what its result should be. `strict` lets nothing but claimed outputs change.
    `breaks` and `watches` are texts as `break` and `watch` take them.
    """

    max_cycles: int | None = None
    timeout: float | None = None
    check: bool | None = None
    strict: bool = False
    debug: bool = False
    stop_on_pause: bool = False
    breaks: Sequence[str] = ()
    watches: Sequence[str] = ()
    on_slice: Callable[[Machine], None] | None = None


class Outcome(NamedTuple):
    """What came of a run. `verdict` is None where nothing was checked."""

    loaded: Loaded
    machine: Machine
    stop: StopEvent
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

    Raises ProgramError where a check is asked for and nobody knows what the result should be,
    DebuggerError for a place to stop at that is not one.
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
    debuggee = Debuggee(machine, debug=options.debug, pauses=options.stop_on_pause)
    if options.breaks or options.watches:
        debuggee.breakpoints = _breakpoints(machine, options)
    stop = _run_to_stop(debuggee, options)
    verdict = _verdict(loaded, machine, stop, options)
    return Outcome(loaded, machine, stop, _detail(stop, machine), verdict, tuple(notes))


def _breakpoints(machine: Machine, options: RunOptions) -> Breakpoints:
    from vliwdbg.session.breakpoints import Breakpoints
    from vliwdbg.session.places import Scope

    breakpoints = Breakpoints(Scope(machine.program, machine.core))
    for command, texts in (("break", options.breaks), ("watch", options.watches)):
        for text in texts:
            breakpoints.add(command, text)
    return breakpoints


def _run_to_stop(debuggee: Debuggee, options: RunOptions) -> StopEvent:
    deadline = time.monotonic() + (options.timeout if options.timeout is not None else float("inf"))
    max_cycles = NO_LIMIT if options.max_cycles is None else options.max_cycles
    run = Run(debuggee, forward(debuggee, max_cycles=max_cycles, check_first=True))
    if options.timeout == 0:
        return run.end(Reason.TIMEOUT)
    with asked_interrupts() as interrupted:

        def reason_to_end() -> Reason | None:
            if interrupted():
                return Reason.INTERRUPT
            if time.monotonic() >= deadline:
                return Reason.TIMEOUT
            if options.on_slice:
                options.on_slice(debuggee.machine)
            return None

        return run.finish(reason_to_end)


def _detail(stop: StopEvent, machine: Machine) -> str | None:
    """What there is to say about a stop in a line: the fault, or what was met."""
    if stop.fault:
        return stop.fault.sentence(machine.program)
    if not stop.hits:
        return None
    from vliwdbg.render.moves import hits_line
    from vliwdbg.views.moves import hit_view

    names = ScratchNames(machine.program.scratch_map)
    return hits_line([hit_view(hit, names) for hit in stop.hits])


def _verdict(
    loaded: Loaded, machine: Machine, stop: StopEvent, options: RunOptions
) -> Verdict | None:
    wanted = loaded.has_meaning if options.check is None else options.check
    if not wanted or stop.reason not in ENDINGS:
        return None
    layout = loaded.layout
    assert layout is not None
    outputs = loaded.program.outputs
    return check(layout, loaded.memory, machine.memory, outputs, strict=options.strict)
