"""What panes show, against what the machine does."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from machine.disassembly import ScratchNames
from machine.isa import SCRATCH_SIZE, opcodes_of
from machine.machine import Machine
from machine.problem import Layout, Problem
from machine.program import Program, Tag
from machine.stops import Commit, Reason
from tests.oracle.randomprograms import random_program
from vliwdbg.session.places import Place
from vliwdbg.session.preview import Effect, preview
from vliwdbg.session.snapshot import snapshot_of
from vliwdbg.views.bundle import ELSEWHERE, LAST, NEXT, bundle_view
from vliwdbg.views.occupancy import LANES, Window, is_straight, occupancy
from vliwdbg.views.origins import MOST_COLUMNS, UNKNOWN, Origins, origin_of
from vliwdbg.views.ribbon import EXECUTING, WIDTH, engine_glyphs, legend
from vliwdbg.views.words import MemoryRows, scratch_rows

RANDOM_PROGRAMS = 60


@pytest.mark.parametrize("seed", range(RANDOM_PROGRAMS))
def test_a_preview_is_what_the_machine_then_does(seed: int) -> None:
    drawn = random_program(random.Random(seed))
    machine = Machine(Program.from_bundles(drawn.bundles), drawn.memory, debug=False, history=1)
    for _ in range(80):
        if machine.pc >= len(machine.program):
            break
        bundle = machine.program.bundle(machine.pc)
        effects = [preview(slot, machine.scratch, machine.memory) for slot in bundle]
        stop = machine.step()
        if stop.fault:
            faults = [effect.fault for effect in effects if effect.fault]
            assert faults[0] is stop.fault.kind
            break
        assert not any(effect.fault for effect in effects)
        assert _written(effects) == _committed(machine)
        targets = [effect.target for effect in effects if effect.target is not None]
        assert targets in ([], [machine.pc])
        if stop.reason is Reason.HALT:
            break


def _written(effects: Sequence[Effect]) -> dict[tuple[bool, int], int]:
    """What slots write in the bundle's order; the later one wins."""
    return {
        (effect.place.memory, effect.place.start + i): word
        for effect in effects
        if effect.place
        for i, word in enumerate(effect.words)
    }


def _committed(machine: Machine) -> dict[tuple[bool, int], int]:
    commit = machine.core.last_commit()
    assert commit
    rooms = ((False, commit.scratch), (True, commit.memory))
    return {(room, write.address): write.new for room, writes in rooms for write in writes}


BUNDLES = [
    {"load": [["const", 0, 6], ["const", 1, 7]]},
    {"alu": [["*", 2, 0, 1]], "valu": [["vbroadcast", 8, 0]]},
    {"alu": [["//", 2, 0, 3]]},
]
NAMES = {0: ("a", 1), 1: ("b", 1), 8: ("v", 8)}


@pytest.fixture
def machine() -> Machine:
    return Machine(Program.from_bundles(BUNDLES, scratch_map=NAMES), [0] * 8)


def looked_at(machine: Machine, pc: int, last: Commit | None = None) -> Any:
    names = ScratchNames(NAMES)
    return bundle_view(machine.program, names, snapshot_of(machine.core), pc, last)


def test_the_next_bundle_is_shown_with_what_it_will_do(machine: Machine) -> None:
    machine.run(1)
    view = looked_at(machine, 1)
    product, broadcast = view.groups
    assert view.when == NEXT
    assert [(read.text, read.words) for read in product.reads] == [("a", (6,)), ("b", (7,))]
    assert (product.before, product.words) == ((0,), (42,))
    assert broadcast.about == Place(False, 8, 16)
    assert broadcast.words == (6,) * 8


def test_the_last_bundle_is_shown_with_what_it_did(machine: Machine) -> None:
    machine.run(2)
    view = looked_at(machine, 1, machine.core.last_commit())
    assert view.when == LAST
    assert (view.groups[0].before, view.groups[0].words) == ((0,), (42,))


def test_of_any_other_bundle_nobody_knows_what_it_will_do(machine: Machine) -> None:
    view = looked_at(machine, 1)
    assert view.when == ELSEWHERE
    assert all(group.written is None and not group.words for group in view.groups)
    assert looked_at(machine, 3) is None


