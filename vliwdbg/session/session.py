"""A session: one program, one run of it in time, and what its user wants to know.

    move = session.resume()             a Run: nothing has happened yet
    while not (stop_event := move.advance()):
        ...                             draw, listen; move.end(reason) ends it
    stop_event.reason, stop_event.hits        why it stopped

Going back the stops are the same as forward, but for watchpoints, which stop before the bundle that
wrote. No move reports the position it starts from, but for `run` and `start`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from machine.disassembly import ScratchNames
from machine.machine import NO_LIMIT, Machine
from machine.problem import Layout, Problem
from machine.program import Program
from machine.stops import Reason
from vliwdbg.session.breakpoints import Breakpoint, Breakpoints
from vliwdbg.session.debuggee import Debuggee
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.locations import Outside
from vliwdbg.session.moves import NO_MORE_HISTORY, Move, Run, StopEvent
from vliwdbg.session.navigation import (
    back,
    forward,
    look_at_cycle,
    repeated,
    to_cycle,
    to_end,
    to_part,
    to_position,
)
from vliwdbg.session.places import Place, Scope

__all__ = ["NO_MORE_HISTORY", "Run", "Session", "StopEvent"]


class Session(Debuggee):
    """A program being debugged.

    `memory` overrides the words it starts with, `reference` the values that compares hold words
    against. `version` changes whenever anything visible may have.
    """

    def __init__(
        self,
        program: Program,
        memory: Sequence[int] | None = None,
        *,
        reference: Mapping[Any, int] | None = None,
    ) -> None:
        self.marks: dict[str, int] = {}
        self.checkpoints: dict[int, int] = {}
        self.version = 0
        super().__init__(_remembering(program, memory, reference))
        self.breakpoints: Breakpoints = Breakpoints(self.scope)

    def take_machine(self, machine: Machine) -> None:
        super().take_machine(machine)
        self.starting_memory = tuple(self.core.memory)
        self.layout = Layout.read(self.starting_memory)
        self.scope = Scope(self.program, self.core)

    def take_program(self, program: Program, memory: Sequence[int] | None = None) -> list[str]:
        """Debug another program from its start, with the same breakpoints.

        Marks are gone; which breakpoints cannot be met any more is said, a line each.
        """
        values = self.scope.values
        self.take_machine(_remembering(program, memory))
        self.scope.values = values
        self.marks.clear()
        self.checkpoints.clear()
        self.version += 1
        return self.breakpoints.take_program(self.scope)

    # what is true now

    @property
    def names(self) -> ScratchNames:
        return self.scope.names

    def arrive(self, event: StopEvent) -> StopEvent:
        self.version += 1
        return super().arrive(event)

    def notes(self) -> Iterator[str]:
        """What a user should know about the program before trusting what is seen."""
        yield from self.program.notes
        if self.core.reference is None and any(self.compares):
            yield "compares are passed over: the memory's header tells no problem"

    # moves

    def step(self, bundles: int = 1) -> Run:
        """That many bundles on, or to a stop before. Raises DebuggerError at the end."""
        self._require_future()
        return self._run(forward(self, bundles))

    def reverse_step(self, bundles: int = 1) -> Run:
        """That many bundles back, or to a stop before. Raises DebuggerError at the start."""
        self._require_past()
        return self._run(back(self, self.core.position - bundles), keeps=True)

    def resume(self, times: int = 1) -> Run:
        """To the next stop, or the one after so many. Raises DebuggerError at the end."""
        self._require_future()
        return self._run(repeated(lambda: forward(self), times))

    def reverse_resume(self, times: int = 1) -> Run:
        """To the previous stop, or so many back. Raises DebuggerError at the start."""
        self._require_past()
        return self._run(repeated(lambda: back(self), times), keeps=True)

    def advance_to(self, location: str) -> Run:
        """To where a bundle meets a LOC, or to a stop before. Raises DebuggerError."""
        there = self.breakpoints.read("tbreak", location)
        self._require_future()
        return self._run(forward(self, extra=[there]), target=there.cycle)

    def finish(self) -> Run:
        """Out of the current tag, or to a stop before. Raises DebuggerError at the end."""
        self._require_future()
        return self._run(forward(self, extra=self._outside_tag()))

    def reverse_finish(self) -> Run:
        """Back out of the current tag, or to a stop before. Raises DebuggerError at the start."""
        self._require_past()
        return self._run(back(self, extra=self._outside_tag()), keeps=True)

    def restart(self) -> bool:
        """Be at the start again, without edits; whether there were any."""
        edited = self.core.edits > 0
        self.core.restart()
        if edited:
            self.end = None
        self.arrive(self.here(Reason.BUDGET))
        return edited

    def start(self) -> Run:
        """Restart, and look at what stops there."""
        self.restart()
        return self._run(forward(self, 0, check_first=True))

    def run(self) -> Run:
        """Restart, and go on to the first stop, which may be there."""
        self.restart()
        return self._run(forward(self, check_first=True))

    def goto_cycle(self, cycle: int) -> Run:
        """To the first position of a cycle, either way, past all stops but faults."""
        return self._run(to_cycle(self, cycle), keeps=True, target=cycle)

    def goto_position(self, position: int) -> Run:
        """To a position, either way, past all stops but faults."""
        return self._run(to_position(self, position), keeps=True)

    def goto_end(self) -> Run:
        """To the end, past all stops but faults."""
        return self._run(to_end(self), keeps=True)

    def goto_part(self, percent: float) -> Run:
        """To so many hundredths of all cycles; the program is run to its end to know them."""
        return self._run(to_part(self, percent), keeps=True)

    def look_at_cycle(self, cycle: int) -> Run:
        """What is at the first position of a cycle, or where the program ends before; and back."""
        return Run(self, look_at_cycle(self, cycle), looks=True, target=cycle)

    def _run(self, move: Move, *, keeps: bool = False, target: int | None = None) -> Run:
        self.version += 1
        return Run(self, move, keeps=keeps, target=target)

    def _require_future(self) -> None:
        if self.ended:
            raise DebuggerError(self.end_message)

    def _require_past(self) -> None:
        if self.core.position == 0:
            raise DebuggerError(NO_MORE_HISTORY)

    def _outside_tag(self) -> list[Breakpoint]:
        tag = self.program.tag_at(self.core.pc)
        if tag is None:
            return []
        outside = Outside(tag.pc, tag.end)
        flags = outside.flags(self.breakpoints.index)
        return [Breakpoint(0, "tbreak", tag.name, outside, flags=flags)]

    # edits

    def set_words(self, place: Place, words: Sequence[int]) -> None:
        """Overwrite words here; what was known of the run past here is forgotten."""
        room = self.core.memory if place.memory else self.core.scratch
        room[place.start : place.start + len(words)] = words
        self._forked()

    def set_pc(self, pc: int) -> None:
        """Go on at another bundle; what was known of the run past here is forgotten."""
        self.core.pc = pc
        self._forked()

    def _forked(self) -> None:
        here = self.core.position
        self.end = None
        self.marks = {name: at for name, at in self.marks.items() if at <= here}
        self.checkpoints = {n: at for n, at in self.checkpoints.items() if at <= here}
        self.arrive(self.here(Reason.BUDGET))


def _remembering(
    program: Program, memory: Sequence[int] | None, reference: Mapping[Any, int] | None = None
) -> Machine:
    """A machine that can be debugged; without a problem of its own it gets the standard one."""
    if program.memory is None and program.problem is None:
        program = replace(program, problem=Problem())
    return Machine(program, memory, reference=reference, debug=True, history=NO_LIMIT)
