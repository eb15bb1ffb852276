"""Time holds for programs with loops, jumps, debug-only bundles, pauses and faults.

Each random program is stepped once, bundle by bundle, on a machine of its own; what a session
does is held against that record.
"""

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import Machine, Program
from machine.stops import Reason
from machine.stops import State as MachineState
from tests.oracle.randomprograms import random_program
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.navigation import forward
from vliwdbg.session.places import Place, find_place
from vliwdbg.session.session import NO_MORE_HISTORY, Session

LONGEST = 300
State = tuple[Any, ...]


@dataclass
class Record:
    """A program and the state at each of its positions, as far as the run was looked at."""

    program: Program
    memory: list[int]
    reference: dict[Any, int]
    states: list[State]
    ended: bool

    def session(self, interval: int = 16) -> Session:
        session = Session(self.program, self.memory, reference=self.reference)
        session.core.set_interval(interval)
        return session

    def first_of_cycle(self, cycle: int) -> int:
        return next(i for i, state in enumerate(self.states) if state[1] == cycle)


def state_of(core: Any) -> State:
    """All of it. A pause that is the last bundle leaves a machine that has ended, too."""
    state = MachineState.STOPPED if core.pc >= len(core.flags) else core.state
    return (core.pc, core.cycle, state, list(core.scratch), list(core.memory), list(core.trace))


def record(seed: int) -> Record:
    drawn = random_program(random.Random(seed))
    program = Program.from_bundles(drawn.bundles)
    machine = Machine(program, drawn.memory)
    states = [state_of(machine)]
    ended = False
    while len(states) <= LONGEST and not ended:
        stop = machine.step()
        if machine.position == len(states):
            states.append(state_of(machine))
        ended = stop.reason in (Reason.END, Reason.HALT, Reason.FAULT)
    return Record(program, drawn.memory, drawn.reference, states, ended)


seeds = st.integers(0, 10**6)
fractions = st.floats(0, 1)


def at(fraction: float, record: Record) -> int:
    return round(fraction * (len(record.states) - 1))


def add_if_there(session: Session, command: str, text: str) -> None:
    """Set a stop, unless this program is too short for it."""
    with suppress(DebuggerError):
        session.breakpoints.add(command, text)


@settings(max_examples=60, deadline=None)
@given(seeds, fractions, fractions)
def test_so_many_steps_on_and_back_is_the_identity(seed: int, start: float, end: float) -> None:
    taken = record(seed)
    session = taken.session()
    first, last = sorted((at(start, taken), at(end, taken)))
    session.go(first)
    session.go(last)
    assert state_of(session.core) == taken.states[last]
    session.go(first)
    assert state_of(session.core) == taken.states[first]


@settings(max_examples=50, deadline=None)
@given(seeds, st.lists(fractions, min_size=2, max_size=6), st.sampled_from([1, 7, 16, 1000]))
def test_goto_from_anywhere_is_the_first_position_of_the_cycle(
    seed: int, places: list[float], interval: int
) -> None:
    taken = record(seed)
    session = taken.session(interval)
    for place in places:
        cycle = taken.states[at(place, taken)][1]
        session.goto_cycle(cycle).finish()
        assert state_of(session.core) == taken.states[taken.first_of_cycle(cycle)]


STOPS = [
    ("break", "cycle 12"),
    ("break", "cycle 30"),
    ("break", "pc 25"),
    ("break", "engine valu"),
    ("break", "alu:+"),
    ("break", "flow:cond_jump"),
    ("tbreak", "pc 30"),
    ("break", "engine debug"),
    ("break", "scratch 0:6"),
    ("watch", "scratch 700:760"),
    ("watch", "scratch 3:9"),
    ("watch", "scratch 0:40 if $cycle % 3 == 0"),
    ("rwatch", "scratch 4:8"),
    ("awatch", "scratch 2:3"),
    ("watch", "mem 0:70"),
    ("rwatch", "mem 0:8"),
    ("awatch", "mem 8:20"),
    ("break", "mem 0:20"),
    ("break", "engine load if $step & 1"),
]


