"""A run of a program from its start, on a machine of its own.

    flow = replay(program, memory)               the whole run, or its first four million lanes
    flow = replay(program, memory, start=50_000) a window, from a position on

Nobody's cursor moves, breakpoints and pauses are passed over, compares are not checked, and words
that were set by hand in a session are not in it. The same program on other inputs is traced
quickest by one `Tracer` called with each of their memories; `Flow(program, memory, trace)` is then
the graph of one of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from machine.core.tracing import MOST_NODES, Tracer
from machine.machine import NO_LIMIT, Machine
from machine.program import Program
from vliwdbg.inspect.flow import Flow, Start


def replay(
    program: Program,
    memory: Sequence[int],
    *,
    start: int = 0,
    most: int = MOST_NODES,
    max_cycles: int = NO_LIMIT,
    core: str | None = None,
) -> Flow:
    """The flow of a run on these words, which are left alone.

    It begins at position `start`, and holds at most so many nodes and bundles; where it ends, and
    why, `Flow.ending` tells. A run that ends before `start` has an empty flow.
    """
    words = array("I", memory)
    tracer = Tracer(program, core)
    if not start:
        return Flow(program, words, tracer(words[:], most=most, max_cycles=max_cycles))
    machine = Machine(program, words, pauses=False, core=core)
    machine.run(start, max_cycles)
    scratch, after = array("I", machine.scratch), array("I", machine.memory)
    pc = machine.pc if machine.position == start else len(program)
    trace = tracer(after, scratch, pc=pc, most=most, max_cycles=max_cycles - machine.cycle)
    return Flow(program, words, trace, Start(machine.position, machine.cycle))
