"""Commands in, events out: order, interrupts, and what each event says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from machine import Program
from tests.commands.test_transcripts import program
from vliwdbg.programs import Choice, Loaded
from vliwdbg.scripts import Block
from vliwdbg.service import debugger as service
from vliwdbg.service.debugger import MOST_WAITING, Debugger
from vliwdbg.service.events import (
    BreakpointsChanged,
    Event,
    Failed,
    PositionChanged,
    Printed,
    ProgramChanged,
    Progressed,
    Rested,
    Said,
)

ENDLESS = Program.from_bundles([{"alu": [["+", 0, 0, 0]]}, {"flow": [["jump", 0]]}])
PATIENCE = 20


class Heard:
    """A debugger, and the events that it told; `wait_for` is for those still to come."""

    def __init__(self, debugged: Program | None = None, **options: Any) -> None:
        self.events: list[Event] = []
        self.seen = threading.Condition()
        loaded = Loaded(debugged or program(), [7, 8, 9, 10], False)
        self.debugger = Debugger(loaded, Choice("loop.json"), self.hear, **options)

    def hear(self, event: Event) -> None:
        with self.seen:
            self.events.append(event)
            self.seen.notify_all()

    def of(self, *kinds: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kinds)]

    def wait_for(self, what: type[Event], count: int = 1) -> None:
        with self.seen:
            assert self.seen.wait_for(lambda: len(self.of(what)) >= count, PATIENCE)

    def wait_until_idle(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.debugger.busy:
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def told(self, line: str, *kinds: type[Event]) -> list[Any]:
        """The events of these kinds, or but progress, that a line brings."""
        self.events.clear()
        self.debugger.execute(line)
        return self.of(*kinds) if kinds else [e for e in self.events if type(e) is not Progressed]


Make = Callable[..., Heard]


@pytest.fixture
def heard() -> Iterator[Make]:
    made: list[Heard] = []

    def make(*args: Any, **options: Any) -> Heard:
        made.append(Heard(*args, **options))
        return made[-1]

    yield make
    for one in made:
        one.debugger.close()


CHANGES: list[tuple[str, list[type[Event]]]] = [
    ("step", [Said, PositionChanged]),
    ("print 1", [Said]),
    ("break pc 3", [Said, BreakpointsChanged]),
    ("continue", [Said, PositionChanged, BreakpointsChanged]),
    ("disable 1", [Said, BreakpointsChanged]),
    ("set n = 2", [Said, PositionChanged, BreakpointsChanged]),
    ("foo", [Said]),
    ("delete", [Said, BreakpointsChanged]),
    ("# nothing", [Said]),
    ("rebuild --kernel baseline --scheduler serial rounds=1 height=2 batch=2",
     [Said, ProgramChanged, PositionChanged]),
]  # fmt: skip


def test_each_change_is_told_after_its_reply(heard: Make) -> None:
    one = heard()
    for line, kinds in CHANGES:
        assert [type(event) for event in one.told(line)] == kinds, line


def test_events_say_what_is_so_now(heard: Make) -> None:
    one = heard()
    one.debugger.execute("break pc 3")
    said, moved, changed = one.told("continue")
    assert (said.reply.command, said.reply.ok) == ("continue", True)
    assert (moved.here.cycle, moved.here.pc, moved.here.breakpoints) == (3, 3, (1,))
    assert [(b.hits, b.just_met) for b in changed.breakpoints] == [(1, True)]


def test_what_is_printed_streams_if_it_is_to(heard: Make) -> None:
    asked = iter([False] * 6)
    one = heard(ENDLESS, streams=True, interrupted=lambda: next(asked, True))
    one.debugger.execute('dprintf pc 0, "loop"')
    one.debugger.execute("continue")
    assert one.of(Printed)[:2] == [Printed("loop")] * 2


def test_entries_are_done_in_order_and_rest_with_their_origin(heard: Make) -> None:
    one = heard()
    for number in range(5):
        assert one.debugger.submit(f"print {number}", origin=number)
    one.debugger.submit(Block("commands 9", ("p 1",)))
    one.wait_for(Rested, 6)
    assert [rested.origin for rested in one.of(Rested)] == [0, 1, 2, 3, 4, None]
    assert [said.reply.command for said in one.of(Said)][:5] == [f"print {n}" for n in range(5)]
    one.wait_until_idle()


def test_too_many_are_refused_and_an_interrupt_forgets_them(heard: Make) -> None:
    one = heard(ENDLESS)
    one.debugger.submit("continue")
    one.wait_for(Progressed)
    assert one.debugger.running == "continue"
    waiting = [one.debugger.submit("step") for _ in range(MOST_WAITING + 2)]
    assert waiting == [True] * MOST_WAITING + [False] * 2
    one.debugger.interrupt()
    one.wait_until_idle()
    assert len(one.of(Said)) == 1
    assert one.of(PositionChanged)[0].here.stop == "interrupt"


def test_what_is_told_runs_no_more_and_is_busy_still(heard: Make) -> None:
    told = heard()
    states: list[tuple[str, bool, bool]] = []
    hear = told.debugger._tell

    def look(event: Event) -> None:
        if isinstance(event, Rested):
            debugger = told.debugger
            states.append((debugger.running, debugger.busy, debugger.goes_on))
        hear(event)

    told.debugger._tell = look
    told.debugger.submit("step")
    told.wait_for(Rested)
    told.wait_until_idle()
    assert states == [("", True, False)]


def test_an_interrupt_while_nothing_runs_ends_nothing(heard: Make) -> None:
    one = heard()
    one.debugger.interrupt()
    one.debugger.submit("continue")
    one.wait_for(Rested)
    assert one.of(PositionChanged)[0].here.stop == "pause"


@pytest.mark.parametrize("quit_", ["quit 3", "q 3", " qu 3 # leave"])
def test_to_quit_waits_for_nothing(heard: Make, quit_: str) -> None:
    one = heard(ENDLESS)
    one.debugger.submit("continue")
    one.wait_for(Progressed)
    one.debugger.submit("step")
    one.debugger.submit(quit_)
    one.wait_for(Rested, 2)
    assert [said.reply.command for said in one.of(Said)] == ["continue", quit_]
    assert one.of(Said)[-1].reply.quit == 3


def test_a_quit_in_a_list_of_commands_interrupts_nothing(heard: Make) -> None:
    one = heard()
    for line in ("break pc 3", "commands", "quit", "end"):
        one.debugger.submit(line)
    one.wait_for(Rested, 4)
    assert not any(said.reply.quit for said in one.of(Said))


FAR = 99_999_999_999
LONG = ["continue", "continue 9", "goto end", "goto 50%", f"goto {FAR}", f"list {FAR}", "until v",
        f"x/2i cycle {FAR}", f"step {FAR}", f"until {FAR}", "finish"]  # fmt: skip


@pytest.mark.parametrize("line", LONG)
def test_all_long_work_ends_when_it_is_interrupted(heard: Make, line: str) -> None:
    bundles = [{"valu": [["vbroadcast", 8, 0]]}, {"flow": [["jump", 0]]}]
    asked = iter([False] * 5)
    named = Program.from_bundles(bundles, scratch_map={20: ("v", 8)})
    one = heard(named, interrupted=lambda: next(asked, True))
    one.debugger.execute(line)
    (said,) = one.of(Said)
    assert "nterrupt" in str(said.reply.view)
    if line.startswith(("goto", "list", "x")):
        assert one.debugger.session.core.position == 0


def test_a_long_listing_ends_too(heard: Make) -> None:
    asked = iter([False] * 5)
    many = Program.from_bundles([{"alu": [["+", 0, 0, 0]]}] * 1000)
    one = heard(many, interrupted=lambda: next(asked, True))
    assert [said.reply.ok for said in one.told("list 0,1000", Said)] == [False]


def test_a_fault_of_ours_is_told(heard: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = heard()
    monkeypatch.setattr(service, "here_view", lambda _: 1 // 0)
    one.debugger.submit("step")
    one.wait_for(Failed)
    assert isinstance(one.of(Failed)[0].error, ZeroDivisionError)


def test_closing_ends_the_thread_and_nothing_is_told_any_more(heard: Make) -> None:
    one = heard(ENDLESS)
    one.debugger.submit("continue")
    one.wait_for(Progressed)
    one.debugger.close()
    told = len(one.events)
    thread = one.debugger._thread
    assert thread is not None
    assert not thread.is_alive()
    assert not one.of(Rested)
    assert len(one.events) == told
