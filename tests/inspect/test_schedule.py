"""Why, floor, critical, slack, stats and what-if: hand-made programs with known answers, and what
has to hold of any program."""

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from kernels.catalog import build
from machine import Machine, Problem, Program
from machine.core.inputs import memory_of
from machine.core.waits import LATENCIES
from machine.verdict import check
from tests.inspect.runs import flow_of, random_flow
from vliwdbg.inspect import Dependences, Questions
from vliwdbg.inspect.critical import critical, slack
from vliwdbg.inspect.dependences import LIMITS, STORAGE, WORKING
from vliwdbg.inspect.floor import floor
from vliwdbg.inspect.replay import replay
from vliwdbg.inspect.stats import csv_lines, stats
from vliwdbg.inspect.whatif import _Placement, read_change, whatif
from vliwdbg.inspect.why import Reasons, why
from vliwdbg.render import lines_of
from vliwdbg.report import executed_slots
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import view_from_json
from vliwdbg.views.schedule import Empty, Why

SIZES = Problem(forest_height=3, rounds=3, batch_size=16)


@cache
def small(scheduler: str, kernel: str = "vectors") -> Questions:
    """A bundled kernel at a small size."""
    program = build(kernel, scheduler, SIZES)
    return Questions(program, memory_of(SIZES))


def reasons_in(
    *bundles: dict[str, Any], engine: str, cycle: int, memory: tuple[int, ...] = ()
) -> Empty:
    """The one reason for the free slots of an engine in a bundle."""
    flow = flow_of(*bundles, memory=memory)
    view = why(Dependences(flow), [flow], cycle, engine)
    (bundle,) = view.bundles
    (empty,) = bundle.empty
    return empty


# --- why ------------------------------------------------------------------------------------------


def test_a_dependence_names_the_producer() -> None:
    empty = reasons_in(
        {"load": [["const", 8, 1], ["const", 9, 1]]},
        {"flow": [["add_imm", 10, 8, 5]]},
        engine="flow",
        cycle=0,
    )
    assert (empty.count, empty.reason, empty.root) == (1, "dependence", "start")
    assert empty.blocker is not None
    assert empty.waiting is not None
    assert (empty.blocker.text, empty.waiting.cycle) == ("s[8] = 1", 1)


def test_storage_names_the_reader_that_blocks() -> None:
    empty = reasons_in(
        {"load": [["const", 8, 1], ["const", 9, 1]]},
        {"alu": [["+", 20, 20, 20]]},
        {"alu": [["+", 10, 8, 8]]},
        {"flow": [["add_imm", 8, 0, 5]]},
        engine="flow",
        cycle=1,
    )
    assert (empty.reason, empty.root) == ("storage", "storage")
    assert empty.blocker is not None
    assert empty.blocker.text == "s[10] = s[8] + s[8]"


def test_the_read_of_what_is_overwritten_in_place_is_no_storage() -> None:
    """x = x ^ y reads x itself: what it waits for is who wrote x."""
    empty = reasons_in(
        {"load": [["const", 8, 1], ["const", 9, 1]]},
        {"flow": [["add_imm", 8, 8, 5]]},
        engine="flow",
        cycle=0,
    )
    assert empty.reason == "dependence"


def test_memory_is_waited_for_by_address() -> None:
    bundles = (
        {"load": [["const", 8, 3], ["const", 9, 4]]},
        {"alu": [["+", 20, 20, 20]]},
        {"store": [["store", 8, 9]]},
        {"load": [["load", 10, 8], ["load", 11, 9]]},
    )
    flow = flow_of(*bundles, memory=(0,) * 8)
    view = why(Dependences(flow), [flow], 1, "load")
    assert [(e.count, e.reason) for e in view.bundles[0].empty] == [(1, "scheduler"), (1, "memory")]
    alone = why(Dependences(flow), (), 1, "load")
    assert [(e.count, e.reason) for e in alone.bundles[0].empty] == [(2, "memory")]
    assert "No other input" in alone.notes[0]


def test_a_jump_is_control() -> None:
    empty = reasons_in(
        {"load": [["const", 8, 1], ["const", 9, 1]]},
        {"flow": [["jump", 2]]},
        {"alu": [["+", 10, 8, 8]]},
        engine="alu",
        cycle=1,
    )
    # Of its eleven other slots nothing is said either: the next alu slot is after the jump.
    assert (empty.count, empty.reason) == (12, "control")