def test_a_slot_that_would_fault_says_so(machine: Machine) -> None:
    machine.run(2)
    assert looked_at(machine, 2).groups[0].fault.value == "division by zero"


def test_slots_that_do_the_same_to_words_side_by_side_are_one_group(machine: Machine) -> None:
    alu = [["+", 16 + lane, 8 + lane, 0] for lane in range(8)]
    machine = Machine(Program.from_bundles([{"alu": [*alu, ["+", 2, 0, 1]]}]), [0] * 8)
    for lane in range(8):
        machine.scratch[8 + lane] = lane
    machine.scratch[0] = 100
    vector, scalar = looked_at(machine, 0).groups
    assert (vector.numbers, vector.text) == ("0-7", "s[16]@8 = v + a")
    assert vector.words == tuple(range(100, 108))
    assert [(read.operand, read.words) for read in vector.reads] == [
        ("a", tuple(range(8))),
        ("b", (100,)),
    ]
    assert scalar.numbers == "8"


def test_free_slots_are_counted(machine: Machine) -> None:
    assert looked_at(machine, 0).free == {"alu": 12, "valu": 6, "store": 2, "flow": 1}


def test_every_slot_is_a_character_in_a_column_of_its_own() -> None:
    program = Program.from_bundles(
        [{"flow": [["pause"]], "valu": [["^", 0, 8, 16], ["multiply_add", 24, 0, 8, 16]]}, {}]
    )
    glyphs = engine_glyphs(program, 0)
    assert list(glyphs.values()) == ["·" * 12, "^m····", "··", "··", "P"]
    assert " ".join(engine_glyphs(program, 1).values()) == "·" * 12 + " ······ ·· ·· ·"
    assert len(" ".join(glyphs.values())) == WIDTH == 27


@pytest.mark.parametrize("engine", EXECUTING)
def test_no_two_opcodes_of_an_engine_look_the_same(engine: str) -> None:
    assert len(legend()[engine]) == len(opcodes_of(engine))
    assert all(len(glyph) == 1 for glyph in legend()[engine])


def test_an_origin_is_said_in_a_few_letters() -> None:
    note = {"op": 1, "stage": "hash stage 5", "round": 7, "vector": 8, "level": 4}
    assert origin_of(note).text == "r7 v8 h5"
    assert origin_of({"round": -1, "stage": 3}).text == ""
    assert origin_of("gather").text == "gat"
    assert origin_of(None) == UNKNOWN


def test_a_bar_counts_slots_by_round_and_the_title_tells_which() -> None:
    bundles = [{"alu": [["+", 0, 1, 2]] * 3}, {"alu": [["+", 0, 1, 2]]}]
    rounds = [{"round": 1}, {"round": 2}, {"round": 4}, {"stage": "setup"}]
    origins = Origins(Program.from_bundles(bundles, slots=rounds))
    assert origins.bars.labels == ("0", "1", "2", "3", "4")
    assert origins.bars.counts(origins.slots_of(0)) == [0, 1, 1, 0, 1]
    assert origins.bars.text(origins.slots_of(0)) == "round 1-2, 4"
    assert origins.bars.text(origins.slots_of(1)) == ""


def test_without_origins_tags_stand_in_their_place() -> None:
    bundles = [{"alu": [["+", 0, 1, 2]]}] * 3
    tags = (Tag(0, "setup", 1), Tag(1, "body", 3))
    origins = Origins(Program.from_bundles(bundles, tags=tags))
    assert (origins.bars.kind, origins.bars.labels) == ("tag", ("setup", "body"))
    assert [origins.bars.text(origins.slots_of(pc)) for pc in range(3)] == ["setup", "body", "body"]


def test_many_rounds_share_columns() -> None:
    notes = [{"round": number} for number in range(100)]
    program = Program.from_bundles([{"alu": [["+", 0, 1, 2]]}] * 100, slots=notes)
    bars = Origins(program).bars
    assert len(bars.labels) <= MOST_COLUMNS
    assert sum(bars.counts(range(100))) == 100


