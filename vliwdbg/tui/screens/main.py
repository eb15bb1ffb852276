"""The debugger's screen: panes, status, reply, keys or command line.

    key ──> Key ──> command line ──> worker ──> Session
                                                   │
    every pane.show() <── SessionChanged <─────────┘

Keys and the command line end in `execute`, and nothing else touches the session.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from string import digits
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from machine.stops import Reason, State
from vliwdbg.commands.table import Reply
from vliwdbg.render.text import lines_of
from vliwdbg.tui.arrangement import PANES
from vliwdbg.tui.desk import Desk, Line
from vliwdbg.tui.dialogue import Dialogue, Progress
from vliwdbg.tui.history import History
from vliwdbg.tui.keymap import GROUPS, KEYS, available, remapped
from vliwdbg.tui.screens.keys import KeysScreen
from vliwdbg.tui.screens.room import Room
from vliwdbg.tui.widgets.bars import KeysLine, ReplyLine, StatusLine
from vliwdbg.tui.widgets.bundle import BundlePane
from vliwdbg.tui.widgets.code import CodePane
from vliwdbg.tui.widgets.command_line import COMMAND, SEARCH, CommandLine, HintLine
from vliwdbg.tui.widgets.messages import MessagesPane
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.tui.widgets.stops import StopsPane
from vliwdbg.tui.widgets.words import MemoryPane, ScratchPane

FRAME_SECONDS = 0.05
"""Between two looks at how far a command is."""
PLAY_SECONDS = 0.15
ROWS_AT_ONCE = 500
"""Rows searched between two looks at the keyboard."""
MOST_DIGITS = 9
MOST_WAITING = 16
"""Command lines that may be given before the first has ended."""


def _said(reply: Reply) -> Iterator[Line]:
    """A reply as lines of the transcript; where a move came to first."""
    kind = ("stop" if reply.arrival else "reply") if reply.ok else "error"
    lines = list(lines_of(reply))
    if reply.arrival:
        lines.insert(0, lines.pop())
    return (Line(kind, line) for text in lines for line in text.splitlines() or [""])


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
        self._first_lines = list(lines)
        self.running = ""
        """The command line under way; empty when none is."""
        self._waiting: deque[tuple[str, bool]] = deque()
        """Command lines given meanwhile, and whether they were typed."""
        self.playing = False
        self._thread = ThreadPoolExecutor(1, "session")
        self._count = ""
        self._awaits_pane = False

    def compose(self) -> ComposeResult:
        desk = self.desk
        yield StatusLine(desk)
        yield Room(
            CodePane("code", desk),
            BundlePane("bundle", desk),
            ScratchPane("scratch", desk),
            MemoryPane("memory", desk),
            StopsPane("stops", desk),
            MessagesPane("messages", desk),
        )
        yield ReplyLine(desk)
        yield KeysLine(self.keys_by_id)
        yield HintLine()
        yield CommandLine(self.history, self.dialogue.complete, self.dialogue.explain)

    def on_mount(self) -> None:
        self.desk.say(Line("note", note) for note in self.dialogue.session.notes())
        self._reply(self.desk.transcript)
        self._show_all()
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
        if len(self._waiting) >= MOST_WAITING:
            busy = f"{self.running} is under way, and {MOST_WAITING} wait; Escape interrupts."
            self._reply([Line("error", busy)])
            return
        self._waiting.append((line, typed))
        if not self.running:
            self.running = line or "…"
            self._work_off()

    @work
    async def _work_off(self) -> None:
        try:
            while self._waiting:
                line, typed = self._waiting.popleft()
                self.running = line or "…"
                await self._work_on(line, typed)
        finally:
            self.running = ""

    async def _work_on(self, line: str, typed: bool) -> None:
        replies: list[Reply] = []
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._thread, self.dialogue.execute, line, replies.append)
        while not work.done():
            await asyncio.wait([work], timeout=FRAME_SECONDS)
            self.status.show_progress(self.dialogue.progress)
        work.result()
        self._tell(line, replies, typed)
        self.desk.settle(self.dialogue.session)
        self.post_message(SessionChanged())
        if self.dialogue.console.attaching:
            self.action_command()

    def _tell(self, line: str, replies: Sequence[Reply], typed: bool) -> None:
        """Show what came of a line: briefly always, at length where somebody typed it."""
        lines = [said for reply in replies for said in _said(reply)]
        self.desk.say([Line("command", line), *lines] if line else lines)
        self._reply(lines)
        moved = any(reply.arrival for reply in replies)
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
        for pane in self.room.panes.values():
            pane.show()
        self.status.refresh()

    # keys

    async def action_key(self, key_id: str) -> None:
        """Do what a key stands for: a command line, or an action of this screen."""
        key = self.keys_by_id.get(key_id)
        count = self._take_count()
        if key is None:
            return
        if key.action:
            await self.run_action(key.action)
        elif (line := self._filled(key.command_line(count))) is not None:
            self.execute(line)

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
        if self._awaits_pane:
            self._set_pending("")
            if 1 <= int(digit) <= len(PANES):
                self.room.choose(PANES[int(digit) - 1])
        else:
            self._set_pending((self._count + digit)[:MOST_DIGITS])

    def _take_count(self) -> int | None:
        count = int(self._count) if self._count else None
        self._set_pending("")
        return count

    def _set_pending(self, count: str, *, awaits_pane: bool = False) -> None:
        self._count, self._awaits_pane = count, awaits_pane
        keys = self.query_one(KeysLine)
        keys.pending = "p" if awaits_pane else count
        keys.refresh()

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
        if self.running or self.playing:
            self._interrupt()
        else:
            self._reply([Line("note", "Nothing runs; q quits.")])

    def _interrupt(self) -> None:
        self.dialogue.interrupted, self.playing = True, False
        self._waiting.clear()

    def action_cancel(self) -> None:
        """Stop what runs; forget a count."""
        self._interrupt()
        self._set_pending("")
        if self.room.grown:
            self.room.grow(grown=False)

    def action_breakpoint(self) -> None:
        """A breakpoint at the bundle looked at, or no more."""
        here = f"pc {self.desk.looking}"
        there = [stop for stop in self.desk.stops if stop.source == here and not stop.watches]
        self.execute(f"delete {there[0].number}" if there else f"break {here}")

    def action_radix(self) -> None:
        """Write words otherwise."""
        self.desk.radix = self.desk.radix.following()
        for pane in self.room.panes.values():
            pane.redraw()

    def action_turn(self, step: int) -> None:
        """Another pane."""
        self.room.turn(step)

    def action_await_pane(self) -> None:
        """The next digit is a pane's number."""
        self._set_pending("", awaits_pane=True)

    def action_grow(self, grown: bool) -> None:
        """The chosen pane alone, or all."""
        self.room.grow(grown=grown)

    def action_move(self, rows: int, columns: int) -> None:
        """Move in the pane."""
        self.pane.move(rows, columns)

    def action_page(self, pages: int) -> None:
        """Move by what is seen at once."""
        self.pane.move(pages * self.pane.page, 0)

    def action_ends(self, end: int) -> None:
        """To the first or the last row."""
        self.pane.move_to(end * self.pane.count())

    def action_here(self) -> None:
        """Look at the next bundle again."""
        self.desk.look_at_next()
        for pane in self.room.panes.values():
            pane.show()

    def action_keys(self) -> None:
        """Show all keys."""
        self.app.push_screen(KeysScreen(self.room.chosen, self.groups))

    def action_palette(self) -> None:
        """All commands, to search."""
        self.app.action_command_palette()

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

    def action_leave(self) -> None:
        """Close it."""
        self.remove_class("-commanding")
        self.pane.focus()
        if self.dialogue.console.attaching and not self.running:
            # Keys are commands, and they are not what is to be attached to a breakpoint.
            self.execute("end")

    def action_complete(self) -> None:
        """Complete what is typed."""
        self.query_one(CommandLine).complete()

    def action_recall(self, step: int) -> None:
        """An older or newer line."""
        self.query_one(CommandLine).recall(step)

    @on(CommandLine.Entered)
    def enter(self, entered: CommandLine.Entered) -> None:
        """Execute or search."""
        self.remove_class("-commanding")
        self.pane.focus()
        if entered.mode == COMMAND:
            self.execute(entered.line, typed=True)
        elif entered.line:
            self.pane.found = entered.line
            if not self.pane.locate(entered.line):
                self.action_find(1)

    # searching

    def action_find(self, direction: int) -> None:
        """The next row of the pane that holds what was searched."""
        if self.running:
            return
        if not self.pane.found:
            self._reply([Line("note", "Nothing was searched in this pane yet; / does.")])
            return
        self.running, self.dialogue.interrupted = f"/{self.pane.found}", False
        self._find(self.pane, direction)

    @work(group="find")
    async def _find(self, pane: Pane, direction: int) -> None:
        try:
            for row in _rows_from(pane.cursor, direction, pane.count()):
                if pane.found.lower() in pane.plain(row).lower():
                    pane.move_to(row)
                    self._reply([])
                    return
                if row % ROWS_AT_ONCE == 0:
                    self.status.show_progress(Progress(f"searching {pane.found}", None))
                    await asyncio.sleep(0)
                    if self.dialogue.interrupted:
                        return
            self._reply([Line("error", f"{pane.found!r} is nowhere in {pane.id}.")])
        finally:
            self.running = ""
            self.status.show_progress(None)

    # the mouse

    @on(Pane.Chosen)
    def choose_pane(self, chosen: Pane.Chosen) -> None:
        """A tab was clicked."""
        self.room.choose(chosen.pane)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Pane) and event.widget.id != self.room.chosen:
            self.room.choose(str(event.widget.id))

    # for whoever drives this from outside

    async def wait_until_idle(self) -> None:
        """Until nothing runs."""
        while self.running:
            await asyncio.sleep(0.01)


def _rows_from(row: int, direction: int, count: int) -> Iterator[int]:
    """All other rows, from the next one around to this one itself."""
    return ((row + direction * step) % count for step in range(1, count + 1)) if count else iter(())
