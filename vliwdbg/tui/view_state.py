"""What the panes share: the session, and how its user looks at it. Nothing here draws.

Whatever is true of the program and its run is in the session. The view state is how it looked
when it was last at rest, so that panes can be drawn while a command runs on in its thread; and it
adds the bundle looked at, the radix of words, and the transcript of commands and replies.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby
from typing import NamedTuple

from machine.disassembly import ScratchNames
from machine.problem import Layout
from machine.program import Program
from machine.stops import Commit, Stop
from vliwdbg.commands.console import Console
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.following import Following, follow
from vliwdbg.inspect.held import held_word, live_words
from vliwdbg.inspect.outcome import Outcome
from vliwdbg.inspect.slots import SlotOf, Slots, slots_stopped_at
from vliwdbg.session.places import Place
from vliwdbg.session.program_index import union
from vliwdbg.session.session import StopEvent
from vliwdbg.session.snapshot import Snapshot, changed_words, snapshot_of
from vliwdbg.tui.answers import AnswerLine, answer_lines
from vliwdbg.views.answers import Answer
from vliwdbg.views.breakpoints import BreakpointView, breakpoint_views
from vliwdbg.views.listing import tags_by_pc
from vliwdbg.views.occupancy import Occupancy, Window, is_straight, occupancy
from vliwdbg.views.origins import NO_BARS, Bars, Origins
from vliwdbg.views.places import Space
from vliwdbg.views.radix import HEX, Radix
from vliwdbg.views.ribbon import EXECUTING
from vliwdbg.views.words import MemoryRows, WordRow, rows_of, scratch_rows

PICTURED_AT_ONCE = 20_000
"""Bundles of a program whose picture takes a few milliseconds."""
MOST_LINES = 5_000
"""Of the transcript; the oldest go."""


class Line(NamedTuple):
    """A line of the transcript: `kind` is command, reply, table, stop, fault, error or note."""

    kind: str
    text: str


Exchange = Callable[[Radix], Sequence[Line]]
"""What was said at once, as lines whose words are in a radix."""


class _Told(NamedTuple):
    """An exchange of the transcript, and how many lines it is."""

    exchange: Exchange
    lines: int


class Followed(NamedTuple):
    """A value that is followed: what its words are called, its story in steps, and in pcs."""

    label: str
    story: Following
    writes: frozenset[int]
    reads: frozenset[int]


class Beside(NamedTuple):
    """Another program, shown in step: by bundle of this one the bundle that does most of the same,
    -1 where there is none."""

    name: str
    program: Program
    partners: Sequence[int]


BESIDE = "beside"
"""What stands for the other program among the engines that may be spelled out."""


class Look(NamedTuple):
    """What a session at rest is like. `marked` is, for each breakpoint that may stop before a
    bundle, whether it is enabled and a byte for each pc; `waited` are the cycles that breakpoints
    wait for, by number, and `candidates` where each may stop, a byte for each pc. `met` are the
    slots that the stop is about, and `marks` the user's, by position. `displayed` are the words
    that are shown after each move."""

    program: Program
    names: ScratchNames
    layout: Layout | None
    now: Snapshot
    last: Commit | None
    stop: StopEvent
    end: Stop | None
    breakpoints: tuple[BreakpointView, ...]
    marked: tuple[tuple[bool, bytes], ...]
    waited: Mapping[int, int]
    candidates: Mapping[int, bytes]
    met: frozenset[SlotOf]
    marks: tuple[tuple[str, int], ...]
    starting_memory: Sequence[int]
    displayed: tuple[Place, ...]


def look_at(console: Console) -> Look:
    """Look at a session; to be called where it is at rest, and kept as long as one likes."""
    session = console.session
    displays = console.displays.values()
    breakpoints = session.breakpoints.all.values()
    return Look(
        session.program,
        session.names,
        session.layout,
        snapshot_of(session.core),
        session.core.last_commit(),
        session.stop_event,
        session.end,
        breakpoint_views(session),
        tuple((b.enabled, b.flags) for b in breakpoints if not b.watched),
        {b.number: b.cycle for b in breakpoints if b.enabled and b.cycle is not None},
        {b.number: b.flags for b in breakpoints},
        slots_stopped_at(session),
        tuple(session.marks.items()),
        session.starting_memory,
        tuple(place for one in displays for place in one.expression.places(session.scope)),
    )


class ViewState:
    """One user at one session, and what the session was like when last looked at."""

    def __init__(self, look: Look) -> None:
        self.radix: Radix = HEX
        self.spelled = "valu"
        """The engine that the listing spells out."""
        self.transcript: list[Line] = []
        self._told: deque[_Told] = deque()
        """What the transcript tells, to be told in another radix."""
        self._lines_told = 0
        self.playing = ""
        """How fast the run is played; empty while it is not."""
        self.latest = 0
        """Where in it the latest exchange begins."""
        self.looking = 0
        """The pc of the bundle looked at."""
        self.settled = 0
        """Counts the looks; whatever is drawn belongs to one of them."""
        self.marks: tuple[tuple[int, str], ...] = ()
        """What the timeline marks: (cycle, character) each; a later one hides one before."""
        self._take(look)
        self.settle(look)

    def _take(self, look: Look) -> None:
        """What stays the same as long as the program does."""
        self.program = look.program
        self.names = look.names
        self.tags = tags_by_pc(look.program)
        self.origins = Origins(look.program)
        self.bars = NO_BARS if self.origins.known else self.origins.bars
        """Of rounds, vectors or tags; notes are many, and are looked through beside all else."""
        self.followed: Followed | None = None
        self.flow: Flow | None = None
        self.outcome: Outcome | None = None
        self.edited = False
        """Whether the program's file has changed since it was read."""
        self.asked = ""
        self.answer: Answer | None = None
        self.answer_lines: list[AnswerLine] = []
        """What was asked last, and what was answered."""
        self.beside: Beside | None = None
        if self.spelled == BESIDE:
            self.spelled = "valu"
        self.pressure: Sequence[int] = ()
        """By cycle, how many words of scratch hold a value that is still to be read."""
        self.reasons: Mapping[int, Mapping[str, str]] = {}
        """Why slots are free: cycle -> engine -> a few words."""
        self.starting_memory = look.starting_memory
        self._take_picture(look.program)
        self.scratch_rows: list[WordRow] = scratch_rows(look.names)
        self.layout = look.layout
        self.memory_rows = MemoryRows(look.layout, len(look.now.memory))
        self.levels = MemoryRows(look.layout, len(look.now.memory), by_level=True)
        regions = dict(self.memory_rows.regions)
        self.slots = Slots(look.program, self.origins, look.names, regions)
        self.searched = ""
        self.found: Sequence[int] = ()
        """The bundles with a slot that was searched."""
        self.now = look.now
        self.left = self.now
        """Where the last move began."""
        self.look_at_next()

    def _take_picture(self, program: Program) -> None:
        """The picture of the run, where it can be had at once."""
        self.occupancy: Occupancy | None = None
        self.window = Window(0, 0)
        if len(program) <= PICTURED_AT_ONCE and is_straight(program):
            self._picture(occupancy(program))

    def _picture(self, picture: Occupancy) -> None:
        self.occupancy = picture
        self.window = Window(0, picture.cycles)

    def settle(self, look: Look) -> None:
        """Show another look."""
        if self.program is not look.program:
            self._take(look)
        before, self.now = self.now, look.now
        self.met = look.met
        if (before.position, before.pc) != (self.now.position, self.now.pc):
            self.left = before
            self._look_where_it_stopped()
        self.last = look.last
        self.stop = look.stop
        self.end = look.end
        self.breakpoints = look.breakpoints
        self._marked = look.marked
        self.waited = look.waited
        self.candidates = look.candidates
        self._user_marks = look.marks
        self._displayed = look.displayed
        self.settle_marks()
        if self.occupancy:
            self.window = self.window.showing(self.now.cycle, self.occupancy.cycles)
        self.changed_scratch = _changed(self.last.scratch if self.last else ())
        self.changed_memory = _changed(self.last.memory if self.last else ())
        self.since_scratch = changed_words(self.left.scratch, self.now.scratch)
        self.since_memory = changed_words(self.left.memory, self.now.memory)
        self.settled += 1

    def look_at_next(self) -> None:
        """Look at the bundle that is next, or at the last one where the program has ended."""
        self.looking = max(min(self.now.pc, len(self.program) - 1), 0)

    def _look_where_it_stopped(self) -> None:
        """Look at what a watchpoint saw, or else at the bundle that is next."""
        self.look_at_next()
        pcs = {slot.pc for slot in self.met}
        if pcs and self.looking not in pcs:
            self.looking = min(pcs)

    def next_candidate(self, number: int) -> int | None:
        """The next bundle from the one looked at on, around the end, at which a breakpoint may
        stop; None where there is none."""
        flags = self.candidates.get(number, b"")
        there = [pc for pc, flag in enumerate(flags) if flag]
        return next((pc for pc in there if pc > self.looking), there[0] if there else None)

    def look_at_last(self) -> None:
        """Look at the bundle executed last, if there is one."""
        if self.last:
            self.looking = self.last.pc

    def take_bars(self, bars: Bars) -> None:
        """Have what the notes about slots tell."""
        self.bars = bars

    def take_flow(self, flow: Flow) -> None:
        """Have the graph of the run, and with it the picture of a program that jumps."""
        self.flow = flow
        self.slots = replace(self.slots, flow=flow)
        if self.occupancy is None:
            self._picture(occupancy(self.program, flow.pcs))
            self.settle_marks()

    def take_outcome(self, outcome: Outcome) -> None:
        """Have what comes of the run."""
        self.outcome = outcome

    def take_pressure(self, pressure: Sequence[int]) -> None:
        """Have how many words are live at each cycle."""
        self.pressure = pressure

    def take_reasons(self, reasons: Mapping[int, Mapping[str, str]]) -> None:
        """Have why slots are free."""
        self.reasons = reasons

    def cycle_looked_at(self) -> int | None:
        """The cycle of the bundle looked at, the next one of a loop; None where nobody knows."""
        now = self.now
        if self.looking == now.pc:
            return now.cycle
        picture = self.occupancy
        if picture is None:
            return None
        if isinstance(picture.executed, range):
            return picture.started[self.looking]
        steps = self.flow.steps_of(self.looking) if self.flow else ()
        later = next((step for step in steps if step >= now.position), None)
        step = later if later is not None else max(steps, default=None)
        return None if step is None else picture.started[step]

    def take_beside(self, beside: Beside) -> None:
        """Have another program to be shown in step with this one."""
        self.beside, self.spelled = beside, BESIDE

    def spellable(self) -> tuple[str, ...]:
        """What the listing may spell out: engines, and another program where there is one."""
        return (*EXECUTING, BESIDE) if self.beside else EXECUTING

    def touched_rows(self) -> list[WordRow]:
        """The words of scratch that the bundle looked at is about, and those that are watched or
        displayed."""
        program = self.program
        words: set[int] = set()
        if self.looking < len(program):
            for slot in program.bundle(self.looking):
                for at, width in (*slot.defs, *slot.uses):
                    words.update(range(at, at + width))
        watched = (self.slots.place(stop.source) for stop in self.breakpoints if stop.access)
        for place in (*watched, *self._displayed):
            if place and not place.memory:
                words.update(range(place.start, place.stop))
        return rows_of(self.names, words)

    def live_rows(self) -> list[WordRow]:
        """Live values, the newest first, and then the words that are free; without a graph of the
        run nothing."""
        if self.flow is None:
            return []
        now = self.now
        live = live_words(self.flow, now.position)
        rows: list[WordRow] = []
        for written, together in groupby(live, key=lambda held: held.written):
            rows.append(WordRow(f"written {now.cycle - written} cycles ago", 0, 0))
            rows += rows_of(self.names, (held.word for held in together))
        taken = {held.word for held in live}
        free = [word for word in range(len(now.scratch)) if word not in taken]
        rows.append(WordRow(f"{len(free)} words are free", 0, 0))
        return [*rows, *rows_of(self.names, free)]

    def age_text(self, word: int) -> str:
        """How long ago a word of scratch was written, and whether it is free; empty where nobody
        knows."""
        held = held_word(self.flow, word, self.now.position) if self.flow else None
        if held is None:
            return ""
        ago = self.now.cycle - held.written
        return f" · {ago} ago{'' if held.live else ', free'}"

    def pc_at(self, cycle: int) -> int | None:
        """The bundle that takes a cycle; None where nobody knows."""
        picture = self.occupancy
        if picture is None or not 0 <= cycle < picture.cycles:
            return None
        return picture.executed[bisect_right(picture.started, cycle) - 1]

    def take_answer(self, asked: str, answer: Answer) -> None:
        """Have an answer to walk through, whose places the timeline marks."""
        self.asked, self.answer = asked, answer
        self.answer_lines = answer_lines(answer, self.radix)
        self.settle_marks()

    def why_free(self) -> Mapping[str, str]:
        """Why slots of the bundle looked at are free, as far as it is known: by engine."""
        cycle = self.cycle_looked_at() if self.reasons else None
        return {} if cycle is None else self.reasons.get(cycle, {})

    def search(self, text: str) -> None:
        """Find the bundles with such a slot, or the one with this number. Raises NoRunError."""
        here = text.isdecimal() and int(text) < len(self.program)
        self.found = [int(text)] if here else self.slots.pcs(text)
        self.searched = text

    def zoom(self, factor: float) -> None:
        """See so many times as many cycles of the run."""
        if self.occupancy:
            self.window = self.window.zoomed(factor, self.now.cycle, self.occupancy.cycles)

    def follow(self, words: Place, step: int) -> Following | None:
        """Follow the value that words have before a step; None where there is no graph yet."""
        if self.flow is None:
            return None
        space: Space = "memory" if words.memory else "scratch"
        story = follow(self.flow, space, range(words.start, words.stop), step)
        pcs = self.flow.pcs
        writes = frozenset(pcs[at] for at in story.writes)
        reads = frozenset(pcs[at] for at in story.reads)
        self.followed = Followed(words.text(self.names), story, writes, reads)
        return story

    def follows(self, pc: int) -> tuple[bool, bool]:
        """Whether the bundle writes, and whether it reads, the value that is followed."""
        followed = self.followed
        return (pc in followed.writes, pc in followed.reads) if followed else (False, False)

    def settle_marks(self) -> None:
        """What the timeline marks, as it is now."""
        self.marks = tuple(self._timeline_marks())

    def _timeline_marks(self) -> Iterator[tuple[int, str]]:
        picture = self.occupancy
        if picture is None:
            return
        flags = union((flags for enabled, flags in self._marked if enabled), len(self.program))
        yield from ((cycle, "●") for cycle in (*picture.cycles_where(flags), *self.waited.values()))
        jumps = (line.jump for line in self.answer_lines)
        yield from ((jump.cycle, "◇") for jump in jumps if jump)
        if self.followed:
            yield from ((picture.started[step], "◆") for step in self.followed.story.writes)
        for name, position in self._user_marks:
            if position < len(picture.started):
                yield picture.started[position], name[0]

    def write_in(self, radix: Radix) -> None:
        """Write all words in a radix, those that were told before too."""
        self.radix = radix
        if self.answer:
            self.answer_lines = answer_lines(self.answer, radix)
        told = chain.from_iterable(exchange(radix) for exchange, _ in self._told)
        self.transcript = [*told][-MOST_LINES:]

    def breakpoints_at(self, pc: int) -> list[bool]:
        """Of those that may stop before the bundle at pc, whether each is enabled."""
        return [enabled for enabled, flags in self._marked if flags[pc : pc + 1] > b"\0"]

    def say(self, exchange: Exchange) -> None:
        """Add the lines of one exchange to the transcript."""
        new = exchange(self.radix)
        self.transcript = [*self.transcript, *new][-MOST_LINES:]
        self.latest = max(len(self.transcript) - len(new), 0)
        self._told.append(_Told(exchange, len(new)))
        self._lines_told += len(new)
        while self._lines_told - self._told[0].lines >= MOST_LINES:
            self._lines_told -= self._told.popleft().lines


def _changed(writes: Iterable[tuple[int, int, int]]) -> dict[int, int]:
    """Address -> old value, of the words that a commit changed."""
    return {address: old for address, old, new in writes if old != new}
