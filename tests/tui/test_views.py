"""What panes show, against what the machine does."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from machine.disassembly import ScratchNames
from machine.isa import SCRATCH_SIZE
from machine.machine import Machine
from machine.problem import Layout, Problem
from machine.program import Program
from machine.stops import Reason
from tests.oracle.randomprograms import random_program
from vliwdbg.session.preview import Effect, preview
from vliwdbg.session.snapshot import snapshot_of
from vliwdbg.views.bundle import ELSEWHERE, LAST, NEXT, bundle_view
from vliwdbg.views.listing import listing_line
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


def test_the_next_bundle_is_shown_with_what_it_will_do(machine: Machine) -> None:
    machine.run(1)
    view = bundle_view(machine.program, ScratchNames(NAMES), snapshot_of(machine.core), 1)
    assert view
    product, broadcast = view.slots
    assert product.effect
    assert broadcast.effect
    assert view.when == NEXT
    assert [(read.text, read.words) for read in product.reads] == [("a", (6,)), ("b", (7,))]
    assert (product.before, product.effect.words) == ((0,), (42,))
    assert broadcast.writes == "v"
    assert broadcast.effect.words == (6,) * 8


def test_the_last_bundle_is_shown_with_what_it_did(machine: Machine) -> None:
    machine.run(2)
    last = machine.core.last_commit()
    view = bundle_view(machine.program, ScratchNames(NAMES), snapshot_of(machine.core), 1, last)
    assert view
    assert view.when == LAST
    assert view.slots[0].effect
    assert (view.slots[0].before, view.slots[0].effect.words) == ((0,), (42,))


def test_of_any_other_bundle_nobody_knows_what_it_will_do(machine: Machine) -> None:
    view = bundle_view(machine.program, ScratchNames(NAMES), snapshot_of(machine.core), 1)
    assert view
    assert view.when == ELSEWHERE
    assert all(slot.effect is None for slot in view.slots)
    assert bundle_view(machine.program, ScratchNames(NAMES), snapshot_of(machine.core), 3) is None


def test_a_slot_that_would_fault_says_so(machine: Machine) -> None:
    machine.run(2)
    view = bundle_view(machine.program, ScratchNames(NAMES), snapshot_of(machine.core), 2)
    assert view
    assert view.slots[0].effect
    assert view.slots[0].effect.fault
    assert view.slots[0].effect.fault.value == "division by zero"


def test_a_line_of_the_listing_counts_slots_and_names_words(machine: Machine) -> None:
    line = listing_line(machine.program, ScratchNames(NAMES), 1)
    assert line.used == {"alu": 1, "valu": 1}
    assert line.slots == (("alu", "s[2] = a * b"), ("valu", "v = vbroadcast(a)"))


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
