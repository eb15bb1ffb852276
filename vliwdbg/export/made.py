"""What a slot made when it was executed, in a few characters."""

from __future__ import annotations

from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.words import value_of, words_at
from vliwdbg.views.radix import RADIXES

_UNSIGNED = RADIXES["u"]


def made(flow: Flow, step: int, slot: int) -> str:
    """The words that a slot wrote, `7` or `{1, 2}`; with where in memory, if it was there: of a
    load `{1, 2} from mem[8:10]`, of a store `mem[8] = 7`. Empty where it wrote none."""
    nodes = flow.nodes_of(step, slot)
    access = flow.access(slot)
    if not nodes or (access.dest is None and not access.memory):
        return ""
    words = _UNSIGNED.value_text(value_of(flow.values[nodes.start : nodes.stop].tolist()))
    if not access.memory:
        return words
    first = flow.addresses[nodes.start]
    place = words_at(flow, True, first, first + len(nodes)).text
    return f"{words} from {place}" if access.dest is not None else f"{place} = {words}"