def test_the_scheduler_and_none_left() -> None:
    bundles = (
        {"load": [["const", 8, 1]]},
        {"alu": [["+", 10, 8, 8]]},
        {"alu": [["+", 12, 8, 8]]},
    )
    first = reasons_in(*bundles, engine="load", cycle=0)
    assert (first.count, first.reason, first.waiting) == (1, "none-left", None)
    flow = flow_of(*bundles)
    view = why(Dependences(flow), [flow], 1, "alu")
    told = [(e.count, e.reason, e.waiting and e.waiting.text) for e in view.bundles[0].empty]
    # Each operation is named for one slot.
    assert told == [(1, "scheduler", "s[12] = s[8] + s[8]"), (10, "none-left", None)]


def test_the_root_is_a_full_engine() -> None:
    """The flow slot waits for the last of seven loads, two a cycle, which all could be first."""
    loads = [["const", 8 + i, i] for i in range(7)]
    bundles = [{"load": loads[i : i + 2]} for i in range(0, 7, 2)]
    empty = reasons_in(*bundles, {"flow": [["add_imm", 30, 14, 1]]}, engine="flow", cycle=3)
    assert (empty.reason, empty.root) == ("dependence", "load full")


def test_totals_are_the_free_slots() -> None:
    asked = small("greedy")
    view = asked.why()
    dependences = asked.dependences
    cycles = dependences.end - dependences.start
    for total in view.totals:
        code = WORKING.index(total.engine)
        free = LIMITS[code] * cycles - dependences.engine.count(code)
        assert total.count == free == sum(total.reasons.values()) == sum(total.roots.values())
        windows = [window for window in view.windows if window.engine == total.engine]
        assert sum(window.count for window in windows) == free
    single = [asked.why(cycle) for cycle in range(dependences.start, dependences.end, 7)]
    for one in single:
        for empty in one.bundles[0].empty:
            assert (empty.waiting is None) == (empty.reason == "none-left")


