"""The graph: nodes and places, writers and readers, and where a run ends."""

from bisect import bisect_left

import pytest

from machine import Machine
from machine.core.tracing import BEFORE, INPUT, NO_ADDRESS, NO_OPERAND, Why
from tests.inspect.runs import flow_of, random_flow
from vliwdbg.inspect.flow import NO_WORD, Place


def test_nodes_and_places_are_one_addition_apart() -> None:
    for seed in range(40):
        flow = random_flow(seed)
        node = 0
        for step in range(len(flow.pcs)):
            assert flow.first_node[step] == node
            for slot in flow.slots(step):
                nodes = flow.nodes_of(step, slot)
                for lane, same in enumerate(nodes):
                    assert same == node
                    assert flow.place(node) == Place(step, slot, lane)
                    assert flow.node(step, slot, lane) == node
                    assert flow.slot_starts[node] == nodes.start
                    node += 1
        assert node == len(flow)


def test_words_and_addresses_tell_what_was_written() -> None:
    """Words written by hand-made replaying of the nodes are those the machine ends with."""
    for seed in range(100, 140):
        flow = random_flow(seed)
        machine = Machine(flow.program, flow.memory, pauses=False)
        machine.run(len(flow.pcs))
        for word, writes in enumerate(flow.word_writes):
            assert machine.scratch[word] == (flow.values[writes[-1]] if writes else 0)
        for address, word in enumerate(flow.memory):
            stores = flow.memory_writes.get(address)
            assert machine.memory[address] == (flow.values[stores[-1]] if stores else word)


def test_writers_are_the_producers_of_who_reads() -> None:
    for seed in range(200, 230):
        flow = random_flow(seed)
        for step in range(len(flow.pcs)):
            for slot in flow.slots(step):
                for lane, node in enumerate(flow.nodes_of(step, slot)):
                    words = flow.access(slot).read_by(flow.operands(slot), lane)
                    for word, producer in zip(words, flow.producers(node), strict=False):
                        writer = flow.writer_of_word(word, step)
                        assert producer == (-1 if writer is None else writer)
                    if flow.written_words[node] != NO_WORD and flow.addresses[node] != NO_ADDRESS:
                        writer = flow.writer_of_memory(flow.addresses[node], step)
                        assert flow.stored[node] == (INPUT if writer is None else writer)


def test_readers_are_the_producers_turned_round() -> None:
    for seed in range(300, 330):
        flow = random_flow(seed)
        readers: list[list[int]] = [[] for _ in range(len(flow))]
        for node in range(len(flow)):
            for producer in sorted({p for p in flow.producers(node) if p >= 0}):
                readers[producer].append(node)
        assert [[*flow.readers(node)] for node in range(len(flow))] == readers


def test_a_window_is_a_piece_of_the_whole() -> None:
    for seed in range(400, 420):
        whole = random_flow(seed)
        start = len(whole.pcs) // 3
        window = random_flow(seed, start=start)
        assert not window.whole or not start
        assert window.start.position == start
        first = whole.first_node[start]
        steps = min(len(window.pcs), len(whole.pcs) - start)
        assert window.pcs[:steps] == whole.pcs[start : start + steps]
        assert window.cycles[:steps] == whole.cycles[start : start + steps]
        for node in range(window.first_node[steps]):
            assert window.values[node] == whole.values[first + node]
            pairs = zip(window.producers(node), whole.producers(first + node), strict=True)
            for here, there in pairs:
                assert here == (there - first if there >= first else BEFORE)


def test_a_window_after_the_end_is_empty() -> None:
    flow = flow_of({"load": [["const", 8, 1]]}, start=5)
    assert (len(flow), len(flow.pcs), flow.start.position) == (0, 0, 1)


def test_where_it_ends_and_why() -> None:
    count = {"load": [["const", 8, 1]]}
    loop = {"flow": [["jump", 0]]}
    divide = {"alu": [["//", 8, 8, 9]]}
    assert flow_of(count).ending == (Why.END, 1, 1, "")
    assert flow_of(count).whole
    stopped = flow_of(count, loop, max_cycles=7)
    assert stopped.ending[:3] == (Why.MAX_CYCLES, 7, 7)
    assert "limit of 7 cycles" in stopped.ending.sentence
    assert not stopped.whole
    full = flow_of(count, loop, most=4)
    assert full.ending[:3] == (Why.FULL, 4, 4)
    assert "goes on after cycle 4" in full.ending.sentence
    faulted = flow_of(count, divide)
    assert faulted.ending[:3] == (Why.FAULT, 1, 1)
    assert "division by zero: alu[0] // operand b is 0, at cycle 1, pc 1" in faulted.ending.sentence


def test_steps_of_cycles() -> None:
    flow = flow_of({"load": []}, {"debug": [["comment", "x"]]}, {"load": []}, {})
    assert list(flow.cycles) == [0, 1, 1, 2, 2]
    assert [flow.step_at_cycle(cycle) for cycle in range(3)] == [0, 1, 3]
    with pytest.raises(ValueError, match="cycle 3 is not between 0 and 2"):
        flow.step_at_cycle(3)


def test_slots_as_a_person_reads_them() -> None:
    flow = flow_of({"alu": [["+", 8, 0, 0]], "load": [["const", 9, 3], ["const", 10, 4]]})
    slots = list(flow.slots(0))
    shown = flow.slot_at(0, slots[2])
    assert (shown.cycle, shown.pc, shown.engine, shown.slot) == (0, 0, "load", 1)
    assert shown.text == "s[10] = 4"
    assert flow.slot_of_node(0).text == "s[8] = s[0] + s[0]"
    assert flow.producers(1) == ()
    assert flow.sources[0][1] == NO_OPERAND
    assert bisect_left(flow.first_node, 3) == 1
