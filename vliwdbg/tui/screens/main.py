"""The debugger's screen: panes, status, reply, keys or command line.

    key ──> Key ──> command line ──> job, in a thread ──> Session
                                                             │
    Room.show() <────────────── SessionChanged <─────────────┘

Keys and the command line end in `execute`, and nothing else touches the session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from string import digits
from typing import ClassVar, NamedTuple

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from machine.program import Program
from machine.stops import Reason, State
from vliwdbg.commands.table import Reply
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.following import Following, writing_slot
from vliwdbg.inspect.replay import replay
from vliwdbg.render import Columns, lines_of
from vliwdbg.tui.arrangement import PANES
from vliwdbg.tui.desk import Desk, Followed, Line
from vliwdbg.tui.dialogue import Dialogue, Progress
from vliwdbg.tui.history import History
from vliwdbg.tui.jobs import MOST_WAITING, Job, Jobs
from vliwdbg.tui.keymap import GROUPS, KEYS, available, remapped
from vliwdbg.tui.pending import Pending
from vliwdbg.tui.screens.keys import KeysScreen
from vliwdbg.tui.screens.room import Room
from vliwdbg.tui.searching import find_row
from vliwdbg.tui.widgets.bars import KeysLine, ReplyLine, StatusLine, ValueLine
from vliwdbg.tui.widgets.bundle import BundlePane
from vliwdbg.tui.widgets.command_line import COMMAND, SEARCH, CommandLine, HintLine
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.tui.widgets.timeline import TimelinePane
from vliwdbg.views.base import View
from vliwdbg.views.moves import Moved

FRAME_SECONDS = 0.05
"""Between two looks at how far a command is."""
MOST_FOLLOWED = 500_000
"""Lanes of the run that values are followed in: three times the baseline's."""
PLAY_SECONDS = 0.15
REPEATS = "…"
"""What an empty line is called while it runs."""


def _said(reply: Reply) -> Iterator[Line]:
    """A reply as lines of the transcript."""
    kind = _kind(reply.view)
    for line in lines_of(reply.view):
        yield Line("table" if isinstance(line, Columns) else kind, line)


def _kind(view: View) -> str:
    if not view.ok:
        return "error"
    if not isinstance(view, Moved):
        return "reply"
    return "fault" if view.fault else "stop"


class Spot(NamedTuple):
    """Where somebody looked: the cycle, the chosen pane and its row, the value followed."""

    cycle: int
    pane: str
    row: int
    followed: Followed | None


class SessionChanged(Message):
    """Something in the session may be different: draw again."""


