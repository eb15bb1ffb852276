"""A program as text: a slot a line, with names, and with what it made where that is known.

        0  load    r1 = 8                                        ; 8
           load    r3 = 2310                                     ; 2310

It is known of a bundle that was executed, and if it was executed more than once, of those slots
that made the same each time.
"""

from __future__ import annotations

from collections.abc import Iterator

from machine.disassembly import format_slot
from vliwdbg.export.made import made
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.words import notes_of
from vliwdbg.printable import printable

_WIDTH = 44
"""Characters of a slot, before what it made."""


def asm_lines(flow: Flow) -> Iterator[str]:
    """The whole program, with the values of this run of it."""
    program = flow.program
    yield f"; {printable(program.name)}: {len(program)} bundles, {flow.cycles[-1]} cycles"
    for note in notes_of(flow):
        yield f"; {printable(note)}"
    for pc in parts_of("bundles", range(len(program)), 1000):
        for tag in program.tags:
            if tag.pc == pc:
                yield f"; {printable(tag.name)}"
        yield from _bundle_lines(flow, pc)


def _bundle_lines(flow: Flow, pc: int) -> Iterator[str]:
    steps = flow.steps_of(pc)
    if len(steps) != 1:
        yield f"; executed {len(steps)} times" if steps else "; never executed"
    slots = list(iter(flow.program.bundle(pc)))
    if not slots:
        yield f"{pc:>6}  empty"
    first = flow.first_slot_of(pc)
    for at, slot in enumerate(slots):
        text = printable(format_slot(slot, flow.names))
        known = {made(flow, step, first + at) for step in steps}
        value = known.pop() if len(known) == 1 else ""
        place = f"{pc:>6}" if not at else " " * 6
        line = f"{place}  {slot.engine:<6} {text}"
        yield f"{line:<{_WIDTH}}  ; {value}" if value else line
