"""The hand-computed rows of the contract on every core, and how a run says why it stopped."""

from typing import Any

import pytest

from machine import Fault, FaultKind, Machine, Problem, Program, Reason, State, Stop
from machine.machine import reference_for, starting_memory
from machine.native import VARIABLE, CoreError, choose
from machine.protocol import BREAK_AFTER, BREAK_BEFORE, NO_LIMIT
from tests.cores import core_asked_for
from tests.machine.cores import CORES, PLENTY, in_oracle_words, load, picture
from tests.oracle.cases import CASES, WALK, WALK_MEMORY, Case

ALU: dict[str, Any] = {"alu": []}
PAUSE: dict[str, Any] = {"flow": [["pause"]]}
HALT: dict[str, Any] = {"flow": [["halt"]]}
DIVIDES: dict[str, Any] = {"alu": [["//", 0, 0, 0]]}


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def started(core: str, case: Case) -> Machine:
    return load(
        core,
        case.bundles,
        case.memory,
        reference=case.reference,
        debug=case.debug,
        pauses=case.pauses,
        history=PLENTY,
    )


def stepped(machine: Machine, steps: int, resumes: int) -> Fault | None:
    """Step until the machine stops, faults, or pauses once more than it may be resumed."""
    fault = None
    while steps and fault is None and machine.state is not State.STOPPED:
        resumes -= machine.state is State.PAUSED
        if resumes < 0:
            break
        fault = machine.step().fault
        steps -= 1
    return fault


def ran(machine: Machine, steps: int, resumes: int) -> Fault | None:
    """The same by runs."""
    stop = machine.run(steps)
    while stop.reason is Reason.PAUSE and resumes:
        resumes -= 1
        stop = machine.run(steps)
    return stop.fault


@pytest.mark.parametrize("drive", [stepped, ran])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_row_holds(core: str, case: Case, drive: Any) -> None:
    machine = started(core, case)
    fault = drive(machine, case.steps, case.resumes)
    assert in_oracle_words(fault) == case.fault
    assert {place: machine.scratch[place] for place in case.scratch} == case.scratch
    memory = dict(enumerate(case.memory)) | dict(case.stored)
    assert dict(enumerate(machine.memory)) == memory
    assert (machine.pc, machine.cycle) == (case.pc, case.cycle)
    assert list(machine.trace) == list(case.trace)
    if fault is None:
        assert machine.state == case.state


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_row_is_undone(core: str, case: Case) -> None:
    machine = started(core, case)
    before = picture(machine)
    stepped(machine, case.steps, case.resumes)
    for _ in range(machine.position):
        assert machine.step_back()
    assert picture(machine) == before
    assert machine.step_back() is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_fault_says_what_was_expected(core: str, case: Case) -> None:
    fault = stepped(started(core, case), case.steps, case.resumes)
    if fault is None or fault.kind is not FaultKind.DIFFERS:
        assert fault is None or fault.expected is None
        return
    assert case.reference is not None
    _, _, key = case.bundles[fault.pc][fault.engine][fault.slot]
    key = tuple(key if fault.lane is None else key[fault.lane])
    assert fault.expected == case.reference[key]


# --- why a run stopped ----------------------------------------------------------------------------


def said(stop: Stop) -> tuple[Reason, int, int, int]:
    return stop.reason, stop.pc, stop.cycle, stop.position


