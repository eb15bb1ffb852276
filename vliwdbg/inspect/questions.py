"""All questions about one program on one input, in the words of a person.

    questions = Questions(program, memory)
    questions.who("v_val[3]", 120)

The run is made when the first question is asked, and kept for the next; what answers a question is
imported when it is asked. Places are written as
everywhere (`vliwdbg.session.places`); what computes with words, like `mem[s[12]]`, means those
before the cycle asked about. Whatever is wrong with a question is a DebuggerError.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace as dataclass_replace
from functools import cached_property
from itertools import count, islice, takewhile
from typing import TYPE_CHECKING

from machine.core.inputs import memory_of, with_room
from machine.core.tracing import MOST_NODES
from machine.machine import NO_LIMIT, Machine
from machine.program import Program
from vliwdbg.inspect.dependences import WORKING, Dependences
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.replay import replay
from vliwdbg.inspect.who import DEPTH, who
from vliwdbg.inspect.words import notes_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Place, Scope, find_place
from vliwdbg.session.snapshot import snapshot_of
from vliwdbg.views.bundle import Slots, bundle_view
from vliwdbg.views.dataflow import Found, Uses, Who, Writes
from vliwdbg.views.diff import Diff
from vliwdbg.views.diverge import Diverge
from vliwdbg.views.explain import Explain
from vliwdbg.views.lint import Lint
from vliwdbg.views.origins import Origins
from vliwdbg.views.schedule import Critical, Floor, Slack, Stats, Why
from vliwdbg.views.storage import Live
from vliwdbg.views.whatif import WhatIf

if TYPE_CHECKING:
    from vliwdbg.inspect.explain import Explanation
    from vliwdbg.inspect.signatures import Signatures

MOST_CYCLES = 500_000
"""Of a run that is looked at where nobody says how many."""
OTHERS = 2
"""Inputs beside the one asked about that a load or store has to be free to move on."""

DIFF_INPUTS = 3
"""Inputs on which two programs are compared."""


class Questions:
    """A program and the words it starts with. At most so many cycles, and nodes, are looked at."""

    def __init__(
        self,
        program: Program,
        memory: Sequence[int],
        *,
        max_cycles: int = MOST_CYCLES,
        most: int = MOST_NODES,
    ) -> None:
        self.program = program
        self.memory = array("I", memory)
        self.max_cycles = max_cycles
        self.most = most
        self._scope_cycle: int | None = None
        """Where the machine is that places are looked up in."""

    @cached_property
    def flow(self) -> Flow:
        """The graph of the run."""
        return replay(self.program, self.memory, most=self.most, max_cycles=self.max_cycles)

    @cached_property
    def dependences(self) -> Dependences:
        """What its slots wait for."""
        return Dependences(self.flow)

    @cached_property
    def others(self) -> tuple[Flow, ...]:
        """Runs on other inputs of the program's problem, where they all go the same way."""
        flows = tuple(islice(self._on_other_inputs(), OTHERS))
        return flows if all(flow.pcs == self.flow.pcs for flow in flows) else ()

    def _on_other_inputs(self) -> Iterator[Flow]:
        """Runs on other inputs of the program's problem, without end if it has one."""
        problem = self.program.problem
        if problem is None:
            return
        for seed in count(problem.seed + 1):
            image = with_room(self.program, memory_of(dataclass_replace(problem, seed=seed)))
            yield replay(self.program, image, most=self.most, max_cycles=self.max_cycles)

    def place(self, text: str, cycle: int | None = None, start: str = "place") -> Place:
        """The words that a text names, before a cycle; at the end without one."""
        wanted = self.flow.ending.cycle if cycle is None else cycle
        if wanted != self._scope_cycle:
            self._scope.core.seek_cycle(wanted)
            self._scope_cycle = wanted
        return find_place(text, self._scope, start)

    @cached_property
    def _scope(self) -> Scope:
        """What places are looked up in: a machine of its own, which goes to each cycle."""
        machine = Machine(self.program, self.memory, pauses=False, history=NO_LIMIT)
        return Scope(self.program, machine.core)

    def verify_cycle(self, cycle: int | None) -> None:
        """Raise DebuggerError where the run does not reach a cycle."""
        end = self.flow.ending.cycle
        if cycle is not None and not self.flow.start.cycle <= cycle <= end:
            message = f"The run ends at cycle {end}; there is no cycle {cycle}."
            raise DebuggerError(f"{message} {self.flow.ending.sentence}".rstrip())

    def _verify_taken(self, cycle: int | None) -> None:
        """Raise DebuggerError where no bundle takes a cycle."""
        self.verify_cycle(cycle)
        if cycle is not None and cycle == self.flow.ending.cycle:
            raise DebuggerError(f"The run ends at cycle {cycle}; no bundle takes it.")

    def slots(self, cycle: int = 0) -> Slots:
        """What each slot of the bundle that takes a cycle reads and writes."""
        self._verify_taken(cycle)
        flow, core = self.flow, self._scope.core
        core.seek(flow.start.position + flow.step_of_cycle(cycle))
        now = snapshot_of(core)
        bundle = bundle_view(self.program, flow.names, now, now.pc, origins=Origins(self.program))
        assert bundle is not None
        return Slots(cycle, bundle, notes=notes_of(flow))

    def who(self, place: str, cycle: int | None = None, depth: int = DEPTH) -> Who:
        """Who wrote the words of a place, as they are before a cycle, and from what."""
        self.verify_cycle(cycle)
        memory, start, stop = self.place(place, cycle)
        return who(self.flow, memory, start, stop, cycle, depth=depth)

    def uses(self, place: str, cycle: int | None = None) -> Uses:
        """Who reads the words of a place from a cycle on, the first without one."""
        from vliwdbg.inspect import access_log

        self.verify_cycle(cycle)
        return access_log.uses(self.flow, *self.place(place, cycle or 0), cycle)

    def writes(self, words: str) -> Writes:
        """All writes to a range."""
        from vliwdbg.inspect import access_log

        return access_log.writes(self.flow, *self.place(words, start="range"))

    def stats(self) -> Stats:
        """How the run uses the engines."""
        from vliwdbg.inspect.stats import stats

        return stats(self.dependences)

    def floor(self) -> Floor:
        """The least number of cycles for the same operations."""
        from vliwdbg.inspect.floor import floor

        return floor(self.dependences)

    def critical(self) -> Critical:
        """The chain of waits that leads to the last store of an output."""
        from vliwdbg.inspect.critical import critical

        return critical(self.dependences)

    def slack(self) -> Slack:
        """How much later each slot could be."""
        from vliwdbg.inspect.critical import slack

        return slack(self.dependences)

    def why(self, cycle: int | None = None, engine: str | None = None) -> Why:
        """Why slots are free, in the bundle that takes a cycle or in total."""
        from vliwdbg.inspect.why import why

        if engine is not None and engine not in WORKING:
            raise DebuggerError(f"No engine is called {engine!r}; there are {', '.join(WORKING)}.")
        self._verify_taken(cycle)
        return why(self.dependences, self.others, cycle, engine)

    def whatif(self, change: str) -> WhatIf:
        """What the run would take if something were different, as `read_change` reads it."""
        from vliwdbg.inspect.whatif import whatif

        return whatif(self.dependences, change, self.others)

    def live(self) -> Live:
        """Which words hold a value that is still to be read, and when."""
        from vliwdbg.inspect.live import live

        return live(self.flow)

    def lint(self, silenced: Collection[str] = ()) -> Lint:
        """What looks wrong or wasteful."""
        from vliwdbg.inspect.lint import lint

        alike = takewhile(lambda flow: flow.pcs == self.flow.pcs, self._on_other_inputs())
        return lint(self.dependences, silenced, alike)

    def diverge(self, good: Questions | None = None) -> Diverge:
        """Where the program goes wrong, compared with the reference, and with another program that
        is right, if there is one."""
        from vliwdbg.inspect.diverge import Asked, diverge

        other = None if good is None else good.program
        return diverge(Asked(self.program, self.memory, other, self.max_cycles), self.flow)

    @cached_property
    def explanation(self) -> Explanation:
        """What the slots and words of the program are for."""
        from vliwdbg.inspect.explain import Explanation

        return Explanation(self.program, max_cycles=self.max_cycles)

    def explain(self) -> Explain:
        """The same, in numbers."""
        return self.explanation.view()

    def diff(self, other: Questions, names: tuple[str, str] = ("A", "B")) -> Diff:
        """What differs between this program and another, on inputs of this one's problem; on those
        of its own where the other's is of other sizes."""
        from vliwdbg.inspect.diff import diff

        return diff(*self._signed(other), names)

    def partners(self, other: Questions) -> list[int]:
        """By bundle of this program the bundle of the other that computes most of what it does, on
        the inputs of `diff`; -1 where none does."""
        from vliwdbg.inspect.diff import partners

        return partners(*self._signed(other))

    def _signed(self, other: Questions) -> tuple[Signatures, Signatures]:
        from vliwdbg.inspect.signatures import sign

        a, b = (
            sign(
                asked.program,
                self._inputs_of(asked, DIFF_INPUTS),
                most=asked.most,
                max_cycles=asked.max_cycles,
            )
            for asked in (self, other)
        )
        return a, b

    def _inputs_of(self, other: Questions, count: int) -> list[array[int]]:
        from vliwdbg.inspect.signatures import full_inputs

        problem = self.program.problem
        if problem is None or other.program.problem is None:
            return [other.memory]
        if problem.layout != other.program.problem.layout:
            problem = other.program.problem
        return full_inputs(problem, count)

    def find(self, expression: str, first: int = 0, last: int | None = None) -> Found:
        """The cycles before which an expression holds."""
        from vliwdbg.inspect.find import find

        self.verify_cycle(first)
        return find(self.flow, expression, first, last)