def forward_stops(session: Session) -> tuple[list[Any], bool]:
    """All stops from the start on, and whether the run came to where nothing goes on."""
    stops: list[Any] = []
    run = session.run()
    for _ in range(LONGEST):
        stop_event = run.finish()
        if stop_event.position >= LONGEST:
            return stops, False
        stops.append(stop_event)
        faulted = stop_event.fault is not None and stop_event.fault.engine != "debug"
        if faulted or stop_event.reason in (Reason.END, Reason.HALT):
            return stops, True
        run = session.resume()
    return stops, False


def positions_seen_going_back(stops: list[Any]) -> set[int]:
    """Where a run going back has to stop: before the bundle that wrote, else at the same place."""
    seen = set()
    for stop in stops:
        watched = [hit.breakpoint.watched for hit in stop.hits]
        if any(watched):
            seen.add(stop.position - 1)
        compares = stop.fault is not None and stop.fault.engine == "debug"
        if stop.reason is Reason.PAUSE or compares or not all(watched):
            seen.add(stop.position)
    return seen


@settings(max_examples=120, deadline=None)
@given(seeds, st.lists(st.sampled_from(STOPS[:6] + STOPS[7:]), max_size=4), fractions)
def test_going_back_finds_the_last_stop_that_going_on_would_have_passed(
    seed: int, stops: Sequence[tuple[str, str]], fraction: float
) -> None:
    taken = record(seed)
    if not taken.ended:
        return
    session = taken.session()
    for command, text in stops:
        add_if_there(session, command, text)
    passed, _ = forward_stops(session)
    expected = positions_seen_going_back(passed)
    here = at(fraction, taken)
    session.go(here)
    while here > 0:
        stop_event = session.reverse_resume().finish()
        before = [position for position in expected if position < here]
        here = max(before, default=0)
        assert stop_event.position == here
        assert state_of(session.core) == taken.states[here]
        assert (stop_event.cut_short == NO_MORE_HISTORY) == (not before)


@settings(max_examples=100, deadline=None)
@given(seeds, st.lists(st.sampled_from(STOPS), max_size=4))
def test_small_steps_see_the_stops_that_going_on_sees(
    seed: int, stops: Sequence[tuple[str, str]]
) -> None:
    """As `continue`, so do single steps: the same positions, hits and reasons."""
    taken = record(seed)
    if not taken.ended:
        return
    going, stepping = taken.session(), taken.session()
    for session in (going, stepping):
        for command, text in stops:
            add_if_there(session, command, text)
    passed, _ = forward_stops(going)
    seen: list[Any] = []
    run = stepping.start()
    while len(seen) < len(passed):
        stop_event = run.finish()
        if stop_event.reason is not Reason.BUDGET:
            seen.append(stop_event)
        if stepping.ended:
            break
        run = stepping.step()
    assert [(a.position, a.reason, a.label) for a in seen] == [
        (a.position, a.reason, a.label) for a in passed[: len(seen)]
    ]


@settings(max_examples=100, deadline=None)
@given(seeds, st.lists(st.tuples(fractions, st.integers(0, 2**32 - 1)), max_size=3), fractions)
def test_an_edit_belongs_to_its_position(
    seed: int, edits: list[tuple[float, int]], fraction: float
) -> None:
    taken = record(seed)
    session = taken.session(interval=8)
    place = session.scope  # edits at ever later places, so that none forgets another
    made = []
    for part, word in sorted(edits):
        session.go(min(at(part, taken), 40))
        before = state_of(session.core)
        session.set_words(find_place("s[5]", place), [word])
        made.append((session.core.position, before, state_of(session.core)))
    if not made:
        return
    position, _, after = made[-1]
    session.goto_cycle(0).finish()
    session.go(position)
    assert state_of(session.core) == after
    session.restart()
    assert state_of(session.core) == taken.states[0]


