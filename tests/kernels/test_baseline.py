"""The bars of the baseline, and what its schedules are made of."""

from __future__ import annotations

from collections import Counter

import pytest

from kernels.catalog import build
from machine.problem import Problem
from machine.program import Program
from tests.kernels.running import run

BOTH = ("values", "indices")


@pytest.fixture(scope="module")
def serial() -> Program:
    return build("baseline", "serial", Problem(), outputs=BOTH)


@pytest.fixture(scope="module")
def greedy() -> Program:
    return build("baseline", "greedy", Problem(), outputs=BOTH)


def test_serial_is_one_slot_a_bundle(serial: Program) -> None:
    result = run(serial)
    assert (result.cycles, len(serial)) == (147_734, 196_887)
    assert result.check.correct
    assert serial.columns.slot_count == len(serial)


def test_serial_names_all_of_its_words(serial: Program) -> None:
    words = [a + k for a, (_, width) in serial.scratch_map.items() for k in range(width)]
    assert words == list(range(276))
    names = [name for name, _ in serial.scratch_map.values()]
    assert len(set(names)) == len(names)


def test_slots_of_an_element_and_round(serial: Program) -> None:
    stages = Counter(
        slot["stage"].split()[0]
        for slot, opcode in zip(serial.slots, serial.columns.opcodes, strict=True)
        if slot.get("element") == 17 and slot.get("round") == 3
    )
    # Compares included: 3 when loading, 7 of the hash, 1 and 1 of the index.
    assert stages == {"load": 9, "xor": 1, "hash": 25, "index": 6, "wrap": 3, "store": 4}


def test_greedy_packs_in_program_order(greedy: Program) -> None:
    result = run(greedy)
    assert result.cycles <= 98_500
    assert result.check.correct


def test_debug_slots_never_change_a_schedule(greedy: Program) -> None:
    assert run(greedy, debug=False).cycles == run(greedy).cycles


@pytest.mark.parametrize("scheduler", ["serial", "greedy", "list"])
@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 5, 3), (3, 4, 20), (4, 0, 2)])
def test_small_sizes(scheduler: str, sizes: tuple[int, int, int]) -> None:
    program = build("baseline", scheduler, Problem(*sizes, seed=5), outputs=BOTH)
    assert run(program).check.correct
