"""The listing as a document that no file holds: a bundle a line, the first line pc 0.

       30  alu 8× v_val = v_val ^ v_node | flow select(…)          ; round 1

Its last line is the end of the program.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from machine.disassembly import ScratchNames, format_slots
from machine.program import Program
from vliwdbg.dap.conversation import Client
from vliwdbg.printable import printable
from vliwdbg.views.listing import tags_by_pc

MIME_TYPE = "text/x-vliw-listing"
THE_END = "the end"


class ListingSource:
    """The document of the program at hand. Each has a number of its own; one that reads as the
    document before keeps it."""

    def __init__(self) -> None:
        self.number = 0
        self.file = ""
        """Which holds it, for clients that show nothing but files; empty where none does."""
        self._program: Program | None = None
        self._names = ScratchNames({})
        self._tags: dict[int, tuple[str, ...]] = {}

    def take(self, program: Program) -> None:
        """Be the document of another program."""
        if self._program is None or not _read_alike(self._program, program):
            self.number += 1
        self._program = program
        self._names = ScratchNames(program.scratch_map)
        self._tags = dict(tags_by_pc(program))

    @property
    def program(self) -> Program:
        assert self._program is not None
        return self._program

    @property
    def name(self) -> str:
        return f"{printable(self.program.name or 'program')}.listing"

    @property
    def source(self) -> dict[str, Any]:
        """How the protocol calls it."""
        if self.file:
            return {"name": os.path.basename(self.file), "path": self.file}
        return {
            "name": self.name,
            "sourceReference": self.number,
            "origin": "bundles of the program, the first line is pc 0",
        }

    def is_meant(self, number: int, name: str, path: str) -> bool:
        """Whether a client means it, which may know it by a number of before, or by name alone."""
        if self.file and path:
            return os.path.realpath(path) == os.path.realpath(self.file)
        return number > 0 or self.name in (name, os.path.basename(path))

    def slots(self, pc: int) -> str:
        """The slots of a bundle; the end where there is none."""
        if pc >= len(self.program):
            return THE_END
        slots = format_slots(iter(self.program.bundle(pc)), self._names)
        return printable(" | ".join(f"{slot.engine} {slot.text}" for slot in slots)) or "empty"

    def lines(self) -> Iterator[str]:
        """All of it."""
        for pc in range(len(self.program) + 1):
            tags = self._tags.get(pc)
            starts = f"  ; {printable(', '.join(tags))}" if tags else ""
            yield f"{pc:>6}  {self.slots(pc)}{starts}"

    def place(self, pc: int, client: Client) -> dict[str, Any]:
        """Where a bundle is: the document, and the line as the client counts it."""
        return {"source": self.source, "line": client.line(min(pc, len(self.program)) + 1)}


def _read_alike(one: Program, other: Program) -> bool:
    facts = [(p.name, p.tags, dict(p.scratch_map)) for p in (one, other)]
    columns = [p.columns.__getstate__() for p in (one, other)]
    return facts[0] == facts[1] and columns[0] == columns[1]
