"""The compiled encoder takes and refuses what the plain one does, and never crashes."""

import gc
import random
from collections import UserDict
from typing import Any

import pytest

from machine.core import choose_core
from machine.encode import Encoder
from machine.isa import OPCODES
from tests.oracle.randomprograms import random_program

if choose_core().name != "compiled":
    pytest.skip("the compiled core was not built", allow_module_level=True)

from array import array

from machine import _core
from machine.encode_fast import FastEncoder, compiled_code, make_encoder


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


NUMBERS = [-1, 0, 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64]
NAMES: list[Any] = ["alu", "", "ALU", "alu\0", "é", "\ud800", "debug" * 9, Text("alu"), 1, None, ()]


class Bundle(dict[Any, Any]):
    repeated = ("alu",)


@pytest.mark.parametrize("number", [*NUMBERS, *range(1526, 1538)])
def test_every_operand_at_its_limits(number: int) -> None:
    for row in OPCODES:
        for place in range(row.arity):
            operands = [number if i == place else 0 for i in range(row.arity)]
            same([{row.engine: [[row.name, *operands]]}])


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_bundles_of_any_kind(name: Any) -> None:
    bundle = {"alu": [SLOTS[0][1]], name: [SLOTS[0][1]]}
    for odd in (bundle, Bundle(bundle), UserDict(bundle), {name: 1}, {"alu": [[name, 1, 2, 3]]}):
        same([bundle, {}, odd, {"alu": []}, bundle])
        same((odd,))
        same(odd)


def nested(depth: int) -> Any:
    return [nested(depth - 1), "é", 2**80] if depth else 7


def test_keys() -> None:
    endless: list[Any] = []
    endless.append(endless)
    keys = [nested(depth) for depth in range(0, 36, 3)]
    for key in [
        *keys,
        (),
        (1, ["a"]),
        endless,
        [1.5],
        [None],
        [Number(1)],
        [Text("a")],
        {},
        [[()]],
    ]:
        same([{"debug": [["compare", 0, key], ["vcompare", 0, [key] * 8]]}])
    for count in range(7, 10):
        same([{"debug": [["vcompare", 0, list(range(count))], ["vcompare", 0, "12345678"]]}])


def test_plain_bundles_among_others() -> None:
    kinds: list[Any] = [
        {"debug": [["compare", 1, ["k", 1]]], "alu": [["+", 1, 2, 3]] * 12},
        {"load": [["const", 1, -1]], "debug": [["compare", 1, "x"], ["comment", {"a": 1}]]},
        {"flow": [["jump", 2**70]]},
        {"alu": [["+", 1, 2, 3], ["+", 1, 2]], "debug": [["compare", 1, "lost"]]},
        {"debug": [["comment"]] * 65},
        {},
        None,
    ]
    rng = random.Random(1)
    for _ in range(50):
        same(rng.choices(kinds, [20, 1, 1, 1, 1, 5, 1], k=300))


def test_what_is_plain_is_taken_at_once() -> None:
    make_encoder()
    bundles = [{"alu": [["+", 1, 2, 3]] * 12, "debug": [["vcompare", 0, [[i] for i in range(8)]]]}]
    columns, payloads = _core.take_bundles(bundles * 1000, 0, 5, 6, 7, False, None)
    first_group, group_engine, first_slot, opcodes, *operands = columns
    assert array("I", first_group).tolist() == list(range(7, 2007, 2))
    assert group_engine == bytes([0, 5]) * 1000
    assert array("I", first_slot).tolist()[:4] == [18, 19, 31, 32]
    assert len(opcodes) == 13_000
    assert [array("q", column).tolist()[12] for column in operands] == [0, 7, 0, 0]
    assert payloads == [tuple((i,) for i in range(8))] * 1000


# --- hostile ------------------------------------------------------------------------------------


class Meddler:
    """Garbage that, when it is collected, empties what is being read."""

    met = 0

    def __init__(self, victims: list[Any]) -> None:
        self.itself = self
        self.victims = victims

    def __del__(self) -> None:
        Meddler.met += 1
        for victim in self.victims:
            victim.clear()


