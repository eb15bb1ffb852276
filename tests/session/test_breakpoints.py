"""Breakpoints for a run without a session, and what they know of the program."""

import pytest

from machine import Machine, Program
from machine.stops import Reason
from vliwdbg.programs import Loaded
from vliwdbg.runner import RunOptions, run
from vliwdbg.session.breakpoints import Breakpoints
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Scope
from vliwdbg.session.session import Session

BUNDLES = [
    {"load": [["const", 0, 2], ["const", 1, 1]]},
    {"debug": [["comment", "free"]]},
    {"alu": [["+", 9, 0, 1]], "store": [["store", 0, 1]]},
    {"load": [["load_offset", 30, 0, 0]], "valu": [["vbroadcast", 8, 0]]},
    {"load": [["load_offset", 30, -5, 5]]},
    {"alu": []},
]


@pytest.fixture(name="program")
def a_program() -> Program:
    return Program.from_bundles(BUNDLES, memory=[0] * 8)


FLAGGED = {
    ("break", "pc 3"): [3],
    ("break", "engine load"): [0, 3, 4],
    ("break", "engine alu"): [2],
    ("break", "load:load_offset"): [3, 4],
    ("break", "scratch 9:10"): [2, 3],
    ("break", "scratch 16"): [],
    ("break", "scratch 35"): [4],
    ("break", "mem 2"): [2, 3, 4],
    ("watch", "scratch 0"): [0],
    ("rwatch", "scratch 0"): [2, 3, 4],
    ("awatch", "scratch 0"): [0, 2, 3, 4],
    ("watch", "mem 2"): [2, 3, 4],
    ("break", "cycle 2"): [],
}


@pytest.mark.parametrize("row", FLAGGED, ids=" ".join)
def test_candidates_are_known_before_anything_runs(program: Program, row: tuple[str, str]) -> None:
    stops = Breakpoints(Scope(program, Machine(program).core))
    flags = stops.add(*row).flags
    assert [pc for pc, flag in enumerate(flags) if flag] == FLAGGED[row]


MET = {
    (("2",), ()): (3, Reason.BREAKPOINT, "breakpoint 1 (cycle 2)"),
    (("1",), ()): (1, Reason.BREAKPOINT, "breakpoint 1 (cycle 1)"),
    (("0",), ()): (0, Reason.BREAKPOINT, "breakpoint 1 (cycle 0)"),
    (("5",), ()): (6, Reason.END, None),
    (("mem 2",), ()): (2, Reason.BREAKPOINT, "breakpoint 1 (mem[2])"),
    ((), ("s[9]",)): (3, Reason.WATCHPOINT, "watchpoint 1 (scratch 9:10); s[9]: 0 → 3"),
    ((), ("mem 2",)): (3, Reason.WATCHPOINT, "watchpoint 1 (mem[2]); mem[2]: 0 → 1"),
    ((), ("s[1] if s[1] == 2",)): (6, Reason.END, None),
}


@pytest.mark.parametrize("row", MET, ids=str)
def test_a_run_with_stops(program: Program, row: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    loaded = Loaded(program, [0] * 8, problem_assumed=False)
    outcome = run(loaded, RunOptions(breaks=row[0], watches=row[1]))
    assert (outcome.machine.position, outcome.stop.reason, outcome.detail) == MET[row]


def test_a_location_that_is_none_is_refused(program: Program) -> None:
    with pytest.raises(DebuggerError, match="no engine is called gpu"):
        run(Loaded(program, [0] * 8, problem_assumed=False), RunOptions(breaks=["engine gpu"]))


def test_a_watchpoint_met_by_the_last_bundle_is_told_alike_by_a_run_and_a_session() -> None:
    program = Program.from_bundles([{"load": [["const", 3, 7]]}], memory=[])
    outcome = run(Loaded(program, [], problem_assumed=False), RunOptions(watches=["s[3]"]))
    session = Session(program)
    session.breakpoints.add("watch", "s[3]")
    event = session.resume().finish()
    assert outcome.stop.label == event.label == "watchpoint 1, end"
    assert outcome.detail == "watchpoint 1 (scratch 3:4); s[3]: 0 → 7"


def test_looking_at_a_cycle_far_away_can_be_interrupted_and_changes_nothing() -> None:
    session = Session(Program.from_bundles([{"flow": [["jump", 0]]}]), [])
    session.step(50).finish()
    arrived = session.stop_event
    assert session.look_at_cycle(70).finish().cycle == 70
    look = session.look_at_cycle(10**12)
    assert look.advance(0.01) is None
    assert look.end(Reason.INTERRUPT).reason is Reason.INTERRUPT
    assert (session.core.position, session.stop_event) == (50, arrived)
