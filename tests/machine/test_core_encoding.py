"""The compiled encoder takes and refuses what the plain one does, and never crashes."""

import random
from collections import UserDict
from typing import Any

import pytest

from machine.core import choose_core
from machine.encode import Encoder
from tests.oracle.randomprograms import random_program

if choose_core().name != "compiled":
    pytest.skip("the compiled core was not built", allow_module_level=True)

from array import array

from machine.core import _core
from machine.core.encoding import FastEncoder, make_encoder


def encoded(encoder: Encoder, bundles: Any) -> tuple[Any, ...]:
    encoder.add_all(bundles)
    columns = encoder.columns
    facts = {name: getattr(columns, name) for name in columns.__slots__}
    return facts, encoder.complaints, encoder.notes


def same(bundles: Any) -> None:
    assert encoded(FastEncoder(), bundles) == encoded(Encoder(), bundles)


def test_random_programs() -> None:
    assert isinstance(make_encoder(), FastEncoder)
    for seed in range(100):
        bundles = random_program(random.Random(seed)).bundles
        same(bundles)
        same([{engine: [tuple(s) for s in slots] for engine, slots in b.items()} for b in bundles])


class Text(str):
    pass


class Number(int):
    pass


ODD: list[Any] = [
    None, True, False, 1.5, -1, 2**31, 2**63, -(2**63), 2**64, 2**200, "", "+", "\ud800", "+\0",
    b"+", Text("+"), Number(3), [], [[]], (), {}, {1}, UserDict(), object, 1528, 1529, 1535, 1536,
    "é" * 99, ["+", 0, 0, 0], range(4), memoryview(b"abc"),
]  # fmt: skip
SLOTS: list[Any] = [
    ("alu", ["+", 1, 2, 3]), ("valu", ["multiply_add", 8, 16, 24, 32]), ("load", ["vload", 8, 1]),
    ("load", ["const", 1, 2]), ("load", ["load_offset", 1, 2, 3]), ("store", ["vstore", 1, 8]),
    ("flow", ["cond_jump", 1, 2]), ("flow", ["halt"]), ("debug", ["compare", 1, [1, 2]]),
    ("debug", ["vcompare", 8, [[i] for i in range(8)]]), ("debug", ["note", 1]),
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_anything_anywhere(odd: Any) -> None:
    for engine, slot in SLOTS:
        for place in range(len(slot)):
            same([{engine: [slot, [*slot[:place], odd, *slot[place + 1 :]], slot]}])
        same([{engine: [slot, [*slot, odd], odd, slot]}])
        same([{engine: [slot, slot[:-1]]}])
        same([{engine: odd}, odd, {"alu": [odd] * 12}])


def test_long_lists_of_slots() -> None:
    same([{"debug": [["compare", i % 1500, i] for i in range(500)]}])
    same([{"debug": [["comment"], ["compare", 1, 2]] * 200}])


class Meddler:
    """An array whose methods change the list that is being read."""

    def __init__(self, slots: list[Any]) -> None:
        self.slots = slots

    def frombytes(self, _: bytes) -> None:
        self.slots.clear()


def test_objects_that_change_while_they_are_read() -> None:
    slots = [["+", 1, 2, 3]] * 1000
    meddlers = [Meddler(slots) for _ in range(5)]
    assert _core.take_slots("alu", slots, 0, meddlers) == 64  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "arguments",
    [(), ("alu", [["+", 1, 2, 3]], 0, []), ("alu", [["+", 1, 2, 3]], 0, [1] * 5), (1, [], 0, []),
     ("alu", [["+", 1, 2, 3]], 0, None), ("alu", [["+", 1, 2, 3]], 2**70, [])],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_wrong_calls(arguments: Any) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError, IndexError, OverflowError)):
        _core.take_slots(*arguments)


def test_what_there_is_nothing_to_take_from() -> None:
    columns = [array("B"), *(array("q") for _ in range(4))]
    for slots in (None, 5, "text", {}, range(3)):
        assert _core.take_slots("alu", slots, 0, columns) == 0
    assert _core.take_slots("alu", [["+", 1, 2, 3]], -5, columns) == -5
    assert _core.take_slots("nothing", [["+", 1, 2, 3]], 0, columns) == 0