# fmt: off
STOPS: tuple[tuple[str, list[dict[str, Any]], dict[str, Any], list[Any]], ...] = (
    # id, bundles, arguments of each run, and what the runs say: reason, pc, cycle, position
    ("end", [ALU, {}], {}, [("end", 2, 1, 2), ("end", 2, 1, 2)]),
    ("end-of-nothing", [], {}, [("end", 0, 0, 0), ("end", 0, 0, 0)]),
    ("halt-stays", [HALT, ALU], {}, [("halt", 1, 1, 1), ("halt", 1, 1, 1)]),
    ("pause-is-passed", [PAUSE, ALU], {}, [("pause", 1, 1, 1), ("end", 2, 2, 2)]),
    ("pause-at-the-end", [PAUSE], {}, [("pause", 1, 1, 1), ("end", 1, 1, 1), ("end", 1, 1, 1)]),
    ("fault-repeats", [ALU, DIVIDES], {}, [("fault", 1, 1, 1), ("fault", 1, 1, 1)]),
    ("budget", [ALU, {}, ALU], {"budget": 2}, [("budget", 2, 1, 2), ("end", 3, 2, 3)]),
    ("budget-of-none", [ALU], {"budget": 0}, [("budget", 0, 0, 0)]),
    ("budget-to-the-end", [ALU], {"budget": 1}, [("budget", 1, 1, 1), ("end", 1, 1, 1)]),
    ("budget-halts", [HALT], {"budget": 1}, [("halt", 1, 1, 1)]),
    ("budget-of-none-halted", [HALT], {"budget": 1}, [("halt", 1, 1, 1), ("halt", 1, 1, 1)]),
    ("max-cycles", [ALU, ALU, ALU], {"max_cycles": 2}, [("max-cycles", 2, 2, 2)] * 2),
    ("max-cycles-of-none", [ALU], {"max_cycles": 0}, [("max-cycles", 0, 0, 0)] * 2),
    ("max-cycles-just-enough", [ALU, ALU], {"max_cycles": 2}, [("end", 2, 2, 2)]),
    ("max-cycles-free-bundles", [ALU, {}, {"debug": []}], {"max_cycles": 1}, [("end", 3, 1, 3)]),
    ("max-cycles-then-costs", [ALU, {}, ALU], {"max_cycles": 1}, [("max-cycles", 2, 1, 2)]),
    ("max-cycles-halts", [HALT], {"max_cycles": 1}, [("halt", 1, 1, 1)]),
    ("max-cycles-before-fault", [DIVIDES], {"max_cycles": 0}, [("max-cycles", 0, 0, 0)]),
)
# fmt: on


@pytest.mark.parametrize(
    ("bundles", "limits", "says"), [r[1:] for r in STOPS], ids=[r[0] for r in STOPS]
)
def test_run_says_why_it_stopped(core: str, bundles: Any, limits: Any, says: Any) -> None:
    machine = load(core, bundles)
    assert [said(machine.run(**limits)) for _ in says] == says


# fmt: off
FLAGGED: tuple[tuple[str, list[dict[str, Any]], dict[int, int], bool, list[Any]], ...] = (
    # id, bundles, flags, check_first, what the runs say
    ("before", [ALU] * 3, {1: BREAK_BEFORE}, False, [("breakpoint", 1, 1, 1), ("end", 3, 3, 3)]),
    ("before-the-first", [ALU], {0: BREAK_BEFORE}, False, [("end", 1, 1, 1)]),
    ("before-the-first-checked", [ALU], {0: BREAK_BEFORE}, True, [("breakpoint", 0, 0, 0)] * 2),
    ("before-once-a-round", [{"flow": [["jump", 0]]}], {0: BREAK_BEFORE}, False,
     [("breakpoint", 0, 1, 1), ("breakpoint", 0, 2, 2)]),
    ("before-a-fault", [ALU, DIVIDES], {1: BREAK_BEFORE}, False,
     [("breakpoint", 1, 1, 1), ("fault", 1, 1, 1)]),
    ("after", [ALU] * 3, {1: BREAK_AFTER}, False, [("watchpoint", 2, 2, 2), ("end", 3, 3, 3)]),
    ("after-the-first", [ALU, ALU], {0: BREAK_AFTER}, True,
     [("watchpoint", 1, 1, 1), ("end", 2, 2, 2)]),
    ("after-the-last", [ALU], {0: BREAK_AFTER}, False, [("watchpoint", 1, 1, 1), ("end", 1, 1, 1)]),
    ("after-a-fault", [DIVIDES], {0: BREAK_AFTER}, False, [("fault", 0, 0, 0)]),
    ("after-a-halt", [HALT], {0: BREAK_AFTER}, False, [("halt", 1, 1, 1)]),
    ("after-a-pause", [PAUSE], {0: BREAK_AFTER}, False, [("pause", 1, 1, 1)]),
    ("both", [ALU] * 3, {1: BREAK_BEFORE | BREAK_AFTER}, False,
     [("breakpoint", 1, 1, 1), ("watchpoint", 2, 2, 2), ("end", 3, 3, 3)]),
)
# fmt: on


