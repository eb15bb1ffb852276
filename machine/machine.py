"""A machine with a program loaded: the face of this room.

`Machine` finds memory and the reference values for a program and has a core execute it, which any
front end drives through its `Timeline`: run with a budget, stop flags for each pc, commits, undo,
seek and checkpoints. Nothing here waits, prints or opens a file.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence, Sequence
from typing import Any

from machine.core import core_for
from machine.core.inputs import memory_of, record
from machine.problem import Layout, Problem
from machine.program import Program
from machine.protocol import BREAK_AFTER, BREAK_BEFORE, NO_LIMIT, Checkpoint
from machine.stops import Commit, State, Stop
from machine.timeline import Timeline

__all__ = ["BREAK_AFTER", "BREAK_BEFORE", "NO_LIMIT", "Checkpoint", "Machine", "Timeline"]


def starting_memory(program: Program) -> Sequence[int]:
    """The words a program starts with: its own, else its problem's, else the standard problem's."""
    if program.memory is not None:
        return program.memory
    return memory_of(program.problem or Problem())


def reference_for(memory: Sequence[int]) -> Mapping[Any, int] | None:
    """The values for compares, by key; None where the memory's header tells no problem."""
    layout = Layout.read(memory)
    return None if layout is None else record(layout, memory)


class Machine:
    """A program on a machine, at its start.

    `memory` overrides the words the program starts with. `reference` gives the values for
    compares; by default the memory's own header tells them, and where it tells none compares are
    passed over. `debug` off passes over compares; `pauses` off makes a pause nothing but its
    cycle; `history` is how many bundles `step_back` can take back; `count` keeps `core.visits`, how
    often each pc was executed. `core` names the one to use, if not the fastest
    (`machine.core.core_for`).

        >>> machine = Machine(Program.from_bundles([{"load": [["const", 0, 42]]}]))
        >>> machine.run().reason, machine.scratch[0], machine.cycle
        (<Reason.END: 'end'>, 42, 1)
    """

    def __init__(
        self,
        program: Program,
        memory: Sequence[int] | None = None,
        *,
        reference: Mapping[Any, int] | None = None,
        debug: bool = False,
        pauses: bool = True,
        history: int = 0,
        count: bool = False,
        core: str | None = None,
    ) -> None:
        words = starting_memory(program) if memory is None else memory
        if debug and reference is None:
            reference = reference_for(words)
        self.program = program
        self.core: Timeline = Timeline.on(
            core_for(program, core),
            program,
            words,
            reference=reference,
            debug=debug,
            pauses=pauses,
            history=history,
            count=count,
        )

    @property
    def pc(self) -> int:
        """Index of the next bundle."""
        return self.core.pc

    @property
    def cycle(self) -> int:
        """Cycles so far; bundles with debug slots alone cost none."""
        return self.core.cycle

    @property
    def position(self) -> int:
        """Bundles executed so far."""
        return self.core.position

    @property
    def state(self) -> State:
        """Running, paused or stopped."""
        return self.core.state

    @property
    def scratch(self) -> MutableSequence[int]:
        """The words of scratch."""
        return self.core.scratch

    @property
    def memory(self) -> MutableSequence[int]:
        """The words of memory."""
        return self.core.memory

    @property
    def trace(self) -> Sequence[int]:
        """The words written to the trace buffer."""
        return self.core.trace

    @property
    def flags(self) -> bytearray:
        """One byte a pc: BREAK_BEFORE and BREAK_AFTER stop a run there."""
        return self.core.flags

    def run(
        self, budget: int = NO_LIMIT, max_cycles: int = NO_LIMIT, *, check_first: bool = False
    ) -> Stop:
        """Execute up to `budget` bundles and up to cycle `max_cycles`; say why it stopped."""
        return self.core.run(budget, max_cycles, check_first=check_first)

    def step(self) -> Stop:
        """Execute one bundle."""
        return self.core.run(1)

    def step_back(self) -> Commit | None:
        """Take back the last bundle; what it had done, or None where history has no more."""
        return self.core.undo()
