"""What the words of scratch hold at one moment of a run: since when, and for how long still."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from machine.isa import SCRATCH_SIZE
from vliwdbg.inspect.flow import Flow


class Held(NamedTuple):
    """A word before a step: the cycle that wrote it, and the one that reads it last, if any does
    from now on."""

    word: int
    written: int
    read: int | None

    @property
    def live(self) -> bool:
        """Whether its value is still to be read."""
        return self.read is not None


def held_word(flow: Flow, word: int, step: int) -> Held | None:
    """What a word holds before a step; None where nobody has written it."""
    before = flow.first_node[min(step, len(flow.pcs))]
    writes = flow.word_writes[word]
    at = bisect_left(writes, before)
    if not at:
        return None
    node = writes[at - 1]
    readers = flow.readers(node)
    read = flow.cycles[flow.step_of(readers[-1])] if readers and readers[-1] >= before else None
    return Held(word, flow.cycles[flow.step_of(node)], read)


def live_words(flow: Flow, step: int) -> list[Held]:
    """The words whose values are still to be read, those written last first."""
    words = (held_word(flow, word, step) for word in range(SCRATCH_SIZE))
    live = [held for held in words if held and held.live]
    return sorted(live, key=lambda held: (-held.written, held.word))
