"""Breakpoints for a run without a session, and what they know of the program."""

import pytest

from machine import Machine, Program
from machine.stops import Reason
from vliwdbg.programs import Loaded
from vliwdbg.runner import RunOptions, run
from vliwdbg.session.breakpoints import Breakpoints
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Scope

BUNDLES = [
    {"load": [["const", 0, 2], ["const", 1, 1]]},
    {"debug": [["comment", "free"]]},
    {"alu": [["+", 9, 0, 1]], "store": [["store", 0, 1]]},
    {"load": [["load_offset", 30, 0, 0]], "valu": [["vbroadcast", 8, 0]]},
    {"load": [["load_offset", 30, -5, 5]]},
    {"alu": []},
]


@pytest.fixture(name="program")
def a_program():
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
def test_candidates_are_known_before_anything_runs(program, row):
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
def test_a_run_with_stops(program, row):
    loaded = Loaded(program, [0] * 8, problem_assumed=False)
    outcome = run(loaded, RunOptions(None, None, None, False, False, *row))
    assert (outcome.machine.position, outcome.stop.reason, outcome.detail) == MET[row]


def test_a_location_that_is_none_is_refused(program):
    with pytest.raises(DebuggerError, match="no engine is called gpu"):
        run(Loaded(program, [0] * 8, problem_assumed=False), RunOptions(breaks=["engine gpu"]))