@pytest.mark.parametrize(
    ("last", "straight"),
    [([], True), ([["halt"]], True), ([["jump", 0]], False), ([["pause"]], True)],
)
def test_a_program_without_jumps_is_pictured_without_a_run(last: list[Any], straight: bool) -> None:
    program = Program.from_bundles([{"alu": [["+", 0, 1, 2]]}, {"flow": last}])
    assert is_straight(program) == straight


def test_what_follows_a_halt_needs_a_run() -> None:
    program = Program.from_bundles([{"flow": [["halt"]]}, {"alu": [["+", 0, 1, 2]]}])
    assert not is_straight(program)


def test_occupancy_is_that_of_the_cycles_asked_for() -> None:
    bundles = [{"alu": [["+", 0, 1, 2]] * n, "valu": [["+", 8, 8, 8]] * 6} for n in (12, 0, 6)]
    bundles.insert(1, {"debug": [["comment", "free"]]})
    picture = occupancy(Program.from_bundles(bundles))
    assert picture.cycles == 3
    assert [picture.share("alu", cycle, cycle + 1) for cycle in range(3)] == [1, 0, 0.5]
    assert picture.shares("alu", Window(0, 3), 1) == [0.5]
    assert picture.shares("alu", Window(0, 3), 6) == [1, 1, 0, 0, 0.5, 0.5]
    assert picture.share(LANES, 1, 2) == 48 / 60
    assert picture.cycles_where(bytes([0, 0, 1, 1])) == [1, 2]


def test_a_loop_is_pictured_as_it_was_executed() -> None:
    program = Program.from_bundles([{"alu": [["+", 0, 1, 2]]}, {"flow": [["jump", 0]]}])
    picture = occupancy(program, [0, 1, 0])
    assert picture.cycles == 3
    assert picture.cycles_where(bytes([1, 0])) == [0, 2]


@pytest.mark.parametrize("cycle", [0, 17, 450, 899])
def test_zooming_keeps_the_cycle_in_its_column(cycle: int) -> None:
    window = Window(0, 899)
    for _ in range(8):
        narrower = window.zoomed(0.5, cycle, 899)
        assert narrower.first <= cycle <= narrower.stop
        assert narrower.cycles <= max(window.cycles // 2 + 1, 16)
        now, before = narrower.column_of(cycle, 100), window.column_of(cycle, 100)
        assert now is not None
        assert before is not None
        assert abs(now - before) <= 7
        window = narrower
    for _ in range(8):
        window = window.zoomed(2, cycle, 899)
    assert window == Window(0, 899)


def test_every_column_leads_to_a_cycle_that_is_drawn_there() -> None:
    window = Window(100, 350)
    for column in range(80):
        assert window.column_of(window.cycle_at(column, 80), 80) == column


@pytest.mark.parametrize(
    "names",
    [
        {},
        NAMES,
        {5: ("x", 20), 3: ("y", 1), 1530: ("z", 6)},
        {i: (f"t{i}", 1) for i in range(30)},
        {0: ("wide", 1536)},
        {0: ("over", 8), 4: ("lap", 8)},
        {1530: ("past the end", 100)},
    ],
)
def test_scratch_rows_hold_every_word_once(names: dict[int, tuple[str, int]]) -> None:
    rows = scratch_rows(ScratchNames(names))
    words = [address for row in rows for address in range(row.start, row.stop)]
    assert words == list(range(SCRATCH_SIZE))
    assert all(row.stop - row.start <= 8 for row in rows)
    assert all(len(row.names) in (0, row.stop - row.start) for row in rows)


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        (None, 0),
        (None, 100),
        (Problem(3, 2, 8).layout, Problem(3, 2, 8).layout.words),
        (Problem(3, 2, 8).layout, 1000),
        (Problem(0, 0, 0).layout, Problem(0, 0, 0).layout.words),
    ],
)
def test_memory_rows_hold_every_word_once(layout: Layout, words: int) -> None:
    rows = MemoryRows(layout, words)
    addresses = [address for row in rows for address in range(row.start, row.stop)]
    assert addresses == list(range(words))
    for address in addresses:
        row = rows[rows.row_of(address)]
        assert row.start <= address < row.stop