@pytest.mark.parametrize(
    ("bundles", "flags", "check_first", "says"),
    [r[1:] for r in FLAGGED],
    ids=[r[0] for r in FLAGGED],
)
def test_run_stops_at_flags(
    core: str, bundles: Any, flags: Any, check_first: bool, says: Any
) -> None:
    machine = load(core, bundles)
    for pc, flag in flags.items():
        machine.flags[pc] = flag
    assert [said(machine.run(check_first=check_first)) for _ in says] == says


def test_no_limit_is_the_greatest_that_64_bits_hold() -> None:
    assert NO_LIMIT == 2**63 - 1


def test_flags_are_two_bits(core: str) -> None:
    assert (BREAK_BEFORE, BREAK_AFTER) == (1, 2)
    assert load(core, [ALU, {}]).flags == bytearray(2)


def test_max_cycles_can_be_raised(core: str) -> None:
    machine = load(core, [ALU] * 4)
    assert [machine.run(max_cycles=n).cycle for n in (1, 3, 2, 9)] == [1, 3, 3, 4]


def test_fault_comes_with_its_stop(core: str) -> None:
    stop = load(core, [ALU, DIVIDES]).run()
    assert stop.reason is Reason.FAULT
    assert stop.fault == Fault(FaultKind.DIVISION, 1, 1, "alu", 0, None, 2, 0)


def test_nothing_of_a_bundle_that_faults_is_left_for_the_next(core: str) -> None:
    faults = {
        "load": [["const", 5, 7]],
        "store": [["store", 0, 9]],
        "flow": [["trace_write", 9]],
        "alu": [["//", 1, 1, 1]],
    }
    machine = load(core, [faults, {"alu": [["+", 6, 9, 9]]}], [3])
    machine.scratch[9] = 5
    assert machine.run().reason is Reason.FAULT
    machine.core.pc = 1
    assert machine.run().reason is Reason.END
    assert (machine.scratch[5], machine.scratch[6]) == (0, 10)
    assert (list(machine.memory), list(machine.trace)) == ([3], [])


# --- history and state ----------------------------------------------------------------------------


@pytest.mark.parametrize(("history", "undone"), [(0, 1), (1, 1), (3, 3), (9, 5)])
def test_history_is_bounded(core: str, history: int, undone: int) -> None:
    machine = load(core, [ALU] * 5, history=history)
    machine.run()
    taken_back = [machine.step_back() for _ in range(6)]
    assert [commit.pc for commit in taken_back if commit] == [4, 3, 2, 1, 0][:undone]
    assert machine.position == machine.pc == machine.cycle == 5 - undone


def test_undo_goes_back_to_the_pause(core: str) -> None:
    machine = load(core, [PAUSE, ALU, DIVIDES], history=9)
    machine.run()
    assert machine.state is State.PAUSED
    assert machine.run().reason is Reason.FAULT
    assert machine.state is State.RUNNING  # type: ignore[comparison-overlap]
    machine.step_back()
    assert machine.state is State.PAUSED
    machine.step_back()
    assert machine.state is State.RUNNING


def test_undo_goes_back_from_a_halt(core: str) -> None:
    machine = load(core, [HALT, ALU], history=9)
    machine.run()
    machine.step_back()
    assert machine.state is State.RUNNING
    assert machine.run().reason is Reason.HALT


def test_fault_after_a_pause_leaves_it_paused(core: str) -> None:
    machine = load(core, [PAUSE, DIVIDES])
    machine.run()
    assert machine.run().reason is Reason.FAULT
    assert machine.state is State.PAUSED


def test_commit_has_each_word_once_with_the_value_that_won(core: str) -> None:
    bundles = [
        {"load": [["const", 3, 7], ["const", 1, 1]]},
        {"load": [["const", 3, 8], ["const", 3, 9]], "store": [["store", 0, 3], ["store", 0, 1]],
         "flow": [["trace_write", 3]]},
    ]  # fmt: skip
    machine = load(core, bundles, [5, 6])
    machine.run()
    commit = machine.core.last_commit()
    assert commit is not None
    assert (commit.pc, commit.cycle, commit.position) == (1, 1, 1)
    assert [tuple(write) for write in commit.scratch] == [(3, 7, 9)]
    assert [tuple(write) for write in commit.memory] == [(0, 5, 1)]
    assert commit.traced == (7,)
    assert machine.step_back() == commit
    assert (machine.scratch[3], list(machine.memory), list(machine.trace)) == (7, [5, 6], [])


