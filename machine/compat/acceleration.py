"""A run of the public simulator's machine on the compiled core, as far as that takes it.

The state goes over as it stands, the core runs to a pause, to an end or to a bundle that it cannot
execute, and the state comes back.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from machine.compat.loading import Loaded
from machine.core import choose_core
from machine.isa import SCRATCH_SIZE
from machine.protocol import BREAK_BEFORE, NO_LIMIT, Checkpoint
from machine.stops import Reason, State
from machine.timeline import Timeline

if TYPE_CHECKING:
    from machine.compat.simulator import Core, Machine

_NOT_HERE = 0, Reason.BUDGET


def run(machine: Machine, core: Core, loaded: Loaded) -> tuple[int, Reason]:
    """Run a machine's one core, which is running; how many bundles it executed, and why it ended.

    With any reason but PAUSE, HALT and END the machine is before a bundle that is left to it.
    """
    memory, scratch = _words_of(machine.mem), _words_of(core.scratch)
    at_a_bundle = type(core.pc) is int and core.pc >= 0
    if memory is None or scratch is None or len(scratch) < SCRATCH_SIZE or not at_a_bundle:
        return _NOT_HERE
    recorded = machine.value_trace if machine.enable_debug else {}
    if type(recorded) not in (dict, defaultdict):
        return _NOT_HERE
    engine = Timeline.on(
        choose_core("compiled"),
        loaded.program,
        memory,
        reference=recorded if machine.enable_debug else None,
        debug=bool(machine.enable_debug),
        pauses=bool(machine.enable_pause),
    )
    for pc in loaded.left_out:
        engine.flags[pc] = BREAK_BEFORE
    here: Any = scratch[:SCRATCH_SIZE]
    words: Any = memory
    engine.restore(Checkpoint(core.pc, 0, 0, State.RUNNING, here, words, ()))
    try:
        reason = engine.run(NO_LIMIT, check_first=True).reason
    finally:  # an interrupt ends a run between two bundles
        core.scratch[:SCRATCH_SIZE] = engine.scratch.tolist()
        _give_back(machine.mem, engine.memory.tolist())
        core.trace_buf.extend(engine.trace)
        core.pc = engine.pc
        machine.cycle += engine.cycle
    return engine.position, reason


def _words_of(given: Any) -> array[int] | None:
    """A copy of words; None for what is no list or array of such."""
    if type(given) is not list:
        given = given.tolist() if hasattr(given, "tolist") else None
    try:
        return None if given is None else array("I", given)
    except (TypeError, OverflowError):
        return None


def _give_back(mem: Any, words: list[int]) -> None:
    if type(mem) is list:
        mem[:] = words
        return
    for address, word in enumerate(words):
        if mem[address] != word:
            mem[address] = word
