"""Lint: a program for each rule, and silence for right ones. Live: counted by hand and by force."""

from functools import cache
from typing import Any

import pytest

from kernels.catalog import build
from machine import Problem, Program
from machine.core.inputs import memory_of
from tests.inspect.runs import flow_of, random_flow
from vliwdbg.inspect import Questions
from vliwdbg.inspect.lint import RULES, explain_rule, lint
from vliwdbg.inspect.live import live
from vliwdbg.render import lines_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import view_from_json
from vliwdbg.views.lint import Finding, Lint

SIZES = Problem(forest_height=3, rounds=2, batch_size=16)
STORE = {"store": [["store", 8, 9]]}
CONSTS = {"load": [["const", 8, 3], ["const", 9, 4]]}


def found(
    *bundles: dict[str, Any], memory: tuple[int, ...] = (0,) * 16, **facts: Any
) -> dict[str, Any]:
    """By rule its severity and its count, of a program's findings."""
    program = Program.from_bundles(bundles, **facts)
    view = Questions(program, memory).lint()
    return {finding.rule: (finding.severity, finding.count) for finding in view.findings}


# By rule: the bundles in which it finds so many, and nothing else is found.
CASES: dict[str, tuple[list[dict[str, Any]], tuple[str, int]]] = {
    "double-write": (
        [CONSTS, {"alu": [["+", 10, 8, 8], ["+", 10, 8, 9]]}, {"store": [["store", 8, 10]]}],
        ("error", 2),
    ),
    "straddle": (
        [
            {"load": [["const", 8, 0], ["const", 9, 8]]},
            {"load": [["vload", 16, 8], ["vload", 24, 9]]},
            {"valu": [["+", 32, 20, 16]]},
            {"store": [["vstore", 8, 32]]},
        ],
        ("warning", 1),
    ),
    "useless": (
        [
            CONSTS,
            {"load": [["const", 10, 5], ["const", 11, 6]]},
            {"alu": [["+", 12, 10, 11]]},
            {"alu": [["+", 12, 12, 11]]},
            STORE,
        ],
        ("warning", 4),
    ),
    "never-written": ([CONSTS, {"alu": [["+", 9, 10, 9]]}, STORE], ("note", 1)),
    "never-read": (
        [CONSTS, {"load": [["const", 10, 5], ["const", 11, 6]]}, STORE],
        ("note", 2),
    ),
    "overwritten-store": ([CONSTS, STORE, STORE], ("note", 1)),
    "same-address": (
        [
            CONSTS,
            {"load": [["load", 10, 8]], "store": [["store", 8, 9]]},
            {"store": [["store", 9, 10]]},
        ],
        ("note", 1),
    ),
    "same-constant": ([CONSTS, {"load": [["const", 8, 3]]}, STORE], ("note", 1)),
    "never-executed": ([CONSTS, {"flow": [["jump", 3]]}, {"alu": []}, STORE], ("note", 1)),
    "idle": ([CONSTS, {"load": []}, {}, STORE], ("warning", 1)),
    "debug-slots": (
        [CONSTS, {"debug": [["comment", i] for i in range(65)]}, STORE],
        ("warning", 1),
    ),
}
# What is found beside it, because it follows from it.
BESIDE = {
    "double-write": {"useless", "never-read"},
    "useless": {"never-read"},
    "never-read": {"useless"},
    "overwritten-store": {"useless"},
    "same-constant": {"useless", "never-read"},
}


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_finds_its_case(rule: str) -> None:
    bundles, expected = CASES[rule]
    findings = found(*bundles)
    assert findings[rule] == expected
    assert findings.keys() - {rule} <= BESIDE.get(rule, set())


def test_stores_of_the_problem() -> None:
    layout = SIZES.layout
    program = Program.from_bundles(
        [
            {"load": [["const", 8, layout.indices_at], ["const", 9, 7]]},
            {"store": [["store", 8, 9], ["store", 9, 9]]},
        ],
        problem=SIZES,
    )
    view = Questions(program, memory_of(SIZES)).lint()
    by_rule = {finding.rule: finding for finding in view.findings}
    assert by_rule["unclaimed-store"].count == 1
    assert by_rule["forest-write"].severity == "warning"
    assert view.ok


