"""What the panes share: the session, and how its user looks at it. Nothing here draws.

Whatever is true of the program and its run is in the session. The desk is how it looked when it
was last at rest, so that panes can be drawn while a command runs on in its thread; and it adds the
bundle looked at, the radix of words, and the transcript of commands and replies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from machine.disassembly import ScratchNames
from machine.problem import Layout
from machine.program import Program
from machine.stops import Commit, Stop
from vliwdbg.session.session import Session, StopEvent
from vliwdbg.session.snapshot import Snapshot, changed_words, snapshot_of
from vliwdbg.views.breakpoints import BreakpointView, breakpoint_views
from vliwdbg.views.listing import tags_by_pc
from vliwdbg.views.radix import DECIMAL, HEX, SIGNED, Radix
from vliwdbg.views.words import MemoryRows, WordRow, scratch_rows

MOST_LINES = 5_000
"""Of the transcript; the oldest go."""


RADIXES = (HEX, DECIMAL, SIGNED)
"""How the panes may write words, in turn."""


class Line(NamedTuple):
    """A line of the transcript: `kind` is command, reply, table, stop, fault, error or note."""

    kind: str
    text: str


class Look(NamedTuple):
    """What a session at rest is like. `marked` is, for each breakpoint that may stop before a
    bundle, whether it is enabled and a byte for each pc."""

    program: Program
    names: ScratchNames
    layout: Layout | None
    now: Snapshot
    last: Commit | None
    stop: StopEvent
    end: Stop | None
    breakpoints: tuple[BreakpointView, ...]
    marked: tuple[tuple[bool, bytes], ...]


def look_at(session: Session) -> Look:
    """Look at a session; to be called where it is at rest, and kept as long as one likes."""
    breakpoints = session.breakpoints.all.values()
    return Look(
        session.program,
        session.names,
        session.layout,
        snapshot_of(session.core),
        session.core.last_commit(),
        session.arrival,
        session.end,
        breakpoint_views(session),
        tuple((b.enabled, b.flags) for b in breakpoints if not b.watched),
    )


class Desk:
    """One user at one session, and what the session was like when last looked at."""

    def __init__(self, look: Look) -> None:
        self.radix: Radix = HEX
        self.transcript: list[Line] = []
        self.latest = 0
        """Where in it the latest exchange begins."""
        self.looking = 0
        """The pc of the bundle looked at."""
        self.settled = 0
        """Counts the looks; whatever is drawn belongs to one of them."""
        self._take(look)
        self.settle(look)

    def _take(self, look: Look) -> None:
        """What stays the same as long as the program does."""
        self.program = look.program
        self.names = look.names
        self.tags = tags_by_pc(look.program)
        self.scratch_rows: list[WordRow] = scratch_rows(look.names)
        self.memory_rows = MemoryRows(look.layout, len(look.now.memory))
        self.now = look.now
        self.left = self.now
        """Where the last move began."""
        self.look_at_next()

    def settle(self, look: Look) -> None:
        """Show another look."""
        if self.program is not look.program:
            self._take(look)
        before, self.now = self.now, look.now
        if (before.position, before.pc) != (self.now.position, self.now.pc):
            self.left = before
            self.look_at_next()
        self.last = look.last
        self.stop = look.stop
        self.end = look.end
        self.breakpoints = look.breakpoints
        self._marked = look.marked
        self.changed_scratch = _changed(self.last.scratch if self.last else ())
        self.changed_memory = _changed(self.last.memory if self.last else ())
        self.since_scratch = changed_words(self.left.scratch, self.now.scratch)
        self.since_memory = changed_words(self.left.memory, self.now.memory)
        self.settled += 1

    def look_at_next(self) -> None:
        """Look at the bundle that is next, or at the last one where the program has ended."""
        self.looking = max(min(self.now.pc, len(self.program) - 1), 0)

    def look_at_last(self) -> None:
        """Look at the bundle executed last, if there is one."""
        if self.last:
            self.looking = self.last.pc

    def next_radix(self) -> None:
        """Write words in the next radix, and after the last in the first."""
        self.radix = RADIXES[(RADIXES.index(self.radix) + 1) % len(RADIXES)]

    def breakpoints_at(self, pc: int) -> list[bool]:
        """Of those that may stop before the bundle at pc, whether each is enabled."""
        return [enabled for enabled, flags in self._marked if flags[pc : pc + 1] > b"\0"]

    def say(self, lines: Iterable[Line]) -> None:
        """Add the lines of one exchange to the transcript."""
        new = list(lines)
        self.transcript = [*self.transcript, *new][-MOST_LINES:]
        self.latest = max(len(self.transcript) - len(new), 0)


def _changed(writes: Iterable[tuple[int, int, int]]) -> dict[int, int]:
    """Address -> old value, of the words that a commit changed."""
    return {address: old for address, old, new in writes if old != new}
