"""Requests about the program: where it stands, its listing, its bundles one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from vliwdbg.dap.adapter import Adapter
from vliwdbg.dap.arguments import RequestError
from vliwdbg.dap.conversation import Body
from vliwdbg.dap.listing import MIME_TYPE, THE_END
from vliwdbg.dap.memory import address_of
from vliwdbg.dap.table import Row
from vliwdbg.printable import printable
from vliwdbg.render.moves import slots_text
from vliwdbg.views.listing import used_slots

BUNDLE = 1
"""The frame of the bundle; those of the tags around it have the numbers that follow."""
MOST_INSTRUCTIONS = 10_000


def stack_trace(adapter: Adapter, *, start_frame: int = 0, levels: int = 0) -> Body:
    frames = list(_frames(adapter))
    first = max(start_frame, 0)
    stop = first + levels if levels > 0 else len(frames)
    return {"stackFrames": frames[first:stop], "totalFrames": len(frames)}


def _frames(adapter: Adapter) -> Iterator[dict[str, Any]]:
    """The bundle that is next, and the tags around it, the innermost first."""
    session = adapter.session
    pc, program = session.core.pc, session.program
    ended = pc >= len(program)
    what = THE_END if ended else slots_text(used_slots(program.bundle(pc)))
    yield _frame(adapter, BUNDLE, f"pc {pc}  {what}", pc)
    holding = [tag for tag in program.tags if tag.pc <= pc < tag.end]
    innermost_first = sorted(holding, key=lambda tag: (-tag.pc, tag.end))
    for number, tag in enumerate(innermost_first, BUNDLE + 1):
        yield _frame(adapter, number, printable(tag.name), tag.pc)


def _frame(adapter: Adapter, number: int, name: str, pc: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "column": adapter.client.column(0),
        "instructionPointerReference": hex(pc),
        **adapter.listing.place(pc, adapter.client),
    }


class SourceRef(NamedTuple):
    """A document by its number."""

    source_reference: int = 0


def source(adapter: Adapter, *, source_reference: int = 0, source: SourceRef | None = None) -> Body:
    listing = adapter.listing
    number = source.source_reference if source and source.source_reference else source_reference
    adapter.verify_launched()
    if number != listing.number:
        raise RequestError(f"the listing of this program is {listing.number}, not {number}")
    return {"content": adapter.listing_text(), "mimeType": MIME_TYPE}


def loaded_sources(adapter: Adapter) -> Body:
    adapter.verify_launched()
    return {"sources": [adapter.listing.source]}


def disassemble(
    adapter: Adapter,
    *,
    memory_reference: str,
    instruction_count: int,
    offset: int = 0,
    instruction_offset: int = 0,
) -> Body:
    adapter.verify_launched()
    if not 0 <= instruction_count <= MOST_INSTRUCTIONS:
        raise RequestError(f"instructionCount is at most {MOST_INSTRUCTIONS}")
    first = address_of(memory_reference, offset) + instruction_offset
    pcs = range(first, first + instruction_count)
    return {"instructions": [_instruction(adapter, pc) for pc in pcs]}


def _instruction(adapter: Adapter, pc: int) -> Body:
    if not 0 <= pc < len(adapter.listing.program):
        # An address is hexadecimal after 0x, else decimal: the one way to write a negative one.
        address = hex(pc) if pc >= 0 else str(pc)
        return {"address": address, "instruction": "", "presentationHint": "invalid"}
    place = adapter.listing.place(pc, adapter.client)
    return {
        "address": hex(pc),
        "instruction": adapter.listing.slots(pc),
        "location": place["source"],
        "line": place["line"],
    }


ROWS = (
    Row("stackTrace", stack_trace),
    Row("source", source),
    Row("loadedSources", loaded_sources),
    Row("disassemble", disassemble),
)