@settings(max_examples=100, deadline=None)
@given(
    seeds,
    st.lists(st.sampled_from(STOPS[:6] + STOPS[7:]), max_size=4),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40)), min_size=1, max_size=3),
)
def test_going_back_finds_the_same_stops_where_words_were_set(
    seed: int, stops: Sequence[tuple[str, str]], edits: list[tuple[int, int]]
) -> None:
    session = record(seed).session(interval=8)
    for position, word in sorted(edits):
        session.goto_position(position).finish()
        session.set_words(Place(False, word, word + 1), [position])
    session.goto_position(LONGEST).finish()
    if not session.end:
        return
    for command, text in stops:
        add_if_there(session, command, text)
    last, state = session.core.position, state_of(session.core)
    session.goto_position(0).finish()
    passed: list[Any] = []
    while session.core.position < last:
        first = not passed and session.core.position == 0
        run = session._run(forward(session, check_first=first))
        passed.append(run.finish())
        if passed[-1].position == last:
            break
    assert state_of(session.core) == state
    expected = positions_seen_going_back(passed)
    here = last
    while here > 0:
        stop_event = session.reverse_resume().finish()
        here = max((position for position in expected if position < here), default=0)
        assert stop_event.position == here


def test_the_ends_of_time_say_so() -> None:
    session = Session(Program.from_bundles([{"load": [["const", 0, 1]]}] * 3), [])
    with pytest.raises(DebuggerError, match="No more reverse-execution history"):
        session.reverse_step()
    assert session.goto_cycle(9).finish().cut_short == "The program has ended at cycle 3."
    with pytest.raises(DebuggerError, match="has ended at cycle 3"):
        session.step()
    assert session.reverse_step(9).finish().cut_short == NO_MORE_HISTORY


def test_an_interrupt_keeps_the_position_of_a_goto_and_ends_a_run_where_it_is() -> None:
    session = Session(Program.from_bundles([{"flow": [["jump", 0]]}]), [])
    session.go(50)
    run = session.goto_end()
    assert run.advance(0.01) is None
    assert session.core.position > 50
    assert run.end(Reason.INTERRUPT).reason is Reason.INTERRUPT
    assert session.core.position == 50
    run = session.resume()
    assert run.advance(0.01) is None
    assert run.end(Reason.INTERRUPT).position > 50


def test_a_pc_that_is_set_revives_a_halted_machine_and_belongs_to_its_position() -> None:
    halts = [{"load": [["const", 0, 1]]}, {"flow": [["halt"]]}, {"load": [["const", 0, 7]]}]
    session = Session(Program.from_bundles(halts), [])
    assert session.resume().finish().reason is Reason.HALT
    session.set_pc(2)
    assert not session.ended
    assert session.resume().finish().reason is Reason.END
    assert (session.core.scratch[0], session.core.position) == (7, 3)
    session.reverse_step(2).finish()
    assert (session.core.scratch[0], session.core.pc) == (1, 1)
    assert session.goto_end().finish().reason is Reason.END
    assert (session.core.scratch[0], session.core.position) == (7, 3)
    assert session.restart()
    assert session.goto_end().finish().reason is Reason.HALT


def test_what_led_to_an_edit_is_still_known_and_undone() -> None:
    session = Session(Program.from_bundles([{"alu": [["+", 0, 1, 1]]}] * 4), [])
    session.go(2)
    led = session.core.last_commit()
    session.set_words(Place(False, 1, 2), [5])
    session.set_words(Place(False, 2, 3), [6])
    assert session.core.last_commit() == led
    session.step().finish()
    assert session.core.scratch[0] == 10
    for _ in range(2):
        assert session.core.undo() is not None
    assert (session.core.position, list(session.core.scratch[:3])) == (1, [0, 0, 0])
    session.go(2)
    assert list(session.core.scratch[:3]) == [0, 5, 6]
