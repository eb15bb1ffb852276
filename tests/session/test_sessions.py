"""Random sessions on random programs: whatever was done, the state is that of a plain run.

A session steps, goes back and forth, sets words and stops at whatever is set. At each place its
state is that of a model which runs there from the start, with the words set on the way; and going
back tells, newest first, what going forth had told.
"""

import random
from typing import Any

import pytest

from machine import Program
from machine.machine import BREAK_BEFORE, Machine
from machine.model import Model
from machine.stops import ENDINGS, Reason
from tests.oracle.randomprograms import random_program
from vliwdbg.session.places import Place
from vliwdbg.session.session import Session

FARTHEST = 200
STOPS = (
    ("break", "engine valu if $cycle % 3"),
    ("break", "engine load if any(s[0:8] == s[3])"),
    ("break", "cycle 40"),
    ("watch", "scratch 3:9 if s[4] > s[5] || 7 // s[6] == 1"),
    ("watch", "scratch 0:40 if $step & 1"),
    ("rwatch", "scratch 2:4"),
    ("awatch", "mem 0:8 if mem[s[3] % 8] != 5"),
    ("watch", "mem 0:40"),
    ("break", "mem 0:20 if $pc > 20"),
    ("dprintf", 'engine alu, "%d %d", $step, s[4]'),
)


def state_of(core: Any, bundles: int) -> tuple[Any, ...]:
    state = "ended" if core.pc >= bundles else str(core.state)
    words = list(core.scratch), list(core.memory), list(core.trace)
    return core.pc, core.cycle, core.position, state, *words


def plain(program: Program, memory: list[int], edits: dict[int, dict[int, int]], to: int) -> Any:
    """The state of a model that ran to a position, with words set on the way."""
    model = Model(program, memory, debug=False)
    while True:
        for address, word in edits.get(model.position, {}).items():
            model.scratch[address] = word
        if model.position == to:
            return state_of(model, len(program))
        model.run(1, heed=False)
        assert model.position <= to


def act(rng: random.Random, session: Session, edits: dict[int, dict[int, int]]) -> None:
    """Do something to a session; what was set by hand is noted, and what that forgets."""
    here = session.core.position
    kind = rng.randrange(7)
    if kind == 0 and not session.ended:
        session.step(rng.randrange(1, 30)).finish()
    elif kind == 1 and here:
        session.reverse_step(rng.randrange(1, 30)).finish()
    elif kind == 2 and not session.ended:
        run = session.resume()  # which may never end
        run.advance(0.02) or run.end(Reason.INTERRUPT)
    elif kind == 3 and here:
        session.reverse_resume().finish()
    elif kind == 4:
        session.goto_position(rng.randrange(FARTHEST)).finish()
    elif kind == 5:
        session.goto_cycle(rng.randrange(FARTHEST)).finish()
    elif kind == 6:
        address, word = rng.randrange(8), rng.choice((0, 1, 5, 2**32 - 1))
        for later in [at for at in edits if at > here]:
            del edits[later]
        edits.setdefault(here, {})[address] = word
        session.set_words(Place(False, address, address + 1), [word])


def check(seed: int, actions: int) -> None:
    rng = random.Random(seed)
    drawn = random_program(rng)
    program = Program.from_bundles(drawn.bundles)
    session = Session(program, drawn.memory, reference={})
    session.debug = False
    session.core.set_interval(rng.choice((1, 5, 40, 1000)))
    for command, text in rng.sample(STOPS, rng.randrange(4)):
        session.breakpoints.add(command, text)
    edits: dict[int, dict[int, int]] = {}
    for _ in range(actions):
        act(rng, session, edits)
        if session.core.position > 2 * FARTHEST:
            session.goto_position(rng.randrange(FARTHEST)).finish()
        expected = plain(program, drawn.memory, edits, session.core.position)
        assert state_of(session.core, len(program)) == expected


@pytest.mark.parametrize("first", range(0, 30, 10))
def test_a_session_is_where_a_plain_run_is(first: int) -> None:
    for seed in range(first, first + 10):
        check(seed, 10)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(1000, 6000, 500))
def test_many_sessions_are_where_plain_runs_are(first: int) -> None:
    for seed in range(first, first + 500):
        check(seed, 40)


def ends(program: Program, memory: list[int]) -> bool:
    stop = Model(program, memory, pauses=False, debug=False).run(FARTHEST)
    return stop.reason in ENDINGS


def told(session: Session, *, back: bool, most: int) -> list[Any]:
    lines: list[Any] = []
    begun = False
    for _ in range(most):
        if (session.core.position == 0) if back else session.ended:
            break
        run = session.reverse_resume() if back else session.resume() if begun else session.run()
        event, begun = run.finish(), True
        lines += session.printed
        session.printed.clear()
        if event.hits:
            lines.append(sorted((hit.label, *hit[1:]) for hit in event.hits))
        if event.fault:
            break
    return lines


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_stops_are_told_the_same_going_back(first: int) -> None:
    compared = 0
    for seed in range(first, first + 20):
        rng = random.Random(seed)
        drawn = random_program(rng)
        program = Program.from_bundles(drawn.bundles)
        if not ends(program, drawn.memory):
            continue
        session = Session(program, drawn.memory, reference={})
        session.debug = session.pauses = False
        session.breakpoints.add(*rng.choice(STOPS[1:]))
        forth = told(session, back=False, most=FARTHEST)
        if session.ended:
            assert told(session, back=True, most=2 * FARTHEST) == forth[::-1]
            compared += len(forth)
    assert compared > 10


@pytest.mark.parametrize("seed", range(20))
def test_the_cores_stop_alike(seed: int) -> None:
    """At the same flags, under the same traps, in the same state after any seek, pauses too."""
    drawn = random_program(random.Random(seed))
    program = Program.from_bundles(drawn.bundles)
    pictures = []
    for name in ("model", "compiled"):
        rng = random.Random(seed)
        core = Machine(program, drawn.memory, history=1000, core=name).core
        core.flags[:] = bytes(rng.choice((0, 0, BREAK_BEFORE)) for _ in range(len(program)))
        seen = []
        for _ in range(20):
            stop = core.run(rng.randrange(40), check_first=rng.random() < 0.5)
            seen += [stop, state_of(core, 0), core.state]
            stop = core.seek_cycle(rng.randrange(60))
            seen += [stop, state_of(core, 0), core.state]
            if stop.reason in ENDINGS or stop.reason is Reason.FAULT:
                core.seek(0)
        pictures.append(seen)
    assert pictures[0] == pictures[1]