@pytest.mark.parametrize("level", range(5), ids=["bundles", "bundle", "slots", "slot", "key"])
@pytest.mark.parametrize("threshold", [1, 2, 3, 5, 8])
def test_objects_that_change_while_they_are_read(level: int, threshold: int) -> None:
    met = Meddler.met
    usual = gc.get_threshold()
    for at in range(12):
        key = [[i, [i]] for i in range(8)]
        slot = ["vcompare", 0, key]
        slots = [["compare", 0, [1]], slot, ["compare", 0, [[2], 3]]]
        bundle = {"debug": slots, "alu": [["+", 1, 2, 3]]}
        bundles = [{"debug": [["compare", 1, [[i]]]]} for i in range(at)] + [bundle] * 5
        Meddler([[bundles, bundle, slots, slot, key][level]])
        gc.set_threshold(threshold)
        try:
            FastEncoder().add_all(bundles)
        finally:
            gc.set_threshold(*usual)
    gc.collect()
    assert Meddler.met == met + 12


@pytest.mark.parametrize(
    "arguments",
    [(), ([],), ([], -1, 0, 0, 0, 0, None), ([], 0, -1, 0, 0, 0, None),
     ([], 0, 0, 2**40, 0, 0, None), ([], 0, 0, 0, 2**70, 0, None), ([], "0", 0, 0, 0, 0, None),
     ([], 0, 0, 0, None, 0, None), ([], 0, 0, 0, 0, 0, ())],
    ids=str,
)  # fmt: skip
def test_wrong_calls(arguments: Any) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        _core.take_bundles(*arguments)


def test_what_there_is_nothing_to_take_from() -> None:
    nothing: Any = (tuple(bytearray() for _ in range(8)), [])
    hostile: tuple[Any, ...] = (None, 5, "text", {}, range(3), [], (), [None], [1, {}], UserDict())
    for bundles in hostile:
        assert _core.take_bundles(bundles, 0, 0, 0, 0, False, None) == nothing
    assert _core.take_bundles([{}], 1, 0, 0, 0, False, None) == nothing
    assert _core.take_bundles([{}], 2**60, 0, 0, 0, False, None) == nothing


def test_more_than_columns_can_count() -> None:
    most = 2**32 - 1
    bundle = {"alu": [["+", 1, 2, 3]]}
    (first_group, *_), _ = _core.take_bundles([bundle] * 3, 0, most - 2, 0, 0, False, None)
    assert array("I", first_group).tolist() == [most - 1, most]
    (_, _, first_slot, *_), _ = _core.take_bundles([bundle] * 3, 0, 0, most - 2, 0, False, None)
    assert array("I", first_slot).tolist() == [most - 1, most]


ROW = (0, "+", 1, (5, 5))


class Index:
    """A number that, when it is asked for, has all rows adopted anew."""

    def __index__(self) -> int:
        _core.adopt_plain((("alu", 12),) * 8, (ROW,) * 256, dict)
        return 1


@pytest.mark.parametrize(
    "tables",
    [(), (1, 2), ((), 3), ((5,), ()), ((("alu",),), ()), (((1, 2),), ()), ((("e" * 16, 2),), ()),
     ((("alu", 12),) * 9, ()), ((("alu", Index()),), ()), ((), (ROW,) * 257), ((), ((1, 2),)),
     ((), ((0, "+", 256, ()),)), ((), ((0, "\ud800", 1, ()),)), ((), ((0, "+", 1, (1,) * 5),)),
     ((), ((0, "+", 1, (2**70,)),)), ((), ((Index(), "+", 1, ()),)), ((), ((0, "+", 1, [1]),))],
    ids=lambda tables: repr(tables)[:40],
)  # fmt: skip
def test_wrong_tables_are_refused(tables: Any) -> None:
    try:
        with pytest.raises((TypeError, ValueError, OverflowError)):
            _core.adopt_plain(*(*tables, dict))
        assert not _core.take_bundles([{"load": [["const", 1, 2]]}], 0, 0, 0, 0, False, None)[1]
    finally:
        compiled_code.cache_clear()
    same([{engine: [slot]} for engine, slot in SLOTS])
