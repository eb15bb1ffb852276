"""A session: one program, one run of it in time, and what its user wants to know.

    move = session.resume()             a Run: nothing has happened yet
    while not (arrival := move.advance()):
        ...                             draw, listen; move.interrupt() ends it
    arrival.reason, arrival.hits        why it stopped

A stop at a position is one stop, whatever holds there: breakpoints that its bundle meets,
watchpoints that the bundle before met, a pause just executed, a compare that fails, the end.
Going back the stops are the same, but for watchpoints, which stop before the bundle that wrote.
No move reports the position it starts from, but for `run` and `start`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from machine.disassembly import ScratchNames
from machine.isa import opcode
from machine.machine import NO_LIMIT, Core, Machine
from machine.problem import Layout, Problem
from machine.program import Program
from machine.stops import ENDINGS, Fault, Reason, State, Stop
from vliwdbg.session.breakpoints import Breakpoint, Breakpoints, Hit
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.locations import Outside
from vliwdbg.session.moves import Arrival, Move, Run
from vliwdbg.session.places import Place, Scope
from vliwdbg.session.timeline import Timeline

__all__ = ["NO_MORE_HISTORY", "Arrival", "Run", "Session"]

NO_MORE_HISTORY = "No more reverse-execution history."
COMPARES = [opcode("debug", "compare"), opcode("debug", "vcompare")]


@dataclass
class Met:
    """What holds at one position, found while going back."""

    hits: list[Hit] = field(default_factory=list)
    fault: Fault | None = None
    paused: bool = False


class Session:
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
        self.printed: list[str] = []
        self.pauses = True
        self.debug = True
        self.marks: dict[str, int] = {}
        self.checkpoints: dict[int, int] = {}
        self.version = 0
        self._load(program, memory, reference)
        self.breakpoints = Breakpoints(self.scope)

    def _load(
        self,
        program: Program,
        memory: Sequence[int] | None,
        reference: Mapping[Any, int] | None = None,
    ) -> None:
        if program.memory is None and program.problem is None:
            program = replace(program, problem=Problem())
        self.machine = Machine(program, memory, reference=reference, debug=True, history=NO_LIMIT)
        self.core: Core = self.machine.core
        self.program = program
        self.starting_memory = tuple(self.core.memory)
        self.layout = Layout.read(self.starting_memory)
        self.timeline = Timeline(self.core)
        self.scope = Scope(program, self.core)
        self.arrival = self.here(Reason.BUDGET)

    def take_program(self, program: Program, memory: Sequence[int] | None = None) -> list[str]:
        """Debug another program from its start, with the same breakpoints.

        Marks are gone; which breakpoints cannot be met any more is said, a line each.
        """
        values = self.scope.values
        self._load(program, memory)
        self.scope.values = values
        self.marks.clear()
        self.checkpoints.clear()
        self.version += 1
        return self.breakpoints.take_program(self.scope)

    # what is true now

    @property
    def names(self) -> ScratchNames:
        return self.scope.names

    @property
    def ended(self) -> bool:
        """Whether this is the end of the program."""
        return self.timeline.ended

    def here(self, reason: Reason, **more: object) -> Arrival:
        """An arrival at this very place."""
        core = self.core
        return Arrival(reason, core.pc, core.cycle, core.position, **more)  # type: ignore[arg-type]

    def arrive(self, arrival: Arrival) -> Arrival:
        """Keep where a move came to."""
        self.arrival = arrival
        self.version += 1
        return arrival

    @property
    def end_message(self) -> str:
        return f"The program has ended at cycle {self.core.cycle}."

    def notes(self) -> Iterator[str]:
        """What a user should know about the program before trusting what is seen."""
        yield from self.program.notes
        if self.core.reference is None and any(self.compares):
            yield "compares are passed over: the memory's header tells no problem"

    @property
    def compares(self) -> bytes:
        """A byte for each pc, not 0 where the bundle compares with the reference."""
        if self._compares_of is not self.program:
            where = self.breakpoints.where
            self._compares = where.flags(where.of_opcodes(COMPARES), 1)
            self._compares_of = self.program
        return self._compares

    _compares = b""
    _compares_of: Program | None = None

    # moves

    def step(self, bundles: int = 1) -> Run:
        """That many bundles on, or to a stop before. Raises DebuggerError at the end."""
        self._require_future()
        return self._run(self._forward(bundles))

    def reverse_step(self, bundles: int = 1) -> Run:
        """That many bundles back, or to a stop before. Raises DebuggerError at the start."""
        self._require_past()
        return self._run(self._back(self.core.position - bundles), keeps=True)

    def resume(self, times: int = 1) -> Run:
        """To the next stop, or the one after so many. Raises DebuggerError at the end."""
        self._require_future()
        return self._run(self._repeated(self._forward, times))

    def reverse_resume(self, times: int = 1) -> Run:
        """To the previous stop, or so many back. Raises DebuggerError at the start."""
        self._require_past()
        return self._run(self._repeated(self._back, times), keeps=True)

    def advance_to(self, location: str) -> Run:
        """To where a bundle meets a LOC, or to a stop before. Raises DebuggerError."""
        there = self.breakpoints.read("tbreak", location)
        self._require_future()
        return self._run(self._forward(extra=[there]), target=there.cycle)

    def finish(self) -> Run:
        """Out of the current tag, or to a stop before. Raises DebuggerError at the end."""
        self._require_future()
        return self._run(self._forward(extra=self._outside_tag()))

    def reverse_finish(self) -> Run:
        """Back out of the current tag, or to a stop before. Raises DebuggerError at the start."""
        self._require_past()
        return self._run(self._back(extra=self._outside_tag()), keeps=True)

    def restart(self) -> bool:
        """Be at the start again, without edits; whether there were any."""
        edited = self.timeline.restart()
        self.arrive(self.here(Reason.BUDGET))
        return edited

    def start(self) -> Run:
        """Restart, and look at what stops there."""
        self.restart()
        return self._run(self._forward(0, check_first=True))

    def run(self) -> Run:
        """Restart, and go on to the first stop, which may be there."""
        self.restart()
        return self._run(self._forward(check_first=True))

    def goto_cycle(self, cycle: int) -> Run:
        """To the first position of a cycle, either way, past all stops but faults."""
        return self._run(self._goto_cycle(cycle), keeps=True, target=cycle)

    def goto_position(self, position: int) -> Run:
        """To a position, either way, past all stops but faults."""
        return self._run(self._goto(position), keeps=True)

    def goto_end(self) -> Run:
        """To the end, past all stops but faults."""
        return self._run(self._goto_end(), keeps=True)

    def goto_part(self, percent: float) -> Run:
        """To so many hundredths of all cycles; the program is run to its end to know them."""
        return self._run(self._goto_part(percent), keeps=True)

    def go(self, position: int) -> None:
        """Be at a position that was there before, at once."""
        for _ in self.timeline.seek(position):
            pass

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
        flags = outside.flags(self.breakpoints.where)
        return [Breakpoint(0, "tbreak", tag.name, outside, flags=flags)]

    def _repeated(self, move: Callable[[], Move], times: int) -> Move:
        arrival = yield from move()
        for _ in range(times - 1):
            if arrival.cut_short or arrival.reason in ENDINGS or self._faulted(arrival):
                break
            arrival = yield from move()
        return arrival

    @staticmethod
    def _faulted(arrival: Arrival) -> bool:
        return arrival.fault is not None and not _is_compare(arrival.fault)

    # forward

    def _forward(
        self,
        bundles: int = NO_LIMIT,
        *,
        check_first: bool = False,
        extra: Sequence[Breakpoint] = (),
    ) -> Move:
        core = self.core
        self._arm(extra)
        start = core.position
        looked_at = None if check_first else start
        stop: Stop | None = None
        while True:
            landed = core.position - start == bundles
            if landed or looked_at is None or (stop and stop.reason is not Reason.BUDGET):
                new, moved = looked_at != core.position, core.position > start
                arrival = self._stop_here(stop, new=new, moved=moved)
                if arrival is None and (landed or looked_at is None):
                    arrival = self._compare_here() or (self.here(Reason.BUDGET) if landed else None)
                if arrival is not None:
                    return arrival
                looked_at = core.position
            stop = self._execute(bundles - (core.position - start), looked_at)
            if stop.fault and _is_compare(stop.fault) and core.position == start == looked_at:
                stop = self._pass_compare()
            yield

    def _arm(self, extra: Sequence[Breakpoint]) -> None:
        self.breakpoints.arm(extra)
        self.core.debug = self.debug

    def _execute(self, budget: int, looked_at: int | None) -> Stop:
        """Run to the next candidate: a flagged bundle, a cycle waited for, a pause, the end."""
        core = self.core
        cycle = self.breakpoints.next_cycle(core.cycle)
        limit = NO_LIMIT if cycle is None else cycle - 1
        stop = self._run_checking(budget, limit, looked_at)
        if stop.reason is not Reason.MAX_CYCLES:
            return stop
        # The bundle that takes the cycle to the one waited for.
        return _candidate(self._run_checking(1, NO_LIMIT, looked_at))

    def _run_checking(self, budget: int, max_cycles: int, looked_at: int | None) -> Stop:
        return self.timeline.run(
            budget,
            max_cycles,
            check_first=self.core.position != looked_at,
            false_alarm=lambda: not self._met_before(),
        )

    def _pass_compare(self) -> Stop:
        return _candidate(self.timeline.run_past_compare())

    def _stop_here(self, stop: Stop | None, *, new: bool, moved: bool) -> Arrival | None:
        """The stop that this position is, if it is one; its hits are counted where they are new."""
        hits = self._count(self._met(moved=moved)) if new else []
        fault = stop.fault if stop else None
        if fault and hits and not _is_compare(fault):
            fault = None  # what is met comes first; the fault repeats
        reason = self._reason(stop, hits, fault)
        if reason is None:
            return None
        if fault is None and (fault := self._failing_compare()):
            reason = Reason.FAULT
        return self.here(reason, hits=tuple(hits), fault=fault)

    def _compare_here(self) -> Arrival | None:
        """The stop of a compare that fails, where nothing else stops."""
        fault = self._failing_compare()
        return self.here(Reason.FAULT, fault=fault) if fault else None

    def _met(self, *, moved: bool) -> list[Hit]:
        after = self.breakpoints.after(self.timeline.last_commit) if moved else []
        before = self._met_before()
        return after if before and self.ended else after + before

    def _met_before(self) -> list[Hit]:
        return self.breakpoints.before(lambda: self.timeline.fresh)

    def _reason(self, stop: Stop | None, hits: Sequence[Hit], fault: Fault | None) -> Reason | None:
        if fault:
            return Reason.FAULT
        if self.ended:
            return self._ending()
        if stop and stop.reason is Reason.PAUSE and self.pauses:
            return Reason.PAUSE
        if not hits:
            return None
        watched = hits[0].breakpoint.watched
        return Reason.WATCHPOINT if watched else Reason.BREAKPOINT

    def _ending(self) -> Reason:
        end = self.timeline.end
        return end.reason if end else Reason.END

    def _count(self, hits: Sequence[Hit]) -> list[Hit]:
        """Count them; those that stop. A dprintf prints instead."""
        stopping = []
        for hit in self.breakpoints.count(hits):
            if hit.breakpoint.printing:
                self._print(hit.breakpoint)
            else:
                stopping.append(hit)
        return stopping

    def _print(self, stop: Breakpoint) -> None:
        assert stop.printing
        try:
            self.printed.append(stop.printing.text(self.scope))
        except DebuggerError as wrong:
            self.printed.append(f"{stop.noun} {stop.number}: {wrong.message}")

    def _failing_compare(self) -> Fault | None:
        """The compare of the bundle at the cursor that fails, found by trying it."""
        core = self.core
        if self.ended or not (self.debug and self.compares[core.pc : core.pc + 1] == b"\1"):
            return None
        fault = core.run(1).fault
        if fault is None:
            core.undo()
        return fault if fault and _is_compare(fault) else None

    # back

    def _back(self, floor: int = -NO_LIMIT, *, extra: Sequence[Breakpoint] = ()) -> Move:
        here, lowest = self.core.position, max(floor, 0)
        for first, end in self.timeline.stretches(lowest, here):
            found = yield from self._find_stops(first, end, extra)
            for position in sorted(found, reverse=True):
                met = found[position]
                hits = self._count(met.hits)
                if hits or met.fault or met.paused:
                    yield from self.timeline.seek(position)
                    return self._arrival_back(hits, met)
        yield from self.timeline.seek(lowest)
        cut_short = NO_MORE_HISTORY if floor < 0 else ""
        return self.here(Reason.BUDGET, cut_short=cut_short)

    def _arrival_back(self, hits: list[Hit], met: Met) -> Arrival:
        stop = Stop(Reason.PAUSE, 0, 0, 0) if met.paused else None
        reason = self._reason(stop, hits, met.fault)
        assert reason is not None
        return self.here(reason, hits=tuple(hits), fault=met.fault)

    def _find_stops(
        self, first: int, end: int, extra: Sequence[Breakpoint]
    ) -> Generator[None, None, Mapping[int, Met]]:
        """The stops at positions first:end, by going over them once more."""
        core = self.core
        yield from self.timeline.seek(first)
        self._arm(extra)
        found: dict[int, Met] = defaultdict(Met)
        self._note_before(found)
        looked_at = first
        while core.position < end:
            stop = self._execute(end - core.position, looked_at)
            if stop.fault:
                if core.position != looked_at:
                    self._note_before(found)
                found[core.position].fault = stop.fault
                stop = self._pass_compare()
            if stop.reason is not Reason.BUDGET:
                self._note_after(found)
                if core.position < end:
                    self._note_before(found)
                looked_at = core.position
            yield
        return found

    def _note_before(self, found: dict[int, Met]) -> None:
        """Note what stops at this position before its bundle."""
        met = found[self.core.position]
        met.hits += self._met_before()
        met.paused = self.pauses and self.core.state is State.PAUSED

    def _note_after(self, found: dict[int, Met]) -> None:
        """Note what the bundle that led here does to watched words, at the position before it."""
        commit = self.timeline.last_commit()
        assert commit is not None
        found[commit.position].hits[:0] = self.breakpoints.after(lambda: commit)

    # going to places

    def _goto(self, position: int) -> Move:
        stop = yield from self.timeline.seek(max(position, 0))
        return self._came(stop, NO_MORE_HISTORY if position < 0 else "")

    def _goto_cycle(self, cycle: int) -> Move:
        stop = yield from self.timeline.seek_cycle(max(cycle, 0))
        return self._came(stop, NO_MORE_HISTORY if cycle < 0 else "")

    def _goto_end(self) -> Move:
        stop = yield from self.timeline.seek(NO_LIMIT)
        return replace(self._came(stop), cut_short="")

    def _goto_part(self, percent: float) -> Move:
        yield from self.timeline.seek(NO_LIMIT)
        return (yield from self._goto_cycle(int(self.core.cycle * percent / 100)))

    def _came(self, stop: Stop | None, cut_short: str = "") -> Arrival:
        """The arrival of a search in time, which `stop` may have kept from its target."""
        if stop and stop.fault:
            return self.here(Reason.FAULT, fault=stop.fault)
        if stop:
            cut_short = self.end_message
        return self.here(self._ending() if self.ended else Reason.BUDGET, cut_short=cut_short)

    # edits

    def set_words(self, place: Place, words: Sequence[int]) -> None:
        """Overwrite words here; what was known of the run past here is forgotten."""
        room = "memory" if place.memory else "scratch"
        self.timeline.edit(room, place.start, words)
        self._forked()

    def set_pc(self, pc: int) -> None:
        """Go on at another bundle; what was known of the run past here is forgotten."""
        self.timeline.edit("pc", 0, [pc])
        self._forked()

    def _forked(self) -> None:
        here = self.core.position
        self.marks = {name: at for name, at in self.marks.items() if at <= here}
        self.checkpoints = {n: at for n, at in self.checkpoints.items() if at <= here}
        self.arrive(self.here(Reason.BUDGET))


def _candidate(stop: Stop) -> Stop:
    """The stop as one to be looked at, although the core came to its end of budget."""
    return replace(stop, reason=Reason.BREAKPOINT) if stop.reason is Reason.BUDGET else stop


def _is_compare(fault: Fault) -> bool:
    return fault.engine == "debug"