@pytest.mark.parametrize("kernel", ["vectors", "treehash"])
def test_what_waits_for_the_scheduler_alone_can_be_moved(kernel: str) -> None:
    """Outputs stay right on fresh inputs."""
    asked = small("greedy", kernel)
    reasons = Reasons(asked.dependences, asked.others)
    assert asked.others
    holes = [
        hole
        for engine in range(len(WORKING))
        for hole in reasons.holes(engine)
        if hole.reason == "scheduler"
    ]
    assert len(holes) > 10
    for hole in holes[:: max(len(holes) // 30, 1)]:
        moved = _moved(asked, hole.waiting, hole.cycle)
        assert _right(moved), asked.dependences.slot_at(hole.waiting)


@pytest.mark.parametrize("kernel", ["vectors", "treehash"])
def test_slots_can_be_anywhere_between_bound_and_latest(kernel: str) -> None:
    asked = small("greedy", kernel)
    dependences = asked.dependences
    wrong = tried = 0
    for op in range(0, len(dependences), max(len(dependences) // 60, 1)):
        if dependences.fixed[op] or asked.flow.access(dependences.slot[op]).memory:
            continue
        cycle = dependences.cycle[op]
        for to in {dependences.bound[op], dependences.latest[op]} - {cycle}:
            if _has_room(dependences, op, to):
                assert _right(_moved(asked, op, to)), dependences.slot_at(op)
        early = dependences.bound[op] - 1
        if early >= 0 and _has_room(dependences, op, early):
            tried += 1
            wrong += not _right(_moved(asked, op, early))
    # One cycle earlier it is wrong but for the few slots that change no output.
    assert tried > 5
    assert wrong > tried // 2


def _has_room(dependences: Dependences, op: int, cycle: int) -> bool:
    engine = dependences.engine[op]
    return dependences.used[engine][cycle - dependences.start] < LIMITS[engine]


def _moved(asked: Questions, op: int, cycle: int) -> Program:
    """The program with an operation in the bundle that takes another cycle."""
    dependences, program = asked.dependences, asked.program
    here, there = dependences.step[op], asked.flow.step_of_cycle(cycle)
    engine, place = asked.flow.engine_of(dependences.slot[op])
    bundles = [
        {name: list(slots) for name, slots in bundle.items()} for bundle in program.written()
    ]
    slot = bundles[asked.flow.pcs[here]][engine].pop(place)
    bundles[asked.flow.pcs[there]].setdefault(engine, []).append(slot)
    return Program.from_bundles(bundles, problem=program.problem, outputs=program.outputs)


def _right(program: Program) -> bool:
    """Whether it leaves the right outputs on two fresh inputs."""
    for seed in (77, 78):
        before = memory_of(replace(SIZES, seed=seed))
        machine = Machine(program, before, pauses=False)
        machine.run()
        if not check(SIZES.layout, before, list(machine.memory), program.outputs).correct:
            return False
    return True


# --- floor, critical, slack -----------------------------------------------------------------------


def test_bounds_of_a_program_counted_by_hand() -> None:
    loads = [["const", 8 + i, i] for i in range(4)]
    flow = flow_of(
        *({"load": loads[i : i + 2]} for i in range(0, 4, 2)),
        {"load": []},
        {"alu": [["+", 20, 8, 9], ["+", 21, 10, 11]]},
        {"alu": [["*", 20, 20, 21]]},
        {"store": [["store", 8, 20]]},
        memory=(0,) * 9,
    )
    view = floor(Dependences(flow))
    bounds = {bound.name: bound for bound in view.bounds}
    # Two cycles of loads, after the last of which there are alu, alu and store.
    assert (view.cycles, view.floor, view.gap, view.binds) == (6, 5, 1, "load")
    assert (bounds["load"].cycles, bounds["load"].tail) == (2 + 3, 3)
    assert bounds["path"].cycles == 4
    assert (bounds["alu"].ramp, bounds["alu"].tail) == (1, 1)
    assert (bounds["store"].ramp, bounds["store"].tail) == (3, 0)
    lanes = next(bound for bound in view.others if bound.name == "lanes")
    assert lanes.cycles == 3 / 60


def test_the_chain_of_a_program_counted_by_hand() -> None:
    flow = flow_of(
        {"load": [["const", 8, 0], ["const", 9, 1]]},
        {"load": [["const", 10, 2], ["const", 11, 3]]},  # waited a cycle for load
        {"alu": [["+", 12, 8, 10]]},
        {"alu": [["+", 20, 20, 20]]},
        {"store": [["store", 8, 12]]},  # could have been a cycle earlier
        memory=(0,),
    )
    view = critical(Dependences(flow))
    assert view.cycles == 5
    assert view.split == {"dependence": 3, "scheduler": 1, "load": 1}
    assert [link.slot.cycle for link in view.chain] == [4, 2, 1]
    assert [(link.waits_for, link.cycles) for link in view.chain] == [
        ("scheduler", 1), ("", 0), ("load", 1)
    ]  # fmt: skip


def test_two_that_overwrite_what_the_other_reads_end_a_chain() -> None:
    flow = flow_of(
        {"load": [["const", 8, 0], ["const", 9, 1]]},
        {"alu": [["+", 8, 9, 9], ["+", 9, 8, 8]]},
        {"store": [["store", 0, 8]]},
        memory=(0,),
    )
    view = critical(Dependences(flow))
    assert sum(view.split.values()) == view.cycles == 3


def test_of_any_program_bounds_are_sound() -> None:
    for seed in range(40):
        dependences = Dependences(random_flow(seed))
        cycles = dependences.end - dependences.start
        view = floor(dependences)
        assert view.floor <= cycles
        assert sum(critical(dependences).split.values()) <= cycles
        for bound, here, latest in zip(
            dependences.bound, dependences.cycle, dependences.latest, strict=True
        ):
            assert dependences.start <= bound <= here <= latest < dependences.end
        told = slack(dependences)
        assert sum(sum(row.histogram) for row in told.engines) == told.slots == len(dependences)
        assert all(one.earliest <= one.slot.cycle <= one.latest for one in told.most)


# --- stats ----------------------------------------------------------------------------------------


def test_totals_are_those_of_the_run() -> None:
    for asked in (small("greedy"), small("list"), small("greedy", "baseline")):
        view = stats(asked.dependences)
        machine = Machine(asked.program, asked.memory, pauses=False, count=True)
        machine.run()
        assert machine.core.visits is not None
        used = executed_slots(asked.program, machine.core.visits)
        assert {engine.engine: engine.slots for engine in view.engines} == used
        assert view.cycles == machine.cycle
        for engine in view.engines:
            assert sum(engine.histogram) == view.cycles
            assert sum(n * count for n, count in enumerate(engine.histogram)) == engine.slots
        by_opcode = Counter[str]()
        for group in view.groups:
            if group.by == "opcode":
                by_opcode.update(group.slots)
        assert by_opcode == {engine: slots for engine, slots in used.items() if slots}
        assert {"round", "stage"} <= {group.by for group in view.groups}
        lines = list(csv_lines(asked.dependences))
        assert lines[0] == "cycle,alu,valu,load,store,flow"
        assert len(lines) == view.cycles + 1
        rows = [list(map(int, line.split(","))) for line in lines[1:]]
        assert [sum(column) for column in zip(*rows, strict=True)][1:] == list(used.values())


def test_tags_group_where_slots_tell_nothing() -> None:
    from machine.program import Tag

    program = Program.from_bundles(
        [{"alu": [["+", 8, 8, 8]]}, {"flow": [["pause"]]}],
        tags=(Tag(0, "one", 1), Tag(1, "two", 2)),
    )
    view = Questions(program, ()).stats()
    assert [(g.name, dict(g.slots)) for g in view.groups if g.by == "tag"] == [
        ("one", {"alu": 1}),
        ("two", {"flow": 1}),
    ]


# --- what if --------------------------------------------------------------------------------------


def test_placement_is_legal_and_never_later() -> None:
    for seed in range(30):
        dependences = Dependences(random_flow(seed))
        for text in ("same", "rename", "load=3", "alu=13 valu=7"):
            change = read_change(text)
            placed = _Placement(dependences, change, ()).placed
            used = Counter(zip(dependences.engine, placed, strict=True))
            for op, at in enumerate(placed):
                assert 0 <= at <= dependences.cycle[op] - dependences.start
                for other, kind in dependences.waits(op):
                    if not (change.renamed and kind in STORAGE):
                        same = dependences.cycle[other] == dependences.cycle[op]
                        assert placed[other] + (0 if same else LATENCIES[kind]) <= at
            assert all(count <= change.limits[engine] for (engine, _), count in used.items())


def test_what_changes_save() -> None:
    loads = [["const", 8 + i, i] for i in range(6)]
    flow = flow_of(
        *({"load": loads[i : i + 2]} for i in range(0, 6, 2)), {"alu": [["+", 30, 8, 13]]}
    )
    dependences = Dependences(flow)
    assert whatif(dependences, "", [flow]).at_most == 4
    assert whatif(dependences, "load=3", [flow]).at_most == 3
    assert whatif(dependences, "load=6", [flow]).saved == 2
    assert whatif(dependences, "load=1", [flow]).saved == -3
    assert whatif(dependences, "free=const", [flow]).at_most == 2
    late = flow_of({"alu": [["+", 8, 0, 0]]}, {}, {"load": []}, {"alu": [["+", 9, 0, 0]]})
    view = whatif(Dependences(late), "same")
    assert (view.cycles, view.at_most, view.moved) == (3, 1, 1)
    assert "Of them 2 lie in the order alone." in lines_of(view)


def test_renaming_takes_storage_away() -> None:
    bundles = [{"load": [["const", 8, i]]} for i in range(4)]
    flow = flow_of(*bundles)
    dependences = Dependences(flow)
    assert whatif(dependences, "same", [flow]).at_most == 4
    assert whatif(dependences, "rename", [flow]).at_most == 2


@pytest.mark.parametrize("scheduler", ["greedy", "list"])
def test_the_bundled_kernels_gain_nothing_by_their_order(scheduler: str) -> None:
    asked = small(scheduler, "treehash")
    view = asked.whatif("same")
    assert view.at_most <= view.cycles
    assert view.at_most >= asked.floor().floor


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frobnicate", "is no change; there are same"),
        ("gpu=3", "No engine is called 'gpu'"),
        ("load=0", "give it at least 1"),
        ("free=nothing", "No opcode is called 'nothing'"),
    ],
)
def test_no_change(text: str, message: str) -> None:
    with pytest.raises(DebuggerError, match=message):
        read_change(text)


# --- all of them ----------------------------------------------------------------------------------


def test_every_answer_has_text_and_json() -> None:
    for asked in (small("greedy"), Questions(Program.from_bundles([]), ())):
        for view in (
            asked.stats(),
            asked.floor(),
            asked.critical(),
            asked.slack(),
            asked.why(),
            asked.whatif("same"),
        ):
            assert lines_of(view)
            assert view_from_json(view.to_json()) == view


def test_a_run_that_is_cut_off_is_told() -> None:
    endless = Program.from_bundles([{"alu": [["+", 8, 8, 8]]}, {"flow": [["jump", 0]]}])
    asked = Questions(endless, (), max_cycles=50)
    view = asked.stats()
    assert view.cycles == 50
    assert "limit of 50 cycles" in view.notes[0]
    with pytest.raises(DebuggerError, match="ends at cycle 50; there is no cycle 51"):
        asked.why(51)
    with pytest.raises(DebuggerError, match="no bundle takes it"):
        asked.why(50)
    with pytest.raises(DebuggerError, match="No engine is called 'gpu'"):
        asked.why(3, "gpu")
    assert isinstance(asked.why(3, "alu"), Why)


def test_a_window_can_be_asked_too() -> None:
    whole = small("greedy")
    window = Dependences(replay(whole.program, whole.memory, start=100))
    assert window.start > 0
    view = stats(window)
    assert view.cycles == window.end - window.start
    assert critical(window).cycles <= view.cycles
    assert floor(window).floor <= view.cycles
    assert "from cycle" in view.notes[0]