def test_commit_before_the_first_bundle_is_none(core: str) -> None:
    assert load(core, [ALU]).core.last_commit() is None


def test_visits_count_executed_bundles(core: str) -> None:
    machine = load(core, [ALU, PAUSE, {"flow": [["jump", 1]]}, DIVIDES], count=True, history=9)
    for _ in range(3):
        machine.run()
    assert machine.core.visits is not None
    assert list(machine.core.visits) == [1, 3, 2, 0]
    machine.step_back()
    assert list(machine.core.visits) == [1, 2, 2, 0]
    assert load(core, [ALU]).core.visits is None


def test_visits_do_not_count_faults(core: str) -> None:
    machine = load(core, [ALU, DIVIDES], count=True)
    machine.run()
    assert machine.core.visits is not None
    assert list(machine.core.visits) == [1, 0]


# --- what a machine finds for a program -----------------------------------------------------------


def test_machine_starts_with_the_programs_memory() -> None:
    from array import array

    problem = Problem(1, 1, 1, 5)
    columns = Program.from_bundles([]).columns
    assert list(starting_memory(Program(columns, memory=array("I", [1, 2])))) == [1, 2]
    assert list(starting_memory(Program(columns, memory=array("I")))) == []
    given = Program(columns, memory=array("I", [1, 2]), problem=problem)
    assert list(starting_memory(given)) == [1, 2]
    assert starting_memory(Program(columns, problem=problem)) == problem.memory()
    assert starting_memory(Program(columns)) == Problem().memory()
    assert list(Machine(given).memory) == [1, 2]
    assert list(Machine(given, [3]).memory) == [3]
    assert list(Machine(given, []).memory) == []


def test_machine_leaves_the_words_it_was_given_alone() -> None:
    words = [0, 0]
    machine = Machine(Program.from_bundles([{"store": [["store", 0, 1]]}]), words)
    machine.memory[1] = 7
    machine.run()
    assert words == [0, 0]


def test_reference_comes_from_the_header() -> None:
    assert reference_for(WALK_MEMORY) == WALK
    assert reference_for([1, 2, 3]) is None


def test_compares_are_checked_only_where_debug_is_on() -> None:
    program = Program.from_bundles([{"debug": [["compare", 0, [0, 0, "val"]]]}])
    assert Machine(program, WALK_MEMORY).run().reason is Reason.END
    assert Machine(program, WALK_MEMORY, debug=True).run().reason is Reason.FAULT
    assert Machine(program, [1], debug=True).run().reason is Reason.END
    own = {(0, 0, "val"): 0}
    assert Machine(program, WALK_MEMORY, reference=own, debug=True).run().reason is Reason.END


@pytest.mark.parametrize("make", CORES.values(), ids=CORES)
def test_a_core_by_itself_checks_compares_and_pauses_and_not_the_first_flag(make: Any) -> None:
    program = Program.from_bundles([{"flow": [["pause"]]}, {"debug": [["compare", 0, [0]]]}])
    core = make(program, [], reference={})
    core.flags[0] = BREAK_BEFORE
    assert core.run(5).reason is Reason.PAUSE
    assert core.run(5).reason is Reason.FAULT


def test_debug_and_pauses_can_be_switched_on_the_way(core: str) -> None:
    compare = {"debug": [["compare", 0, [0]]]}
    machine = load(core, [compare, PAUSE, PAUSE], reference={}, debug=True)
    assert machine.run().reason is Reason.FAULT
    machine.core.debug = False
    assert machine.run().reason is Reason.PAUSE
    machine.core.pauses = False
    assert machine.run().reason is Reason.END


def test_the_environment_is_asked_once_which_core_it_is() -> None:
    with core_asked_for("model"), pytest.MonkeyPatch.context() as patch:
        assert choose() == ("model", "asked for")
        patch.setenv(VARIABLE, "quick")
        assert choose() == ("model", "asked for")


def test_no_core_is_taken_for_one_that_there_is_not() -> None:
    with core_asked_for("quick"):
        for _ in range(2):
            with pytest.raises(CoreError, match="no core is called 'quick'"):
                choose()
