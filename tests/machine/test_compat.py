"""The public simulator's face: what people's test files do with it."""

from typing import Any

import pytest

from machine import ProgramError
from machine.compat import CoreState, DebugInfo, Machine

KEY = (0, 3, "val")
KEYS = [(0, i, "val") for i in range(8)]


def const(dest: int, imm: int) -> dict[str, Any]:
    return {"load": [("const", dest, imm)]}


def test_runs_tuples_as_a_builder_makes_them() -> None:
    program = [const(1, 2), {"alu": [("+", 2, 1, 1)]}, {"store": [("store", 1, 2)]}]
    memory = [7, 7, 7]
    machine = Machine(memory, program, DebugInfo({1: ("address", 1)}), n_cores=1)
    assert (machine.cycle, machine.mem[:]) == (0, memory)
    machine.run()
    assert (machine.cycle, machine.mem[2], memory) == (3, 4, [7, 7, 7])
    core = machine.cores[0]
    assert (core.id, core.pc, core.state, core.scratch[2]) == (0, 3, CoreState.STOPPED, 4)
    machine.run()
    assert machine.cycle == 3


def test_pauses_return_and_resume() -> None:
    pause = {"flow": [("pause",)]}
    program = [const(0, 1), pause, const(0, 2), pause, {"flow": [("trace_write", 0)]}]
    machine = Machine([], program, None)
    seen = []
    for _ in range(3):
        machine.run()
        seen.append((machine.cycle, machine.cores[0].state, machine.cores[0].scratch[0]))
    paused, stopped = CoreState.PAUSED, CoreState.STOPPED
    assert seen == [(2, paused, 1), (4, paused, 2), (5, stopped, 2)]
    assert machine.cores[0].trace_buf == [2]
    machine = Machine([], program, None)
    machine.enable_pause = False
    machine.run()
    assert machine.cycle == 5


def test_values_recorded_between_runs() -> None:
    program = [const(0, 5), {"flow": [("pause",)]}, {"debug": [("compare", 0, KEY)]}]
    recorded: dict[Any, int] = {}
    machine = Machine([], program, None, value_trace=recorded)
    machine.run()
    recorded[KEY] = 5
    machine.run()
    assert machine.cores[0].state is CoreState.STOPPED


def test_a_compare_that_differs() -> None:
    program = [const(0, 5), {"debug": [("compare", 0, KEY)]}]
    with pytest.raises(AssertionError) as raised:
        Machine([], program, None, value_trace={KEY: 6}).run()
    assert str(raised.value) == f"5 != 6 for {KEY} at pc=2"
    with pytest.raises(KeyError):
        Machine([], program, None).run()
    machine = Machine([], program, None)
    machine.enable_debug = False
    machine.run()


def test_a_vector_that_differs() -> None:
    recorded = dict.fromkeys(KEYS, 0)
    recorded[KEYS[5]] = 9
    program = [{"debug": [("comment", 1), ("vcompare", 16, KEYS)]}]
    with pytest.raises(AssertionError) as raised:
        Machine([], program, None, value_trace=recorded).run()
    expected = [0, 0, 0, 0, 0, 9, 0, 0]
    assert str(raised.value) == f"{[0] * 8} != {expected} for {KEYS} at pc=1 loc=16"
    del recorded[KEYS[7]]
    with pytest.raises(KeyError):
        Machine([], program, None, value_trace=recorded).run()


@pytest.mark.parametrize(
    ("bundle", "raised"),
    [
        ({"alu": [("//", 0, 0, 0)]}, ZeroDivisionError),
        ({"load": [("load", 0, 0)]}, IndexError),
        ({"store": [("vstore", 0, 0)]}, IndexError),
        ({"flow": [("jump", -1)]}, NotImplementedError),
        ({"alu": [("+", 0, 0, 0)] * 13}, AssertionError),
        ({"alu": [("**", 0, 0, 0)]}, NotImplementedError),
        ({"alu": [("+", 1536, 0, 0)]}, IndexError),
        ({"alu": [("+", 0)]}, ProgramError),
    ],
)
def test_raises_what_the_public_one_raises(bundle: Any, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        Machine([], [bundle], None).run()


@pytest.mark.parametrize(
    "options", [{"n_cores": 2}, {"scratch_size": 100}, {"trace": True}], ids=str
)
def test_says_what_it_does_not_support(options: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError, match="does not support"):
        Machine([], [], None, **options)
    machine = Machine([], [], None)
    machine.prints = False
    with pytest.raises(NotImplementedError, match="vliwdbg"):
        machine.prints = True


def test_state_can_be_set() -> None:
    machine = Machine([1, 2, 3], [{"load": [("load", 0, 1)]}], None)
    machine.mem = [4, 5, 6]
    machine.cores[0].scratch[1] = 2
    machine.cores[0].pc = 0
    machine.run()
    assert machine.cores[0].scratch[0] == 6