class MainScreen(Screen[int]):
    """One session and its user."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding() for key in KEYS),
        *(Binding(digit, f"digit('{digit}')", show=False, priority=True) for digit in digits),
    ]
    AUTO_FOCUS = None

    def __init__(
        self,
        dialogue: Dialogue,
        history: History,
        lines: Sequence[str] = (),
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.dialogue = dialogue
        self.desk = Desk(dialogue.session)
        self.groups = list(available(remapped(GROUPS, keymap or {}), dialogue.knows))
        self.keys_by_id = {key.id: key for group in self.groups for key in group.keys}
        self.history = history
        self.jobs = Jobs(self.run_worker)
        self.pending = Pending()
        self.playing = False
        self.trail: list[Spot] = []
        self._first_lines = list(lines)
        self._thread = ThreadPoolExecutor(1, "session")

    def compose(self) -> ComposeResult:
        yield StatusLine(self.desk)
        yield Room(self.desk)
        yield ValueLine(self.desk)
        yield ReplyLine(self.desk)
        yield KeysLine(self.keys_by_id, self.pending)
        yield HintLine()
        yield CommandLine(
            self.history, self.dialogue.complete, self.dialogue.explain, self._take_line
        )

    def on_mount(self) -> None:
        self.desk.say(Line("note", note) for note in self.dialogue.session.notes())
        self._reply(self.desk.transcript)
        self._show_all()
        self._make_flow(self.desk.program, self.dialogue.session.starting_memory)
        self._execute_first_lines()

    @work
    async def _execute_first_lines(self) -> None:
        for line in self._first_lines:
            self.execute(line)
            await self.wait_until_idle()

    def on_unmount(self) -> None:
        self.dialogue.interrupted = True
        self._thread.shutdown()

    # what is where

    @property
    def room(self) -> Room:
        return self.query_one(Room)

    @property
    def pane(self) -> Pane:
        """The chosen pane."""
        return self.room.pane

    @property
    def status(self) -> StatusLine:
        return self.query_one(StatusLine)

    # executing

    def execute(self, line: str, *, typed: bool = False) -> None:
        """Execute a command line, after those that were given before."""
        self._add_job(line or REPEATS, partial(self._execute, line, typed))

    def _add_job(self, name: str, job: Job) -> None:
        if not self.jobs.add(name, job):
            under_way = f"{self.jobs.running} is under way, and {MOST_WAITING} wait"
            self._reply([Line("error", f"{under_way}; Escape interrupts.")])

    async def _execute(self, line: str, typed: bool) -> None:
        replies: list[Reply] = []
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._thread, self.dialogue.execute, line, replies.append)
        while not work.done():
            await asyncio.wait([work], timeout=FRAME_SECONDS)
            self.status.show_progress(self.dialogue.progress)
        work.result()
        self._tell(line, replies, typed)
        program = self.desk.program
        self.desk.settle(self.dialogue.session)
        if self.desk.program is not program:
            self.trail.clear()
            self._make_flow(self.desk.program, self.dialogue.session.starting_memory)
        self.post_message(SessionChanged())
        if self.dialogue.console.attaching:
            self.action_command()

    def _tell(self, line: str, replies: Sequence[Reply], typed: bool) -> None:
        """Show what came of a line: briefly always, at length where somebody typed it."""
        lines = [said for reply in replies for said in _said(reply)]
        self.desk.say([Line("command", line), *lines] if line else lines)
        self._reply(lines)
        moved = any(isinstance(reply.view, Moved) for reply in replies)
        if typed and len(lines) > 1 and not moved:
            self.room.bring("messages")
        codes = [reply.quit for reply in replies if reply.quit is not None]
        if codes:
            self.app.exit(codes[0])

    def _reply(self, lines: Sequence[Line]) -> None:
        self.query_one(ReplyLine).say(lines)

    @on(SessionChanged)
    def _show_all(self) -> None:
        """Draw all panes again."""
        self.room.show()
        self.status.refresh()

    async def wait_until_idle(self) -> None:
        """Until nothing runs."""
        await self.jobs.wait_until_idle()

    # keys

    async def action_key(self, key_id: str) -> None:
        """Do what a key stands for: a command line, or an action."""
        key = self.keys_by_id.get(key_id)
        count = self.pending.take()
        self._show_pending()
        if key is None:
            return
        if key.action:
            await self._act(key.action)
        elif (line := self._filled(key.command_line(count))) is not None:
            self.execute(line)

    async def _act(self, action: str) -> None:
        _, in_room, rest = action.partition("room.")
        await self.app.run_action(rest or action, self.room if in_room else self)

    def _filled(self, line: str) -> str | None:
        """The line with the cursor's bundle and words in it."""
        place = self.pane.place()
        if "{place}" in line and not place:
            where = "there are no words under the cursor; choose some in scratch or memory (p3, p4)"
            self._reply([Line("error", where)])
            return None
        return line.format(pc=self.desk.looking, place=place)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Keys are the command line's while it is open."""
        return not (action in ("key", "digit") and self.has_class("-commanding"))

    def action_digit(self, digit: str) -> None:
        """A digit of a count, or the number of a pane after `p`."""
        number = self.pending.add(digit)
        self._show_pending()
        if number and number <= len(PANES):
            self.room.choose(PANES[number - 1])

    def _show_pending(self) -> None:
        self.query_one(KeysLine).refresh()

    # actions, in the order of the keymap

    def action_play(self) -> None:
        """Step until something stops, or until pressed again."""
        self.playing = not self.playing
        if self.playing:
            self._play()

    @work(group="play", exclusive=True)
    async def _play(self) -> None:
        while self.playing and self.desk.now.state is not State.STOPPED:
            self.execute("step")
            await asyncio.sleep(PLAY_SECONDS)
            await self.wait_until_idle()
            self.playing &= self.desk.arrival.reason is Reason.BUDGET
        self.playing = False

    def action_interrupt(self) -> None:
        """Stop what runs; where nothing does, say how to leave."""
        if self.jobs.running or self.playing:
            self._interrupt()
        else:
            self._reply([Line("note", "Nothing runs; q quits.")])

    def _interrupt(self) -> None:
        self.dialogue.interrupted, self.playing = True, False
        self.jobs.forget()

    def action_breakpoint(self) -> None:
        """A breakpoint at the bundle looked at, or no more."""
        here = f"pc {self.desk.looking}"
        there = [stop for stop in self.desk.breakpoints if stop.source == here and not stop.access]
        self.execute(f"delete {there[0].number}" if there else f"break {here}")

    def action_follow(self) -> None:
        """Go to the slot that wrote the value under the cursor, and tell its story."""
        words, step = self.pane.words_here(), self.pane.step_of_words()
        if words is None:
            self._say("there are no words under the cursor; choose some in scratch or memory")
            return
        story = self.desk.follow(words, step)
        if story is None:
            self._say("the graph of the run is still being made; once more in a moment")
            return
        self._show_followed()
        if story.holding is None:
            self._say(f"Nobody wrote {words.text(self.desk.names)} before; it is as it was found.")
        else:
            self.trail.append(self._here())
            self._go_to_writer(story)

    def _say(self, text: str) -> None:
        self._reply([Line("note", text)])

    def _here(self) -> Spot:
        return Spot(self.desk.now.cycle, self.room.chosen, self.pane.cursor, self.desk.followed)

    def _go_to_writer(self, story: Following) -> None:
        flow = self.desk.flow
        assert flow is not None
        assert story.holding is not None
        slot = writing_slot(flow, story)
        assert slot is not None
        first = flow.slots(story.holding).start
        self._add_job("follow", partial(self._arrive_at, flow.cycles[story.holding], slot - first))

    async def _arrive_at(self, cycle: int, slot: int) -> None:
        if cycle != self.desk.now.cycle:
            await self._execute(f"goto {cycle}", typed=False)
        self.desk.look_at_next()
        self.room.choose("bundle")
        self.room.show()
        bundle = self.room.panes["bundle"]
        assert isinstance(bundle, BundlePane)
        bundle.go_to_slot(slot)

    def action_back(self) -> None:
        """Back to where the value was followed from."""
        if not self.trail:
            self._say("Nothing was followed yet; Enter on a word does.")
            return
        self._add_job("back", partial(self._return_to, self.trail.pop()))

    async def _return_to(self, spot: Spot) -> None:
        if spot.cycle != self.desk.now.cycle:
            await self._execute(f"goto {spot.cycle}", typed=False)
        self.desk.followed = spot.followed
        self._show_followed()
        self.room.choose(spot.pane)
        self.room.pane.move_to(spot.row)

    def _show_followed(self) -> None:
        self.desk.settle_marks(self.dialogue.session)
        self.query_one(ValueLine).refresh()
        self.room.show()

    @work(thread=True, exclusive=True, group="flow")
    def _make_flow(self, program: Program, memory: Sequence[int]) -> None:
        """The graph of the run, beside everything else."""
        flow = replay(program, memory, most=MOST_FOLLOWED)
        self.app.call_from_thread(self._take_flow, program, flow)

    def _take_flow(self, program: Program, flow: Flow) -> None:
        if program is self.desk.program:
            self.desk.take_flow(flow)
            self.room.panes["timeline"].show()

    def action_zoom(self, factor: float) -> None:
        """See so many times as many cycles of the run."""
        self.desk.zoom(factor)
        self.room.panes["timeline"].show()

    @on(TimelinePane.Seek)
    def seek(self, asked: TimelinePane.Seek) -> None:
        """Go to a cycle of the timeline."""
        self.execute(f"goto {asked.cycle}")

    def action_change(self, direction: int) -> None:
        """Choose the next word that changed: of this pane, else of scratch, else of memory."""
        for pane in dict.fromkeys((self.pane, *map(self.room.panes.get, ("scratch", "memory")))):
            if pane and pane.next_change(direction):
                self.room.choose(str(pane.id))
                return
        self._reply([Line("note", "No word has changed since the last stop.")])

    def action_await_pane(self) -> None:
        """The next digit is a pane's number."""
        self.pending.await_pane()
        self._show_pending()

    def action_find(self, direction: int) -> None:
        """The next row of the pane that holds what was searched."""
        if self.pane.found:
            self._add_job(f"/{self.pane.found}", partial(self._find, self.pane, direction))
        else:
            self._reply([Line("note", "Nothing was searched in this pane yet; / does.")])

    async def _find(self, pane: Pane, direction: int) -> None:
        self.dialogue.interrupted = False
        row = await find_row(pane, direction, self._still_searching)
        self.status.show_progress(None)
        if row is not None:
            pane.move_to(row)
            self._reply([])
        elif not self.dialogue.interrupted:
            self._reply([Line("error", f"{pane.found!r} is nowhere in {pane.id}.")])

    def _still_searching(self) -> bool:
        self.status.show_progress(Progress("searching", None))
        return not self.dialogue.interrupted

    def action_cancel(self) -> None:
        """Stop what runs; show all panes again."""
        self._interrupt()
        if self.room.grown:
            self.room.ungrow()

    def action_keys(self) -> None:
        """Show all keys."""
        self.app.push_screen(KeysScreen(self.room.chosen, self.groups))

    def action_palette(self) -> None:
        """All commands, to search."""
        self.app.action_command_palette()

    def action_leave(self) -> None:
        """Quit, and wait for nothing that runs."""
        self._interrupt()
        self.execute("quit")

    # the command line

    def action_command(self, text: str = "") -> None:
        """Open the command line."""
        self._open(COMMAND, text)

    def action_search(self) -> None:
        """Open it for a search."""
        self._open(SEARCH)

    def _open(self, mode: str, text: str = "") -> None:
        self.add_class("-commanding")
        self.query_one(CommandLine).open(mode, text)

    def _close(self) -> None:
        self.remove_class("-commanding")
        self.query_one(CommandLine).is_open = False
        self.set_focus(self.pane)

    def _take_line(self, mode: str, line: str | None) -> None:
        """Execute a line, or search for it."""
        self._close()
        if line is None:
            self._left()
        elif mode == COMMAND:
            self.execute(line, typed=True)
        elif line:
            self.pane.found = line
            if not self.pane.locate(line):
                self.action_find(1)

    def _left(self) -> None:
        if self.dialogue.console.attaching and not self.jobs.running:
            # Keys are commands, and they are not what is to be attached to a breakpoint.
            self.execute("end")

    # the mouse

    @on(Pane.Chosen)
    def choose_pane(self, chosen: Pane.Chosen) -> None:
        """A tab was clicked."""
        self.room.choose(chosen.pane)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A pane was clicked: keys are its own from now on."""
        if not isinstance(event.widget, Pane) or event.widget is not self.focused:
            return  # news of a focus that has moved on since
        if event.widget.id != self.room.chosen:
            self.room.choose(str(event.widget.id))
        if self.has_class("-commanding"):
            self.query_one(CommandLine).leave()
