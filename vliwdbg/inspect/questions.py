"""All questions about one program on one input, in the words of a person.

    questions = Questions(program, memory)
    questions.who("v_val[3]", 120)

The run is made when the first question is asked, and kept for the next. Places are written as
everywhere (`vliwdbg.session.places`); what computes with words, like `mem[s[12]]`, means those
before the cycle asked about. Whatever is wrong with a question is a DebuggerError.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cached_property

from machine.core.tracing import MOST_NODES
from machine.machine import NO_LIMIT, Machine
from machine.program import Program
from vliwdbg.inspect import access_log
from vliwdbg.inspect.dependences import Dependences
from vliwdbg.inspect.find import find
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.replay import replay
from vliwdbg.inspect.who import DEPTH, who
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Place, Scope, find_place
from vliwdbg.views.dataflow import Found, Uses, Who, Writes


class Questions:
    """A program and the words it starts with. At most so many cycles, and nodes, are looked at."""

    def __init__(
        self,
        program: Program,
        memory: Sequence[int],
        *,
        max_cycles: int = NO_LIMIT,
        most: int = MOST_NODES,
    ) -> None:
        self.program = program
        self.memory = array("I", memory)
        self.max_cycles = max_cycles
        self.most = most

    @cached_property
    def flow(self) -> Flow:
        """The graph of the run."""
        return replay(self.program, self.memory, most=self.most, max_cycles=self.max_cycles)

    @cached_property
    def dependences(self) -> Dependences:
        """What its slots wait for."""
        return Dependences(self.flow)

    def place(self, text: str, cycle: int | None = None, start: str = "place") -> Place:
        """The words that a text names, before a cycle; at the end without one."""
        machine = Machine(self.program, self.memory, pauses=False)
        scope = Scope(self.program, machine.core)
        machine.run(NO_LIMIT, self.flow.ending.cycle if cycle is None else cycle)
        return find_place(text, scope, start)

    def verify_cycle(self, cycle: int | None) -> None:
        """Raise DebuggerError where the run does not reach a cycle."""
        end = self.flow.ending.cycle
        if cycle is not None and not self.flow.start.cycle <= cycle <= end:
            message = f"The run ends at cycle {end}; there is no cycle {cycle}."
            raise DebuggerError(f"{message} {self.flow.ending.sentence}".rstrip())

    def who(self, place: str, cycle: int | None = None, depth: int = DEPTH) -> Who:
        """Who wrote the words of a place, as they are before a cycle, and from what."""
        self.verify_cycle(cycle)
        memory, start, stop = self.place(place, cycle)
        return who(self.flow, memory, start, stop, cycle, depth=depth)

    def uses(self, place: str, cycle: int | None = None) -> Uses:
        """Who reads the words of a place from a cycle on, the first without one."""
        self.verify_cycle(cycle)
        return access_log.uses(self.flow, *self.place(place, cycle or 0), cycle)

    def writes(self, words: str) -> Writes:
        """All writes to a range."""
        return access_log.writes(self.flow, *self.place(words, start="range"))

    def find(self, expression: str, first: int = 0, last: int | None = None) -> Found:
        """The cycles before which an expression holds."""
        self.verify_cycle(first)
        return find(self.flow, expression, first, last)
