"""Traces: what they tell is what the machine did, and both ways to make one agree node by node."""

from __future__ import annotations

import random
from array import array
from typing import Any

import pytest

from machine import Machine, Program, Reason
from machine.access import ACCESS
from machine.core import choose_core
from machine.core.tracing import (
    BEFORE,
    INPUT,
    LANE_WORDS,
    NEVER_WRITTEN,
    NO_ADDRESS,
    NO_OPERAND,
    NODE_COUNTS,
    Trace,
    Tracer,
    Why,
)
from tests.machine.cores import CORES
from tests.oracle.randomprograms import random_program

COLUMNS = ("why", "cycle", "pcs", "sources", "memory", "addresses", "values")
MOST = 600
both_ways = pytest.mark.skipif("compiled" not in CORES, reason="the compiled core is not there")


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def random_programs(first: int, count: int) -> list[tuple[Program, array[int]]]:
    drawn = [random_program(random.Random(seed)) for seed in range(first, first + count)]
    return [(Program.from_bundles(one.bundles), array("I", one.memory)) for one in drawn]


def columns_of(trace: Trace) -> list[Any]:
    return [getattr(trace, name) for name in COLUMNS]


@both_ways
@pytest.mark.parametrize("options", [{}, {"max_cycles": 25}, {"most": 150}])
def test_both_ways_agree_node_by_node(options: dict[str, int]) -> None:
    for program, memory in random_programs(0, 60):
        kept: dict[str, Any] = {"most": MOST, **options}
        traces, after = [], []
        for name in CORES:
            words = memory[:]
            traces.append(columns_of(Tracer(program, name)(words, **kept)))
            after.append(words)
        assert traces[0] == traces[1]
        assert after[0] == after[1]


@both_ways
def test_both_ways_agree_where_a_trace_begins_later() -> None:
    for program, memory in random_programs(500, 30):
        traces = []
        for name in CORES:
            words, scratch = memory[:], array("I", [7]) * 1536
            traces.append(
                [*columns_of(Tracer(program, name)(words, scratch, pc=11, most=MOST)), scratch]
            )
        assert traces[0] == traces[1]
        assert not {NEVER_WRITTEN, INPUT} & set(traces[0][3][0])


def test_a_trace_is_what_the_machine_did(core: str) -> None:
    whys = set()
    for program, memory in random_programs(1000, 50):
        machine = Machine(program, memory, pauses=False)
        reason = machine.run(MOST).reason
        words, scratch = memory[:], None
        trace = Tracer(program, core)(words, scratch, most=30 * MOST)
        whys.add(trace.why)
        if reason is Reason.BUDGET:
            continue
        assert trace.why.name == reason.name
        assert (len(trace.pcs), trace.cycle) == (machine.position, machine.cycle)
        assert words.tolist() == list(machine.memory)
    assert {Why.END, Why.HALT, Why.FAULT} <= whys


def recompute(program: Program, memory: array[int], trace: Trace) -> None:
    """Each word follows from the words of its producers, of its operands and of the input."""
    columns = program.columns
    node = 0
    for pc in trace.pcs:
        for slot in columns.slots_of_bundle(pc):
            code, operands = columns.opcodes[slot], columns.operands_of(slot)
            imm = operands[-1] if operands and isinstance(operands[-1], int) else 0
            for _ in range(NODE_COUNTS[code]):
                a, b, c = (
                    0 if column[node] in (NO_OPERAND, NEVER_WRITTEN) else trace.values[column[node]]
                    for column in trace.sources
                )
                stored = trace.memory[node]
                assert (stored == NO_OPERAND) == (ACCESS[code].memory != "read")
                assert (trace.addresses[node] == NO_ADDRESS) == (ACCESS[code].memory is None)
                loaded = 0
                if stored != NO_OPERAND:
                    loaded = (
                        memory[trace.addresses[node]] if stored == INPUT else trace.values[stored]
                    )
                assert trace.values[node] == LANE_WORDS[code](a, b, c, imm, loaded)
                assert max(stored, *(column[node] for column in trace.sources)) < node
                node += 1
    assert node == len(trace)


def test_words_follow_from_the_graph_alone(core: str) -> None:
    for program, memory in random_programs(2000, 30):
        recompute(program, memory, Tracer(program, core)(memory[:], most=MOST))


def test_the_later_of_two_writes_is_read_and_both_have_words(core: str) -> None:
    program = Program.from_bundles(
        [
            {"load": [["const", 8, 5], ["const", 8, 6]]},
            {"alu": [["+", 8, 8, 8], ["+", 9, 8, 8]], "store": [["store", 9, 8], ["store", 9, 9]]},
            {"load": [["load", 10, 11]], "flow": [["trace_write", 10]]},
        ]
    )
    trace = Tracer(program, core)(array("I", [0]))
    assert trace.values.tolist() == [5, 6, 12, 12, 6, 0, 0, 0]
    assert trace.sources[0].tolist() == [NO_OPERAND, NO_OPERAND, 1, 1, -1, -1, -1, -1]
    assert trace.sources[1].tolist() == [NO_OPERAND, NO_OPERAND, 1, 1, 1, -1, -3, -3]
    assert trace.memory.tolist() == [NO_OPERAND] * 6 + [5, NO_OPERAND]


def test_what_was_before_a_trace_is_said(core: str) -> None:
    program = Program.from_bundles([{"load": [["load", 8, 9]]}])
    scratch = array("I", bytes(4 * 1536))
    trace = Tracer(program, core)(array("I", [3]), scratch)
    assert (trace.sources[0][0], trace.memory[0], trace.values[0]) == (BEFORE, BEFORE, 3)
    assert scratch[8] == 3


@both_ways
def test_no_run_starts_with_nonsense() -> None:
    tracer = Tracer(Program.from_bundles([{}]), "compiled")
    with pytest.raises(ValueError, match="no run can start"):
        tracer(array("I"), pc=-1)
    with pytest.raises(ValueError, match="no run can start"):
        tracer(array("I"), array("I", [1]))
    with pytest.raises(ValueError, match="no run can start"):
        tracer(array("I"), most=2**31)


def test_the_fastest_core_is_used() -> None:
    assert (Tracer(Program.from_bundles([]))._core is None) == (choose_core().name == "model")
