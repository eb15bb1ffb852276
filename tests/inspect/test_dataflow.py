"""Who, uses, writes and find, on programs whose answers can be counted by hand."""

from typing import Any

import pytest

from machine import Program
from tests.inspect.runs import random_flow
from vliwdbg.inspect.questions import Questions
from vliwdbg.render import lines_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import view_from_json
from vliwdbg.views.dataflow import Source

BUNDLES = [
    {"load": [["const", 0, 2], ["const", 1, 5]]},  # 0
    {"load": [["vload", 8, 0]]},  # 1 mem[2:10]
    {"valu": [["vbroadcast", 16, 1]]},  # 2
    {"valu": [["+", 24, 8, 16]]},  # 3 mem + 5
    {"store": [["vstore", 0, 24]]},  # 4
    {"load": [["load", 3, 0]]},  # 5 the first of them
    {"alu": [["*", 4, 3, 3]]},  # 6
    {"alu": [["^", 4, 4, 3]]},  # 7 in place
]
NAMES = {0: ("p", 1), 1: ("five", 1), 8: ("v", 8), 16: ("fives", 8), 24: ("sum", 8), 4: ("x", 1)}
MEMORY = [0, 0, 10, 11, 12, 13, 14, 15, 16, 17]


@pytest.fixture(scope="module")
def asked() -> Questions:
    return Questions(Program.from_bundles(BUNDLES, scratch_map=NAMES), MEMORY)


def shape(source: Source) -> tuple[Any, ...]:
    """A source as nested tuples."""
    writer = source.writer.cycle if source.writer else None
    moves = [slot.cycle for slot in source.through]
    inputs = [shape(inner) for inner in source.inputs]
    return source.place, source.value, source.origin, writer, moves, inputs


def test_who_goes_through_memory_and_folds_moves(asked: Questions) -> None:
    view = asked.who("x")
    assert (view.value, view.cycle, view.ok) == (225 ^ 15, 8, True)
    assert view.writer is not None
    assert (view.writer.cycle, view.writer.text) == (7, "x = x ^ s[3]")
    square, first = view.inputs
    # s[3] was loaded in cycle 5, stored in 4, made in 3 of a broadcast in 2 and of memory.
    sums: Any = (
        "sum[0]", 15, "slot", 3, [4, 5], [
            ("v[0]", 10, "slot", 1, [], [
                ("p", 2, "slot", 0, [], []),
                ("mem[2]", 10, "input", None, [], []),
            ]),
            ("five", 5, "slot", 0, [2], []),
        ],
    )  # fmt: skip
    assert shape(square) == ("x", 225, "slot", 6, [], [sums])
    assert shape(first) == ("sum[0]", 15, "again", 3, [4, 5], [])
    assert first.number == square.inputs[0].number
    assert (view.shown, view.slots) == (7, 9)


def test_who_of_a_vector_groups_its_lanes(asked: Questions) -> None:
    view = asked.who("sum")
    assert view.value == tuple(range(15, 23))
    loaded, five = view.inputs
    assert shape(loaded)[0] == "v"
    assert [inner.place for inner in loaded.inputs] == ["p", "mem[2:10]"]
    assert (five.place, five.value) == ("five", 5)


def test_who_before_a_cycle_and_of_what_nobody_wrote(asked: Questions) -> None:
    assert asked.who("x", 7).value == 225
    nobody = asked.who("s[100]", 3)
    assert (nobody.ok, nobody.value, nobody.writer, nobody.inputs) == (False, 0, None, ())
    assert "never written" in lines_of(nobody)[1]
    untouched = asked.who("mem[0]")
    assert untouched.ok
    assert untouched.inputs[0].origin == "input"


def test_who_is_bounded_and_says_so(asked: Questions) -> None:
    view = asked.who("x", depth=1)
    assert view.shown == 1
    assert view.inputs == ()
    deep = asked.who("x", depth=2)
    square, first = deep.inputs
    assert (square.left_out, square.inputs[0].left_out, first.origin) == (False, True, "again")
    assert any("9 slots lead to it in all" in line for line in lines_of(deep))


def test_who_survives_json(asked: Questions) -> None:
    for view in (asked.who("x"), asked.uses("p"), asked.writes("x"), asked.find("x == 225")):
        assert view_from_json(view.to_json()) == view


def test_uses_up_to_what_overwrites_it(asked: Questions) -> None:
    view = asked.uses("x", 7)
    assert [slot.cycle for slot in view.readers] == [7]
    assert view.until is not None
    assert view.until.cycle == 7
    assert [slot.cycle for slot in asked.uses("p", 1).readers] == [1, 4, 5]
    assert [slot.cycle for slot in asked.uses("mem[2]").readers] == [1]
    assert [slot.cycle for slot in asked.uses("mem[2]", 5).readers] == [5]
    assert asked.uses("mem[2]").until == asked.flow.slot_at(4, asked.flow.slots(4)[0])
    assert not asked.uses("x", 8).ok


def test_writes_in_order_with_old_and_new(asked: Questions) -> None:
    view = asked.writes("x")
    assert [(one.writer.cycle, one.old, one.new) for one in view.writes] == [
        (6, 0, 225),
        (7, 225, 238),
    ]
    (stored,) = asked.writes("mem[3:5]").writes
    assert (stored.place, stored.old, stored.new) == ("mem[3:5]", (11, 12), (16, 17))
    assert not asked.writes("mem[0]").ok


def test_find_tells_stretches_of_cycles(asked: Questions) -> None:
    assert asked.find("x == 225").spans == ((7, 8),)
    assert asked.find("five == 5 && sum[0] == 0").spans == ((1, 4),)
    assert asked.find("five == 5", 3, 5).spans == ((3, 6),)
    assert not asked.find("x == 1").ok


def test_bad_questions_are_told(asked: Questions) -> None:
    for question, message in (
        (lambda: asked.who("x", 9), "ends at cycle 8; there is no cycle 9"),
        (lambda: asked.who("nobody"), "no scratch is called nobody"),
        (lambda: asked.find("sum"), "one word is wanted"),
        (lambda: asked.writes("mem[10:11]"), "memory has 10 words"),
    ):
        with pytest.raises(DebuggerError, match=message):
            question()


def test_sources_are_what_the_words_are_made_of() -> None:
    """The words of random programs, and the writers that a walk over the columns finds."""
    from vliwdbg.inspect.who import who

    for seed in range(40):
        flow = random_flow(seed)
        for word in (*range(0, 72, 5), 1530):
            view = who(flow, False, word, word + 1, depth=50, most=10_000)
            writes = flow.word_writes[word]
            assert view.value == (flow.values[writes[-1]] if writes else 0)
            assert view.shown <= view.slots + 72 + len(flow.memory)
            if writes:
                assert view.writer == flow.slot_of_node(writes[-1])
