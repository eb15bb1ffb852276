"""The debugger's screen: panes, status, reply, keys or command line.

    key ──> Key ──> command line ──> Debugger, in its thread
                                         │
    PaneGrid.show() <── ViewState <── News <── events

Keys and the command line end in `execute`, and nothing else touches the session.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from string import digits
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from machine.problem import Layout
from machine.program import Program
from machine.stops import Reason, State
from vliwdbg.commands import COMMANDS, Reply
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.following import Following, writing_slot
from vliwdbg.inspect.outcome import Outcome, outcome_of
from vliwdbg.inspect.progress import told_to
from vliwdbg.inspect.slots import NoRunError, found_at
from vliwdbg.render import Columns, lines_of
from vliwdbg.scripts import Entry
from vliwdbg.service.debugger import MOST_WAITING, Debugger
from vliwdbg.service.events import Event, Failed, Progress, Progressed, Rested, Said
from vliwdbg.session.errors import EndedByUserError
from vliwdbg.tui.answers import Jump
from vliwdbg.tui.edits import Edits
from vliwdbg.tui.keymap import GROUPS, KEYS, available, remapped, shown_key
from vliwdbg.tui.panes import BY_NAME, NAMES
from vliwdbg.tui.pending import Pending
from vliwdbg.tui.screens.pane_grid import PaneGrid
from vliwdbg.tui.searching import SearchQueue, find_row
from vliwdbg.tui.user import User
from vliwdbg.tui.view_state import Beside, Followed, Line, Look, ViewState, look_at
from vliwdbg.tui.widgets.bars import KeysLine, Mode, ReplyLine, StatusLine, ValueLine
from vliwdbg.tui.widgets.command_line import COMMAND, SEARCH, CommandLine, HintLine
from vliwdbg.tui.widgets.paint import PAINT_CLASSES
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.tui.widgets.stops import StopsPane
from vliwdbg.tui.widgets.timeline import TimelinePane
from vliwdbg.views.answers import Answer
from vliwdbg.views.base import View
from vliwdbg.views.breakpoints import BreakpointView
from vliwdbg.views.diff import Diff
from vliwdbg.views.diverge import Diverge, Repair
from vliwdbg.views.moves import Moved
from vliwdbg.views.origins import Bars
from vliwdbg.views.radix import BY_LABEL, Radix, after

MOST_FOLLOWED = 500_000
"""Lanes of the run that values are followed in: three times the baseline's."""
MOST_REASONED = 120_000
"""Lanes of the run up to which it is worked out why slots are free before anybody asks."""
T = TypeVar("T")
NO_TEXT = "\ufffd"
"""What the terminal's driver makes of bytes that are no character."""
MOST_PASTED = 5
"""Lines that are executed without asking."""
EDIT_SECONDS = 1.0
"""Between two looks at the program's file."""
PLAY_SECONDS = 0.15
SEARCHABLE = "search vload, valu:+, v_val[3], mem 2310, values[7], round 3, stage hash, or a pc"
ASKING = "a command; Tab completes, ↑ recalls, an empty line repeats, Esc leaves"
ATTACHING = "a command to be executed at the breakpoint; `end` or Esc after the last one"


def _going_on(worker: Worker[Any]) -> Callable[[str, float | None], None]:
    """A listener that ends work which a worker was called off from."""

    def listener(_what: str, _part: float | None) -> None:
        if worker.is_cancelled:
            raise EndedByUserError("Nobody waits for it any more.")

    return listener


def _said(reply: Reply, radix: Radix) -> Iterator[Line]:
    """A reply as lines of the transcript."""
    kind = _kind(reply.view)
    for line in lines_of(reply.view, radix):
        yield Line("table" if isinstance(line, Columns) else kind, line)


def _kind(view: View) -> str:
    if not view.ok:
        return "error"
    if not isinstance(view, Moved):
        return "reply"
    return "fault" if view.fault else "stop"


if TYPE_CHECKING:
    from vliwdbg.programs import Choice, Loaded


class Spot(NamedTuple):
    """Where somebody looked: the cycle, the chosen pane and its row, the value followed."""

    cycle: int
    pane: str
    row: int
    followed: Followed | None


