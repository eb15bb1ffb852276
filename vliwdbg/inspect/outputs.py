"""What a program is judged by: the words of memory that it claims to leave right."""

from __future__ import annotations

from machine.problem import Layout
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.progress import parts_of

_CODES = 4
"""Of producers that are no nodes; as they are negative, they index what is after all nodes."""


def output_addresses(flow: Flow) -> range | set[int]:
    """The addresses of what the program claims; all of memory where nobody knows what it does."""
    layout = Layout.read(flow.memory)
    if layout is None:
        return range(len(flow.memory))
    places = {"values": layout.values, "indices": layout.indices}
    return {address for output in flow.program.outputs for address in places[output]}


def output_stores(flow: Flow) -> list[int]:
    """The nodes that left the last word in each output address that was stored to."""
    writes = flow.memory_writes
    return [writes[address][-1] for address in sorted(output_addresses(flow)) if address in writes]


def reached_from(flow: Flow, nodes: list[int]) -> bytearray:
    """By node, whether what these nodes are was made of it, or it is one of them."""
    marked = bytearray(len(flow))
    for node in nodes:
        marked[node] = 1
    spread(flow, marked)
    return marked


def spread(flow: Flow, marked: bytearray) -> None:
    """Mark whatever marked nodes were made of."""
    marked += bytes(_CODES)
    nodes = parts_of("outputs", range(len(flow) - 1, -1, -1))
    for node, a, b, c, stored in zip(
        nodes, *map(reversed, flow.sources), reversed(flow.stored), strict=True
    ):
        if marked[node]:
            marked[a] = marked[b] = marked[c] = marked[stored] = 1
    del marked[-_CODES:]
