"""A program on a machine, and what makes a run of it stop: what every way to run to a stop needs.

A session is one with moves and edits for a person; `vliwdbg run` makes one for a single run.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from machine.isa import opcode
from machine.machine import NO_LIMIT, Machine, Timeline
from machine.program import Program
from machine.stops import ENDINGS, Reason, State, Stop
from vliwdbg.session.moves import StopEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vliwdbg.session.breakpoints import Breakpoint, Breakpoints, Hit

COMPARES = (opcode("debug", "compare"), opcode("debug", "vcompare"))
_DEAD = ENDINGS | {Reason.FAULT}

Seeking = Generator[None, None, "Stop | None"]
"""Yields between stretches; returns the stop that kept it from its target, or None."""


class Debuggee:
    """A program being run, as far as anyone was.

    `debug` says whether compares stop it, `pauses` whether pauses do; `most_cycles` is where all
    that goes forward to a stop ends. `printed` gathers what dprintf prints; `end` is where the
    program ends or faults, once that was seen.
    """

    breakpoints: Breakpoints | None = None

    def __init__(self, machine: Machine, *, debug: bool = True, pauses: bool = True) -> None:
        self.debug = debug
        self.pauses = pauses
        self.most_cycles = NO_LIMIT
        self.printed: list[str] = []
        self.take_machine(machine)

    def take_machine(self, machine: Machine) -> None:
        """Run another machine, from where it stands."""
        self.machine = machine
        self.core: Timeline = machine.core
        self.program: Program = machine.program
        self.end: Stop | None = None
        self._compares: bytes | None = None
        self.stop_event = self.here(Reason.BUDGET)

    # what is true now

    @property
    def ended(self) -> bool:
        """Whether nothing is left to execute, be it that the last bundle was a pause."""
        return self.core.pc >= len(self.program) or self.core.state is State.STOPPED

    @property
    def fresh(self) -> bool:
        """Whether this is the first position of its cycle."""
        commit = self.core.last_commit()
        return commit is None or commit.cycle < self.core.cycle

    @property
    def compares(self) -> bytes:
        """A byte for each pc, not 0 where the bundle compares with the reference."""
        if self._compares is None:
            from vliwdbg.session.program_index import ProgramIndex

            index = ProgramIndex(self.program)
            self._compares = index.flags(index.of_opcodes(COMPARES), 1)
        return self._compares

    @property
    def end_message(self) -> str:
        return f"The program has ended at cycle {self.core.cycle}."

    def here(self, reason: Reason, **more: Any) -> StopEvent:
        """A stop event at this very place."""
        core = self.core
        return StopEvent(reason, core.pc, core.cycle, core.position, **more)

    def arrive(self, event: StopEvent) -> StopEvent:
        """Keep where a move came to."""
        self.stop_event = event
        return event

    def go(self, position: int) -> None:
        """Be at a position that was there before, at once."""
        for _ in self.seek(position):
            pass

    # on, and anywhere

    def arm(self, extra: Sequence[Breakpoint] = ()) -> None:
        """Have the machine stop for the breakpoints there are, and for these."""
        if self.breakpoints is not None:
            self.breakpoints.arm(extra)
        self.core.debug = self.debug

    def next_cycle(self) -> int | None:
        """The first cycle past here that a breakpoint waits for."""
        return self.breakpoints.next_cycle(self.core.cycle) if self.breakpoints else None

    def met_before(self) -> list[Hit]:
        """What the bundle about to be executed meets, not counted."""
        return self.breakpoints.before(lambda: self.fresh) if self.breakpoints else []

    def met_after(self) -> list[Hit]:
        """What the bundle just executed met, not counted."""
        return self.breakpoints.after(self.core.last_commit) if self.breakpoints else []

    def count(self, hits: Sequence[Hit]) -> list[Hit]:
        """Count what was met; those that stop. A dprintf prints instead."""
        stopping = self.breakpoints.count(hits) if self.breakpoints else []
        self.printed += (hit.text for hit in stopping if hit.breakpoint.printing)
        return [hit for hit in stopping if not hit.breakpoint.printing]

    def run_stretch(self, budget: int, max_cycles: int, *, check_first: bool) -> Stop:
        """Run to the next stop of the machine, or a stretch on, which ends where words were set."""
        core = self.core
        here = core.position
        most = min(budget, core.stretch, core.next_edit - here)
        stop = core.run(most, max_cycles, check_first=check_first)
        self._note_end(stop)
        return stop

    def pass_compare(self) -> Stop:
        """Execute the next bundle without its compares."""
        with self._without_compares():
            stop = self.core.run(1)
        self._note_end(stop)
        return stop

    def seek(self, position: int) -> Seeking:
        """Become the state at a position, or as near as the program goes."""
        while self.core.position != position:
            stop = self._leap(position)
            if stop.reason in _DEAD:
                return stop
            yield
        return None

    def seek_cycle(self, cycle: int) -> Seeking:
        """Become the state at the first position of a cycle, or as near as the program goes."""
        while self.core.cycle < cycle:
            stop = self._leap(NO_LIMIT)
            if stop.reason in _DEAD and self.core.cycle < cycle:
                return stop
            yield
        with self._without_compares():
            self.core.seek_cycle(cycle)
        return None

    def _leap(self, position: int) -> Stop:
        """Come nearer to a position: through what is known at once, beyond that by a stretch."""
        core = self.core
        known = max(core.frontier, core.position + core.stretch)
        with self._without_compares():
            stop = core.seek(min(position, known))
        self._note_end(stop)
        return stop

    @contextmanager
    def _without_compares(self) -> Iterator[None]:
        debug, self.core.debug = self.core.debug, False
        try:
            yield
        finally:
            self.core.debug = debug

    def _note_end(self, stop: Stop) -> None:
        if stop.reason in _DEAD:
            if not is_compare(stop.fault):
                self.end = stop
        elif stop.pc >= len(self.program):
            self.end = stop._replace(reason=Reason.END)


def is_compare(fault: Any) -> bool:
    """Whether a fault is a compare that failed, which can be gone past."""
    return fault is not None and fault.engine == "debug"