class _Rest(NamedTuple):
    """What came of an entry, and what the session is like after it."""

    line: str
    typed: bool
    replies: tuple[Reply, ...]
    notes: tuple[str, ...]
    look: Look
    gathering: bool

    def said(self, radix: Radix) -> Sequence[Line]:
        """What there is to be read."""
        lines = [line for reply in self.replies for line in _said(reply, radix)]
        return [*lines, *(Line("note", note) for note in self.notes)]

    def exchange(self, radix: Radix) -> Sequence[Line]:
        """The same below the line that it answers."""
        return [*([Line("command", self.line)] if self.line else []), *self.said(radix)]


_News = _Rest | Progressed | Failed


class News(Message):
    """The debugger has told something."""


class MainScreen(Screen[int]):
    """One session and its user."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*PAINT_CLASSES}
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding() for key in KEYS),
        *(Binding(digit, f"digit('{digit}')", show=False, priority=True) for digit in digits),
    ]
    AUTO_FOCUS = None

    def __init__(
        self, loaded: Loaded, choice: Choice, user: User, lines: Sequence[Entry] = ()
    ) -> None:
        super().__init__()
        self.debugger = Debugger(loaded, choice, self._hear)
        self.user = user
        user.recall(self.debugger.console)
        self.view_state = ViewState(look_at(self.debugger.console))
        self.view_state.radix = self.debugger.console.radix = BY_LABEL[user.settings["radix"]]
        self.groups = list(available(remapped(GROUPS, user.keymap), COMMANDS.__contains__))
        self.keys_by_id = {key.id: key for group in self.groups for key in group.keys}
        self._shares = user.shares()
        """How large panes are; changed by the grid, kept at the end."""
        self.pending = Pending()
        self.playing = False
        self.trail: list[Spot] = []
        self._pasted: tuple[str, ...] = ()
        """Lines that were pasted and not executed, being many."""
        self._edited_stop: BreakpointView | None = None
        """The one whose command stands in the command line."""
        self._edits = Edits(choice)
        self._before: Outcome | None = None
        """What came of the program before this one."""
        self._followed_before = ""
        """The words whose value was followed there."""
        self._first_lines = list(lines)
        self._replies: list[Reply] = []
        """To the entry being executed; of the debugger's thread."""
        self._news: deque[_News] = deque()
        """What is heard and not shown yet."""
        self._searches = SearchQueue()

    def compose(self) -> ComposeResult:
        yield StatusLine(self.view_state)
        layout = self.user.settings["layout"]
        yield PaneGrid(self.view_state, layout, self._shares, self.note)
        yield ValueLine(self.view_state)
        yield ReplyLine(self.view_state)
        yield KeysLine(self.keys_by_id, self.pending, self._mode)
        yield HintLine()
        yield CommandLine(
            self.user.history,
            self.debugger.complete,
            self._explain,
            self._take_line,
            self.paste,
            self._interrupt,
        )

    def on_mount(self) -> None:
        notes = [*self.debugger.session.notes(), *self.user.notes()]
        self.say([Line("note", note) for note in notes])
        self._show_all()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """All that the first picture need not wait for."""
        self.set_interval(EDIT_SECONDS, self._look_at_file)
        self._make_flow(
            self.view_state.program, self.view_state.starting_memory, self.view_state.layout
        )
        self._execute_first_lines()

    @work
    async def _execute_first_lines(self) -> None:
        there = {stop.written() for stop in self.debugger.session.breakpoints.all.values()}
        for line in self._first_lines:
            if line in there:
                continue  # kept since the last time it was asked for
            self.execute(line)
            await self.wait_until_idle()

    def on_unmount(self) -> None:
        self.user.keep_shares(self._shares)
        self._searches.stop()
        self.debugger.close()

    # what is where

    @property
    def grid(self) -> PaneGrid:
        return self.query_one(PaneGrid)

    @property
    def pane(self) -> Pane:
        """The chosen pane."""
        return self.grid.pane

    @property
    def status(self) -> StatusLine:
        return self.query_one(StatusLine)

    # executing

    def execute(self, entry: Entry, *, typed: bool = False) -> None:
        """Execute a command line, or a block of them, after those that were given before."""
        if not self.debugger.submit(entry, typed):
            under_way = f"{self.debugger.running} is under way, and {MOST_WAITING} wait"
            self._reply([Line("error", f"{under_way}; Escape interrupts.")])

    def _hear(self, event: Event) -> None:
        """In the debugger's thread, which goes on when this returns."""
        if isinstance(event, Said):
            self._replies.append(event.reply)
        elif isinstance(event, Rested):
            console = self.debugger.console
            self.user.keep(console)
            rest = _Rest(
                event.entry if isinstance(event.entry, str) else event.entry.header,
                bool(event.origin),
                tuple(self._replies),
                tuple(self.user.notes()),
                look_at(console),
                console.gathering,
            )
            self._replies.clear()
            self._post(rest)
        elif isinstance(event, (Progressed, Failed)):
            self._post(event)

    def _post(self, news: _News) -> None:
        self._news.append(news)
        with suppress(RuntimeError):  # where the terminal is gone already
            self.post_message(News())

    @on(News)
    def _take_news(self) -> None:
        while self._news:
            news = self._news.popleft()
            if isinstance(news, Progressed):
                self._show_progress(news.progress)
            elif isinstance(news, Failed):
                raise news.error
            else:
                self._settle(news)

    def _show_progress(self, progress: Progress | None) -> None:
        """How far what runs has come, and how to end it; None when nothing runs."""
        self.status.show_progress(progress)
        self._show_pending()

    def _settle(self, rest: _Rest) -> None:
        """Show what came of an entry."""
        self._show_progress(None)
        self._write_in(self.debugger.console.radix)
        self._tell(rest)
        program, outcome, met = (
            self.view_state.program,
            self.view_state.outcome,
            self.view_state.met,
        )
        followed = self.view_state.followed
        self.view_state.settle(rest.look)
        if self.view_state.program is not program:
            self._followed_before = followed.label if followed else ""
            self._before = outcome
            self._edits = Edits(self.debugger.console.choice)
            self.trail.clear()
            self.query_one(ValueLine).display = False
            self._make_flow(
                self.view_state.program, self.view_state.starting_memory, self.view_state.layout
            )
        self._show_all()
        if self.view_state.met != met:
            self.grid.bundle.go_to_stop()
        if rest.gathering and not self.debugger.goes_on:
            self.action_command()

    def _tell(self, rest: _Rest) -> None:
        """Show what was said: briefly always, at length where somebody typed the line."""
        self.view_state.say(rest.exchange)
        self.query_one(ReplyLine).say(rest.said)
        moved = any(isinstance(reply.view, Moved) for reply in rest.replies)
        answers = [reply for reply in rest.replies if isinstance(reply.view, Answer)]
        if answers:
            self._take_answer(answers[-1])
        elif rest.typed and len(rest.said(self.view_state.radix)) > 1 and not moved:
            self.grid.bring("messages")
        codes = [reply.quit for reply in rest.replies if reply.quit is not None]
        if codes:
            self.app.exit(codes[0])

    def _take_answer(self, reply: Reply) -> None:
        """Show an answer in its pane, from which ⌫ leads back to where it was asked."""
        assert isinstance(reply.view, Answer)
        if self.pane is not self.grid.answer:
            self.trail.append(self._here())
        self.view_state.take_answer(reply.command, reply.view)
        self.grid.answer.begin()
        compared = self.debugger.console.compared
        if isinstance(reply.view, Diff) and compared:
            self._put_beside(reply.view.b.name, self.view_state.program, *compared)
        if not self._commanding:
            self.grid.choose("answer")

    @work(thread=True, exclusive=True, group="beside")
    def _put_beside(
        self, name: str, program: Program, other: Program, memory: Sequence[int]
    ) -> None:
        """Find out which bundles of another program do what those of this one do, if any do."""
        from vliwdbg.inspect.questions import Questions

        here = Questions(program, self.view_state.starting_memory)
        partners = here.partners(Questions(other, memory))
        if max(partners, default=-1) >= 0:
            self._when_known(program, self._take_beside, Beside(Path(name).name, other, partners))

    def _take_beside(self, beside: Beside) -> None:
        self.view_state.take_beside(beside)
        self.grid.panes["code"].show()

    def _reply(self, lines: Sequence[Line]) -> None:
        self.query_one(ReplyLine).say(lambda _: lines)

    def _show_all(self) -> None:
        """Draw all panes again."""
        self.grid.show()
        self.status.refresh()
        self._show_pending()

    @property
    def running(self) -> str:
        """What is executed or searched; empty when nothing is."""
        return self.debugger.running or self._searches.running

    @property
    def is_busy(self) -> bool:
        """Whether anything runs, or what came of it is not shown yet."""
        return bool(self.debugger.busy or self._news or self._searches.running)

    async def wait_until_idle(self) -> None:
        """Until nothing runs, and what came of it is shown."""
        while self.is_busy:
            await asyncio.sleep(0.005)

    async def wait_until_known(self) -> None:
        """Until all is known of the run that is found out beside everything else."""
        while self.view_state.outcome is None:
            await asyncio.sleep(0.01)
        await self.workers.wait_for_complete(
            [worker for worker in self.workers if worker.group == "flow"]
        )

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
        _, in_grid, rest = action.partition("grid.")
        await self.app.run_action(rest or action, self.grid if in_grid else self)

    def _filled(self, line: str) -> str | None:
        """The line with the cursor's bundle and words in it."""
        place, cycle = self.pane.place(), self.view_state.cycle_looked_at()
        if "{place}" in line and not place:
            where = "there are no words under the cursor; choose some in scratch or memory (p3, p4)"
            self._reply([Line("error", where)])
            return None
        if "{cycle}" in line and cycle is None:
            self._reply([Line("error", "this bundle is not executed, as far as is known")])
            return None
        return line.format(pc=self.view_state.looking, cycle=cycle, place=place)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Keys are the command line's while it is open."""
        return not (action in ("key", "digit") and self._commanding)

    def action_digit(self, digit: str) -> None:
        """A digit of a count, or the number of a pane after `p`."""
        number = self.pending.add(digit)
        self._show_pending()
        if number and number <= len(NAMES):
            self.grid.choose(NAMES[number - 1])

    def _mode(self) -> Mode:
        """What is going on, and the keys for it."""
        if self.playing:
            return Mode("playing", ("play",))
        if self.running:
            return Mode("running", ("cancel",))
        return Mode("", BY_NAME[self.grid.chosen].keys)

    def _show_pending(self) -> None:
        self.query_one(KeysLine).show()

    # actions, in the order of the keymap

    def action_play(self) -> None:
        """Step until something stops, or until pressed again."""
        self.playing = not self.playing
        if self.playing:
            self._play()

    @work(group="play", exclusive=True)
    async def _play(self) -> None:
        self._show_playing(f"playing, {1 / PLAY_SECONDS:.0f} steps a second; Space pauses")
        while self.playing and self.view_state.now.state is not State.STOPPED:
            self.execute("step")
            await asyncio.sleep(PLAY_SECONDS)
            await self.wait_until_idle()
            self.playing &= self.view_state.stop.reason is Reason.BUDGET
        self.playing = False
        self._show_playing("")

    def _show_playing(self, how: str) -> None:
        self.view_state.playing = how
        with suppress(NoMatches):  # who leaves may take the lines away first
            self.status.refresh()
            self._show_pending()

    def action_interrupt(self) -> None:
        """Stop what runs; where nothing does, say how to leave."""
        if self.running or self.playing:
            self._interrupt()
        else:
            self._reply([Line("note", "Nothing runs; q quits.")])

    def _interrupt(self) -> None:
        self.playing = False
        self._searches.stop()
        self.debugger.interrupt()

    def action_breakpoint(self) -> None:
        """A breakpoint at the bundle looked at, or no more."""
        here = f"pc {self.view_state.looking}"
        there = [
            stop for stop in self.view_state.breakpoints if stop.source == here and not stop.access
        ]
        self.execute(f"delete {there[0].number}" if there else f"break {here}")

    def action_follow(self) -> None:
        """Go to the slot that wrote the value under the cursor, and tell its story.

        From a stop, go to where it stops.
        """
        if stop := self._stop():
            self._go_to_stop(stop)
            return
        if jump := self.pane.jump():
            self._jump(jump)
            return
        words, step = self.pane.words_here(), self.pane.step_of_words()
        if words is None:
            self.note("there are no words under the cursor; choose some in scratch or memory")
            return
        story = self.view_state.follow(words, step)
        if story is None:
            self.note("the graph of the run is still being made; once more in a moment")
            return
        self._show_followed()
        if story.holding is None:
            self.note(
                f"Nobody wrote {words.text(self.view_state.names)} before; it is as it was found."
            )
        else:
            self.trail.append(self._here())
            self._go_to_writer(story)

    # stops

    def _stop(self) -> BreakpointView | None:
        """The one under the cursor, if the pane of stops is chosen."""
        return self.pane.stop if isinstance(self.pane, StopsPane) else None

    def _go_to_stop(self, stop: BreakpointView) -> None:
        if stop.number in self.view_state.waited:
            self.execute(f"goto {self.view_state.waited[stop.number]}")
            return
        pc = self.view_state.next_candidate(stop.number)
        if pc is None:
            self.note(f"No bundle can meet {stop.label}.")
        else:
            self.grid.look_at(pc)

    def action_stop(self, command: str) -> None:
        """Do something to the stop under the cursor: toggle, delete or edit."""
        stop = self._stop()
        if stop is None:
            self.note("This is for a stop: choose one in the pane of stops (p5).")
        elif command == "edit":
            self._edited_stop = stop
            self._open(COMMAND, stop.written)
        else:
            switch = "disable" if stop.enabled else "enable"
            self.execute(f"{switch if command == 'toggle' else command} {stop.number}")

    @work(group="edit")
    async def _replace_stop(self, old: BreakpointView, line: str) -> None:
        """Set another stop; where that worked, it takes the place of the old one."""
        there = {stop.number for stop in self.view_state.breakpoints}
        self.execute(line, typed=True)
        await self.wait_until_idle()
        if {stop.number for stop in self.view_state.breakpoints} - there:
            self.execute(f"delete {old.number}")

    def note(self, text: str) -> None:
        """Tell the user something, briefly."""
        self._reply([Line("note", text)])

    def _here(self) -> Spot:
        return Spot(
            self.view_state.now.cycle, self.grid.chosen, self.pane.cursor, self.view_state.followed
        )

    def _jump(self, jump: Jump) -> None:
        """Go where a line leads."""
        pc = self.view_state.pc_at(jump.cycle)
        if pc is None:
            self.note(f"No bundle is known to take cycle {jump.cycle}.")
            return
        slots = enumerate(iter(self.view_state.program.bundle(pc)))
        there = (at for at, slot in slots if (slot.engine, slot.index) == (jump.engine, jump.slot))
        self.trail.append(self._here())
        self._arrive_at(jump.cycle, next(there, 0))

    def _go_to_writer(self, story: Following) -> None:
        flow = self.view_state.flow
        assert flow is not None
        assert story.holding is not None
        slot = writing_slot(flow, story)
        assert slot is not None
        self._arrive_at(flow.cycles[story.holding], slot - flow.slots(story.holding).start)

    @work(group="follow")
    async def _arrive_at(self, cycle: int, slot: int) -> None:
        await self._be_at(cycle)
        self.view_state.look_at_next()
        self.grid.choose("bundle")
        self.grid.show()
        self.grid.bundle.go_to_slot(slot)

    async def _be_at(self, cycle: int) -> None:
        if cycle != self.view_state.now.cycle:
            self.execute(f"goto {cycle}")
            await self.wait_until_idle()

    def action_back(self) -> None:
        """Back to where the value was followed from."""
        if self.trail:
            self._return_to(self.trail.pop())
        else:
            self.note("Nothing was followed yet; Enter on a word does.")

    @work(group="follow")
    async def _return_to(self, spot: Spot) -> None:
        await self._be_at(spot.cycle)
        self.view_state.followed = spot.followed
        self._show_followed()
        self.grid.choose(spot.pane)
        self.grid.pane.move_to(spot.row)

    def _show_followed(self) -> None:
        self.view_state.settle_marks()
        value = self.query_one(ValueLine)
        value.display = self.view_state.followed is not None
        value.refresh()
        self.grid.show()

    @work(thread=True, exclusive=True, group="flow")
    def _make_flow(self, program: Program, memory: Sequence[int], layout: Layout | None) -> None:
        """What is known of the run from beginning to end, beside everything else, as long as the
        screen is there and no other program is."""
        with suppress(EndedByUserError), told_to(_going_on(get_current_worker())):
            self._take_all_known(program, memory, layout)

    def _take_all_known(
        self, program: Program, memory: Sequence[int], layout: Layout | None
    ) -> None:
        from vliwdbg.inspect.live import pressure
        from vliwdbg.inspect.questions import Questions
        from vliwdbg.inspect.why import Reasons

        self._when_known(program, self._take_bars, self.view_state.origins.bars)
        questions = Questions(program, memory, most=MOST_FOLLOWED)
        flow = questions.flow
        self._when_known(program, self._take_flow, flow)
        self._when_known(program, self._take_outcome, outcome_of(flow, layout))
        self._when_known(program, self.view_state.take_pressure, pressure(flow))
        if len(flow) <= MOST_REASONED:
            reasons = Reasons(questions.dependences, questions.others).by_cycle()
            self._when_known(program, self.view_state.take_reasons, reasons)

    def _take_bars(self, bars: Bars) -> None:
        self.view_state.take_bars(bars)
        code = self.grid.panes["code"]
        code.forget_styles()
        code.redraw()

    def _take_flow(self, flow: Flow) -> None:
        """Have the graph of the run; a value followed in the program before is followed on."""
        self.view_state.take_flow(flow)
        label, self._followed_before = self._followed_before, ""
        if words := self.view_state.slots.place(label):
            self.view_state.follow(words, self.view_state.now.position)
            self._show_followed()

    def _take_outcome(self, outcome: Outcome) -> None:
        self.view_state.take_outcome(outcome)
        if self._before:
            self.say([self._difference(self._before, outcome)])

    def _difference(self, before: Outcome, now: Outcome) -> Line:
        return Line("stop" if now.right is not False else "fault", now.against(before))

    def _tell_difference(self) -> None:
        """What the program at hand does otherwise than the one before."""
        if self._before and self.view_state.outcome:
            self._reply([self._difference(self._before, self.view_state.outcome)])

    def _when_known(self, program: Program, take: Callable[[T], None], known: T) -> None:
        self._from_thread(self._take_known, program, take, known)

    def _from_thread(self, do: Callable[..., None], *arguments: Any) -> None:
        """Have the screen do something, as long as it is there with all that is on it."""
        with suppress(RuntimeError, NoMatches):
            self.app.call_from_thread(do, *arguments)

    def _take_known(self, program: Program, take: Callable[[T], None], known: T) -> None:
        if program is self.view_state.program:
            take(known)
            self.status.refresh()
            for pane in ("bundle", "timeline"):
                self.grid.panes[pane].show()

    def action_repair(self) -> None:
        """Try the repair that an answer tells, in a copy of the program."""
        answer = self.view_state.answer
        repairs = (answer.repair, *answer.equivalent) if isinstance(answer, Diverge) else ()
        known = [repair for repair in repairs if repair]
        if not known:
            self.note("There is no repair to try; V looks where the program goes wrong.")
            return
        jump = self.pane.jump()
        here = (at for at in known if jump and at.slot and at.slot.cycle == jump.cycle)
        self._try_repair(self.view_state.program, next(here, known[0]))

    @work(thread=True, exclusive=True, group="repair")
    def _try_repair(self, program: Program, repair: Repair) -> None:
        from vliwdbg.inspect.repaired import outcome_of_repair

        memory, layout = self.view_state.starting_memory, self.view_state.layout
        outcome = outcome_of_repair(program, memory, layout, repair)
        self._when_known(
            program,
            lambda told: self.say([told]),
            Line(
                "stop" if outcome.right else "fault",
                f"A copy with {repair.text} at pc {repair.pc}: {outcome.verdict or 'not judged'}, "
                f"{outcome.cycles:,} cycles. The program itself is as it was.",
            ),
        )

    def say(self, lines: Sequence[Line]) -> None:
        """Tell something that nobody's command has answered."""
        self.view_state.say(lambda _: lines)
        self._reply(lines)
        self.grid.panes["messages"].show()

    def action_zoom(self, factor: float) -> None:
        """See so many times as many cycles of the run."""
        self.view_state.zoom(factor)
        self.grid.panes["timeline"].show()

    @on(TimelinePane.Seek)
    def seek(self, asked: TimelinePane.Seek) -> None:
        """Go to a cycle of the timeline."""
        self.execute(f"goto {asked.cycle}")

    @work(thread=True, exclusive=True, group="file")
    def _look_at_file(self) -> None:
        """Say so once when the program's file has changed."""
        if not self.view_state.edited and self._edits.changed():
            self._from_thread(self._tell_edited)

    def _tell_edited(self) -> None:
        self.view_state.edited = True
        key = self.keys_by_id["reload"].shown
        self.note(f"{self._edits.path} has changed on disk; {key} reloads it.")
        self.status.refresh()

    @work(group="reload", exclusive=True)
    async def action_reload(self) -> None:
        """Read the program again, and be where we were, as far as that is anywhere."""
        view_state, program = self.view_state, self.view_state.program
        cycle, looking = view_state.now.cycle, view_state.looking
        self.view_state.edited = False
        self._edits = Edits(self.debugger.console.choice)
        self.execute("reload")
        await self.wait_until_idle()
        if view_state.program is not program:
            await self._be_at(cycle)
            self.grid.look_at(looking)
            self._tell_difference()
        self.status.refresh()

    def action_radix(self) -> None:
        """Write words otherwise."""
        radix = self.debugger.console.radix = after(self.view_state.radix)
        self._write_in(radix)
        self._show_all()

    def _write_in(self, radix: Radix) -> None:
        if radix is not self.view_state.radix:
            self.view_state.write_in(radix)
            self.query_one(ReplyLine).refresh()

    def action_change(self, direction: int) -> None:
        """Choose the next word that changed: of this pane, else of scratch, else of memory."""
        for pane in dict.fromkeys((self.pane, *map(self.grid.panes.get, ("scratch", "memory")))):
            if pane and pane.next_change(direction):
                self.grid.choose(str(pane.id))
                return
        self._reply([Line("note", "No word has changed since the last stop.")])

    def action_await_pane(self) -> None:
        """The next digit is a pane's number."""
        self.pending.await_pane()
        self._show_pending()

    def action_find(self, direction: int) -> None:
        """The next place that was searched: a slot of the program, or a row of the pane."""
        if self.pane is self.grid.answer and not self.pane.found:
            if not self.grid.answer.next_jump(direction):
                self.note("No line of this answer leads anywhere.")
        elif self.pane.of_slots and self.view_state.searched:
            self._look_at_found(direction)
        elif self.pane.found:
            self._find(self.pane, direction)
        else:
            self.note("Nothing was searched in this pane yet; / does.")

    def search(self, text: str) -> None:
        """Look at the next bundle with such a slot."""
        try:
            self.view_state.search(text)
        except NoRunError:
            self.note("The graph of the run is still being made; once more in a moment.")
        else:
            self._look_at_found(1)

    def _look_at_found(self, direction: int) -> None:
        """Look at the next bundle of those found, and say which of them it is."""
        view_state = self.view_state
        at = found_at(view_state.found, view_state.looking, direction)
        if at is None:
            self._reply([Line("error", f"No slot is {view_state.searched!r}; {SEARCHABLE}.")])
            return
        self.grid.look_at(view_state.found[at])
        self.note(f"/{view_state.searched}  {at + 1:,}/{len(view_state.found):,}")

    @work(group="search")
    async def _find(self, pane: Pane, direction: int) -> None:
        async with self._searches.turn(pane.found) as going_on:

            def ask() -> bool:
                self._show_progress(Progress("searching", None))
                return going_on()

            row = await find_row(pane, direction, ask) if going_on() else None
            self._show_progress(None)
            if row is not None:
                pane.move_to(row)
                self._reply([])
            elif going_on():
                self._reply([Line("error", f"{pane.found!r} is nowhere in {pane.id}.")])

    def action_cancel(self) -> None:
        """Stop what runs; show all panes again."""
        self._interrupt()
        if self.grid.grown:
            self.grid.ungrow()

    def action_keys(self) -> None:
        """Show all keys, and do what the chosen one does."""
        from vliwdbg.tui.screens.keys import KeysScreen

        own = BY_NAME[self.grid.chosen].keys
        self.app.push_screen(KeysScreen(self.grid.chosen, own, self.groups), self._run_chosen)

    async def _run_chosen(self, key_id: str | None) -> None:
        if key_id is not None:
            await self.action_key(key_id)

    def on_key(self, event: events.Key) -> None:
        """A key that nothing is done with; what is no text is none."""
        if not self._commanding and event.character != NO_TEXT:
            self.pending.take()
            self._show_pending()
            self.note(
                f"{shown_key(event.key)} is no key here; {self._shown_key('help')} lists all."
            )

    def _shown_key(self, key_id: str) -> str:
        """A key as the user has it."""
        return self.keys_by_id[key_id].shown

    def action_copy(self, what: str) -> None:
        """Give the terminal's clipboard the value, the line or the place under the cursor."""
        texts = {"value": self._value_here, "line": self.pane.line_here, "place": self.pane.place}
        text = texts[what]()
        if text:
            self.app.copy_to_clipboard(text)
            self.note(f"copied {what}: {text}")
        else:
            self.note(f"There is no {what} under the cursor to be copied.")

    def _value_here(self) -> str:
        """The words under the cursor as they are now, in the radix of the panes."""
        words, now = self.pane.words_here(), self.view_state.now
        if words is None:
            return ""
        room = now.memory if words.memory else now.scratch
        return self.view_state.radix.join(room[words.start : words.stop])

    def action_palette(self) -> None:
        """All commands, to search."""
        self.app.action_command_palette()

    def action_leave(self) -> None:
        """Quit, which waits for nothing that runs."""
        self._interrupt()
        self.app.exit(0)

    # the command line

    def action_command(self, text: str = "") -> None:
        """Open the command line."""
        self._open(COMMAND, text)

    def action_search(self) -> None:
        """Open it for a search."""
        self._open(SEARCH)

    def _explain(self, typed: str) -> tuple[str, str]:
        """The usage and the help of the command that a line begins with."""
        command = self.debugger.find(typed)
        if command is None:
            return "", ATTACHING if self.debugger.console.gathering else ASKING
        return command.usage, self.debugger.describe(typed) or command.help

    def _open(self, mode: str, text: str = "") -> None:
        self._show_command_line(True)
        self.query_one(CommandLine).open(mode, text)

    def _close(self) -> None:
        self._show_command_line(False)
        self.query_one(CommandLine).is_open = False
        self.set_focus(self.pane)

    def _show_command_line(self, shown: bool) -> None:
        # Not by a class of the screen, for which everything on it would be styled anew.
        for typed in ("#command-line", "#hint"):
            self.query_one(typed).display = shown
        for told in ("#keys", "#reply"):
            self.query_one(told).display = not shown

    @property
    def _commanding(self) -> bool:
        """Whether keys are the command line's."""
        return self.query_one(CommandLine).is_open

    def _take_line(self, mode: str, line: str | None) -> None:
        """Execute a line, or search for it."""
        self._close()
        stop, self._edited_stop = self._edited_stop, None
        if line is None:
            self._left()
        elif stop and line not in ("", stop.written):
            self._replace_stop(stop, line)
        elif mode == COMMAND:
            self.execute(line, typed=True)
        elif line and self.pane.of_slots:
            self.search(line)
        elif line:
            self.pane.found = line
            if not self.pane.locate(line):
                self.action_find(1)

    @work(group="paste", exclusive=True)
    async def paste(self, lines: Sequence[str]) -> None:
        """Execute lines one by one; many of them after the same were pasted once more."""
        self._close()
        if len(lines) > MOST_PASTED and tuple(lines) != self._pasted:
            self._pasted = tuple(lines)
            self.note(f"{len(lines)} lines were pasted; paste them once more to execute them all.")
            return
        self._pasted = ()
        for line in lines:
            self.user.history.add(line)
            self.execute(line, typed=True)
            await self.wait_until_idle()

    def _left(self) -> None:
        if self.debugger.console.gathering and not self.debugger.goes_on:
            # Keys are commands, and they are not what is to be attached to a breakpoint.
            self.execute("end")

    # the mouse

    @on(Pane.Chosen)
    def choose_pane(self, chosen: Pane.Chosen) -> None:
        """A tab was clicked."""
        self.grid.choose(chosen.pane)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A pane was clicked: keys are its own from now on."""
        if not isinstance(event.widget, Pane) or event.widget is not self.focused:
            return  # news of a focus that has moved on since
        if event.widget.id != self.grid.chosen:
            self.grid.choose(str(event.widget.id))
        self._show_pending()
        if self._commanding:
            self.query_one(CommandLine).leave()