def test_a_forest_that_is_restored_is_a_note() -> None:
    layout = SIZES.layout
    bundles: list[dict[str, Any]] = [
        {"load": [["const", 8, layout.nodes_at], ["const", 9, 5]]},
        {"load": [["load", 10, 8]], "store": [["store", 8, 9]]},
    ]
    for restoring, severity in (([], "warning"), ([{"store": [["store", 8, 10]]}], "note")):
        program = Program.from_bundles([*bundles, *restoring], problem=SIZES)
        view = Questions(program, memory_of(SIZES)).lint()
        (finding,) = (f for f in view.findings if f.rule == "forest-write")
        assert finding.severity == severity


def test_a_word_read_before_it_is_first_written_is_a_warning() -> None:
    findings = found(
        {"alu": [["+", 9, 10, 10]], "load": [["const", 10, 1], ["const", 8, 3]]},
        {"alu": [["+", 9, 9, 10]]},
        STORE,
    )
    assert findings == {"never-written": ("warning", 1)}


def test_a_gathered_vector_is_no_straddle() -> None:
    """Words put side by side by scalar slots are a vector; those of two vectors are told as a note
    where they are only stored."""
    gather = [
        {"load": [["load_offset", 16, 32, i], ["load_offset", 16, 32, i + 1]]}
        for i in range(0, 8, 2)
    ]
    store = {"valu": [["+", 24, 16, 16]]}, {"store": [["vstore", 40, 24]]}
    assert "straddle" not in found(*gather, *store)
    shifted = found(
        {"load": [["const", 8, 0]]},
        {"load": [["vload", 16, 8]]},
        {"store": [["vstore", 8, 20]]},
    )
    assert shifted["straddle"] == ("note", 1)


def test_of_a_run_that_has_not_ended_only_what_is_known_is_told() -> None:
    wasteful = [CONSTS, {"alu": [["+", 10, 8, 8], ["+", 10, 8, 9]]}]
    faulting = Program.from_bundles([*wasteful, {"load": [["load", 11, 9]]}, STORE])
    endless = Program.from_bundles([*wasteful, {"flow": [["jump", 1]]}])
    runs = Questions(faulting, (0,) * 4), Questions(endless, (0,) * 4, max_cycles=10)
    for asked in runs:
        view = asked.lint()
        assert [finding.rule for finding in view.findings] == ["double-write"]
        assert view.notes[-1].startswith("Only known at the end of a run, and left out: forest-wr")


def test_rules_can_be_silenced() -> None:
    bundles, _ = CASES["double-write"]
    program = Program.from_bundles(bundles)
    asked = Questions(program, (0,) * 16)
    assert not asked.lint().ok
    quiet = asked.lint(["double-write"])
    assert quiet.ok
    assert quiet.silenced == ("double-write",)
    assert "double-write" not in found(*bundles, build={"silence": ["double-write"]})
    with pytest.raises(DebuggerError, match="lint has no rule 'nonsense'; it has double-write"):
        asked.lint(["nonsense"])


def test_every_rule_is_explained() -> None:
    assert set(RULES) == {*CASES, "forest-write"} | {"unclaimed-store"}
    for name in RULES:
        view = explain_rule(name)
        assert len(lines_of(view)) == 2
        assert view_from_json(view.to_json()) == view
    with pytest.raises(DebuggerError, match="no rule"):
        explain_rule("nonsense")


@cache
def kernel(name: str, scheduler: str | None, problem: Problem = SIZES) -> Questions:
    return Questions(build(name, scheduler, problem), memory_of(problem))


@pytest.mark.parametrize(
    ("name", "scheduler", "problem"),
    [
        ("treehash", "list", SIZES),
        ("treehash", None, Problem()),
        ("vectors", "list", SIZES),
        ("baseline", "greedy", SIZES),
    ],
)
def test_right_kernels_are_nearly_silent(
    name: str, scheduler: str | None, problem: Problem
) -> None:
    view = kernel(name, scheduler, problem).lint()
    assert view.ok
    assert len(lines_of(view)) <= 10
    assert all(finding.severity == "note" for finding in view.findings)


