"""What slots wait for: known cases, and both ways to find it agree."""

import random
from array import array
from typing import Any

import pytest

from machine import Program
from machine.core.tracing import Tracer
from machine.core.waits import (
    LOADED,
    OVERWRITE,
    READ,
    RESTORED,
    REWRITE,
    STORED,
    Waits,
    find_waits,
)
from tests.machine.cores import CORES
from tests.oracle.randomprograms import random_program


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def waits_of(waits: Waits) -> list[tuple[int, int, dict[int, int]]]:
    """By operation its step, its slot, and the kind of wait for each that it waits for."""
    found = []
    for op, (step, slot) in enumerate(zip(waits.steps, waits.slots, strict=True)):
        mine = slice(waits.first[op], waits.first[op + 1])
        named = dict(zip(waits.waited[mine], waits.kinds[mine], strict=True))
        assert len(named) == len(waits.waited[mine])
        found.append((step, slot, named))
    return found


def waits_in(
    core: str, *bundles: dict[str, Any], memory: tuple[int, ...] = ()
) -> list[dict[int, int]]:
    program = Program.from_bundles(bundles)
    trace = Tracer(program, core)(array("I", memory))
    return [named for _, _, named in waits_of(find_waits(program, trace, core))]


@pytest.mark.skipif("compiled" not in CORES, reason="the compiled core is not there")
def test_both_ways_agree() -> None:
    for seed in range(60):
        drawn = random_program(random.Random(seed))
        program = Program.from_bundles(drawn.bundles)
        trace = Tracer(program)(array("I", drawn.memory), most=800)
        first, second = (waits_of(find_waits(program, trace, name)) for name in CORES)
        assert first == second


def test_words_of_scratch(core: str) -> None:
    assert waits_in(
        core,
        {"load": [["const", 8, 1], ["const", 9, 2]]},  # 0 1
        {"alu": [["+", 10, 8, 9]]},  # 2
        {"alu": [["+", 11, 10, 10]], "load": [["const", 10, 3]]},  # 3 4
        {"alu": [["+", 10, 10, 8]]},  # 5 reads what it overwrites
        {"load": [["const", 10, 3], ["const", 10, 4]]},  # 6 7 in one bundle
    ) == [
        {},
        {},
        {0: READ, 1: READ},
        {2: READ},
        {3: OVERWRITE, 2: REWRITE},
        {4: READ, 0: READ},
        {5: REWRITE},
        {6: REWRITE},
    ]


def test_words_of_memory(core: str) -> None:
    assert waits_in(
        core,
        {"load": [["load", 8, 0]]},  # 0
        {"store": [["store", 0, 9], ["store", 1, 9]]},  # 1 2, both at address 0
        {"load": [["vload", 16, 0]], "debug": [["comment"]]},  # 3
        {"store": [["vstore", 0, 24]]},  # 4
        memory=(0,) * 8,
    ) == [{}, {0: STORED}, {1: RESTORED}, {2: LOADED}, {3: STORED, 2: RESTORED}]


def test_vectors_wait_for_each_lane_once(core: str) -> None:
    assert waits_in(
        core,
        {"load": [["const", 15, 1], ["const", 16, 2]]},
        {"valu": [["+", 24, 8, 9], ["vbroadcast", 8, 16]]},
        {"flow": [["vselect", 16, 8, 24, 24]]},
    ) == [
        {},
        {},
        {0: READ, 1: READ},
        {1: READ, 2: OVERWRITE, 0: REWRITE},
        {3: READ, 2: READ, 1: REWRITE},
    ]


@pytest.mark.skipif("compiled" not in CORES, reason="the compiled core is not there")
def test_no_run_of_another_program_is_taken() -> None:
    from machine import _core
    from machine.core.compiled import CompiledCore

    program = Program.from_bundles([{"load": [["load", 8, 0]]}])
    machine = CompiledCore(program, ())
    for pcs, addresses, message in (
        ([1], [0], "no such bundle"),
        ([0], [], "not the addresses"),
        ([0], [2**32 - 1], "has no address"),
    ):
        with pytest.raises(ValueError, match=message):
            _core.find_waits(machine, array("I", pcs), array("I", addresses))
