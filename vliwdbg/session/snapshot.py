"""A machine held still: its words at one position, to be looked at while it runs on."""

from __future__ import annotations

from array import array
from typing import NamedTuple

from machine.machine import Timeline
from machine.stops import State

COMPARED = 1024
"""Words compared at once."""


class Snapshot(NamedTuple):
    """A machine at one position: its own words, which stay when the machine goes on."""

    pc: int
    cycle: int
    position: int
    state: State
    scratch: array[int]
    memory: array[int]


def snapshot_of(core: Timeline) -> Snapshot:
    """The machine as it is."""
    # In one piece: two million words of memory take some milliseconds, not a hundred.
    scratch, memory = core.scratch.toarray(), core.memory.toarray()
    return Snapshot(core.pc, core.cycle, core.position, core.state, scratch, memory)


def changed_words(before: array[int], now: array[int]) -> dict[int, int]:
    """Address -> old value, of the words that differ between two states of one memory."""
    return {
        address: before[address]
        for first in range(0, len(now), COMPARED)
        if before[first : first + COMPARED] != now[first : first + COMPARED]
        for address in range(first, min(first + COMPARED, len(now)))
        if before[address] != now[address]
    }