def test_taking_useless_slots_away_changes_no_output() -> None:
    from machine import Machine
    from vliwdbg.inspect.lint import Facts

    asked = kernel("baseline", "greedy")
    facts = Facts(asked.dependences)
    useless = {facts.dependences.slot[op] for op in facts.useless}
    assert useless
    bundles = []
    for pc in range(len(asked.program)):
        kept: dict[str, list[Any]] = {}
        columns = asked.program.columns
        slots = zip(columns.slots_of_bundle(pc), iter(asked.program.bundle(pc)), strict=True)
        for number, slot in slots:
            if number not in useless:
                kept.setdefault(slot.engine, []).append(slot.written)
        bundles.append(kept)
    ends = []
    for program in (asked.program, Program.from_bundles(bundles)):
        machine = Machine(program, memory_of(SIZES), pauses=False)
        machine.run()
        ends.append(list(machine.memory))
    assert ends[0] == ends[1]


# --- live -----------------------------------------------------------------------------------------


def test_lives_counted_by_hand() -> None:
    flow = flow_of(
        {"load": [["const", 8, 1], ["const", 9, 2]]},  # 8 lives in cycles 1 to 3, 9 in 1
        {"alu": [["+", 10, 8, 9]]},  # 10 lives in 2
        {"alu": [["+", 11, 10, 10]]},  # 11 is never read
        {"alu": [["+", 12, 8, 20]]},  # 20 is read as 0: it lives from 0 to 3
        {"store": [["store", 21, 12]]},  # 12 lives in 4, 21 from 0
        memory=(0,),
    )
    view = live(flow)
    assert (view.peak, view.peak_cycle) == (4, 1)
    assert [window.words for window in view.windows] == [2, 4, 4, 3, 2]
    assert (view.values, view.dead, view.used) == (7, 1, 7)
    assert sum(held.words for held in view.holders) + view.more == 4
    assert {(held.place, held.first, held.stop) for held in view.holders} == {
        ("s[8]", 1, 4),
        ("s[9]", 1, 2),
        ("s[20]@2", 0, 5),
    }
    assert view.unused[0] == "s[0]@8"
    assert view_from_json(view.to_json()) == view


def test_pressure_is_what_a_walk_backwards_finds() -> None:
    """A word is live before a bundle that reads it, and before one that neither reads nor writes it
    if it is live after."""
    for seed in range(40):
        flow = random_flow(seed)
        held: set[int] = set()
        by_cycle: dict[int, int] = {}
        for step in range(len(flow.pcs) - 1, -1, -1):
            slots = [slot for slot in flow.slots(step) if flow.nodes_of(step, slot)]
            for spans, change in (
                ([flow.access(s).defs(flow.operands(s)) for s in slots], held.difference_update),
                ([flow.access(s).uses(flow.operands(s)) for s in slots], held.update),
            ):
                for at, width in (span for some in spans for span in some):
                    change(range(at, at + width))
            by_cycle[flow.cycles[step]] = len(held)
        view = live(flow)
        assert view.peak == max(by_cycle.values(), default=0)
        assert by_cycle.get(view.peak_cycle, 0) == view.peak
        for window in view.windows:
            cycles = range(window.first, window.stop)
            assert window.words == max(by_cycle[cycle] for cycle in cycles)


def useless(view: Lint) -> Finding:
    (found,) = (finding for finding in view.findings if finding.rule == "useless")
    return found


def test_what_another_input_needs_is_no_warning() -> None:
    """The right kernel's tables have words that one input alone does not look up."""
    asked = kernel("treehash", None, Problem())
    told, on_one_input = useless(asked.lint()), useless(lint(asked.dependences))
    assert (told.severity, on_one_input.severity) == ("note", "warning")
    assert told.count < on_one_input.count
