"""The compiled encoder takes and refuses what the plain one does, and never crashes."""

import gc
import random
from collections import UserDict
from collections.abc import Callable, Iterator
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
from machine.columns import Columns
from machine.encode_fast import FastEncoder, compiled_code, make_encoder


@pytest.fixture(params=[True, False], ids=["looking inside", "by calls"], autouse=True)
def items(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whether the items of lists and tuples are read where they are, or asked for one by one."""
    assert _core.look_inside(request.param) == request.param
    yield
    assert _core.look_inside(True)


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


def encoded_columns(bundles: Any) -> Columns:
    encoder = FastEncoder()
    encoder.add_all(bundles)
    return encoder.columns


def taken(bundles: Any, start: int, columns: Columns) -> int:
    return _core.take_bundles(bundles, start, columns.arrays, columns.payloads, False, None)


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
    columns = Columns()
    columns.payloads += "before"
    assert taken(bundles * 1000, 0, columns) == 1000
    assert columns.first_group.tolist() == list(range(0, 2001, 2))
    assert columns.group_engine.tobytes() == bytes([0, 5]) * 1000
    assert columns.first_slot.tolist()[:5] == [0, 12, 13, 25, 26]
    assert len(columns.opcodes) == 13_000
    assert [column[12] for column in columns.operands] == [0, 6, 0, 0]
    assert columns.payloads == [*"before", *[tuple((i,) for i in range(8))] * 1000]
    assert taken(bundles * 3, 1, columns) == 2
    assert columns.first_group.tolist()[-3:] == [2000, 2002, 2004]
    assert list(map(len, columns.arrays)) == [1003, 2004, 2005, *[13_026] * 5]


@pytest.mark.parametrize("wide", [0, 1, 63, 64, 65, 999, 1000])
def test_columns_have_no_more_than_was_taken(wide: int) -> None:
    """However unlike the first bundles are to the others, which is what room is made by."""
    full: Any = {"alu": [["+", 1, 2, 3]] * 12, "load": [["const", 4, -5]]}
    empty: Any = {}
    for bundles in (
        [full] * wide + [empty] * (1000 - wide),
        [empty] * (1000 - wide) + [full] * wide,
    ):
        columns = Columns()
        assert taken([*bundles, None, full], 0, columns) == 1000
        assert list(map(len, columns.arrays)) == [1001, 2 * wide, 2 * wide + 1, *[13 * wide] * 5]
        same(bundles)


def test_numbers_around_those_that_python_shares() -> None:
    for number in range(-9, 300):
        for slot in (["const", 1, number], ["const", 1, int(str(number))], ["const", number, 1]):
            same([{"load": [slot, tuple(slot)], "flow": [("add_imm", 1, 2, -number)]}])


@pytest.mark.parametrize(
    "offset", [0, 1, -1, 255, 300, 1535, -1535, 1536, 2**30, 2**30 + 1, -(2**31)]
)
def test_offsets_at_their_limits(offset: int) -> None:
    for number in (0, 1, 1534, 1535, 1536, -1, 2**30, 2**63 - 1, -(2**63)):
        for place in (1, 2):
            slot = ["load_offset", 0, 0, offset]
            for slot[place] in (number, number - offset):
                same([{"load": [slot, tuple(slot)]}])


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


ARRAYS = Columns().arrays


@pytest.mark.parametrize(
    "arguments",
    [(), ([],), ([], -1, ARRAYS, [], 0, None), ([], "0", ARRAYS, [], 0, None),
     ([], 2**70, ARRAYS, [], 0, None), ([], 0, ARRAYS[1:], [], 0, None), ([], 0, None, [], 0, None),
     ([], 0, ARRAYS, (), 0, None), ([], 0, ARRAYS, [], 0, ()), ([], 0, ARRAYS, [], 0, object)],
    ids=str,
)  # fmt: skip
def test_wrong_calls(arguments: Any) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        _core.take_bundles(*arguments)


class Short:
    """What pretends to be an array but does not get longer."""

    def __init__(self, *items: object) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, at: int) -> object:
        return self.items[at]

    def __imul__(self, _times: int) -> object:
        return self

    def frombytes(self, _data: bytes) -> None:
        pass


@pytest.mark.parametrize("place", range(8))
@pytest.mark.parametrize(
    "value",
    [None, 7, "text", b"", [0, 0], [-1], array("I"), array("d", [0.0]), array("Q", [9]), Short(),
     Short(0), Short("0"), Short(2**32), Short(None), bytearray(), memoryview(bytearray(8)),
     memoryview(bytes(13))[1:], array("I", [2**32 - 1])],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_columns_of_any_kind(place: int, value: Any) -> None:
    compiled_code()
    arrays: list[Any] = list(Columns().arrays)
    arrays[place] = value
    try:
        got = _core.take_bundles([{"alu": [["+", 1, 2, 3]]}] * 3, 0, tuple(arrays), [], False, None)
    except (TypeError, ValueError, BufferError, AttributeError, IndexError):
        return
    assert got in (0, 3)


def test_what_there_is_nothing_to_take_from() -> None:
    hostile: tuple[Any, ...] = (None, 5, "text", {}, range(3), [], (), [None], [1, {}], UserDict())
    columns = Columns()
    for bundles in hostile:
        assert taken(bundles, 0, columns) == 0
    assert taken([{}], 1, columns) == taken([{}], 2**60, columns) == 0
    assert list(map(len, columns.arrays)) == [1, 0, 1, 0, 0, 0, 0, 0]


def test_more_than_columns_can_count() -> None:
    most = 2**32 - 1
    bundle = {"alu": [["+", 1, 2, 3]]}
    columns = Columns()
    columns.first_group[0] = most - 2
    assert taken([bundle] * 3, 0, columns) == 2
    assert columns.first_group.tolist() == [most - 2, most - 1, most]
    columns = Columns()
    columns.first_slot[0] = most - 2
    assert taken([bundle] * 3, 0, columns) == 2
    assert columns.first_slot.tolist() == [most - 2, most - 1, most]


def seen_of(bundles: Any, columns: Columns) -> Any:
    seen = compiled_code().Seen()
    columns.payloads.clear()
    _core.take_bundles(bundles, 0, columns.arrays, columns.payloads, True, seen)
    return seen


def test_what_was_seen_is_complete_once() -> None:
    bundles = [{"alu": [("+", 1, 2, 3)], "debug": [("compare", 1, (2, "key"))]}]
    columns = Columns()
    seen = seen_of(bundles, columns)
    assert not seen.holds(bundles)
    assert not seen.complete(Columns().arrays, [])
    assert not seen.complete(encoded_columns(bundles * 2).arrays, [])
    hostile: Any = ((), (Columns().arrays,), (Columns().arrays[1:], []), (columns.arrays, None))
    for wrong in hostile:
        with pytest.raises((TypeError, ValueError)):
            seen.complete(*wrong)
    assert seen.complete(columns.arrays, columns.payloads)
    assert seen.holds(bundles)
    assert not seen.complete(columns.arrays, columns.payloads)
    with pytest.raises(ValueError, match="complete"):
        _core.take_bundles(bundles, 0, Columns().arrays, [], True, seen)
    assert seen.holds(bundles)


def test_what_was_seen_is_of_the_bundles_taken() -> None:
    """Not of those that were begun, and turned out to be no plain ones."""
    bundles: list[Any] = [{"alu": [("+", 1, 2, 3)]}, {"alu": [("+", 4, 5, 6)], "debug": [None]}]
    columns = Columns()
    seen = seen_of(bundles, columns)
    assert seen.complete(columns.arrays, columns.payloads)
    assert seen.holds(bundles[:1])
    assert not seen.holds(bundles)


def long_program() -> list[Any]:
    """Longer than what is compared at once, with bundles of none to some engines."""
    slots: dict[str, Any] = {"alu": ("+", 1, 2, 300), "load": ("const", 1, 700), "flow": ("halt",)}
    engines = [list(slots)[:count] for count in (1, 3, 0, 2)]
    return [
        {engine: [(*slots[engine],) for _ in range(1 + (engine == "alu"))] for engine in some}
        for some in engines * 11
    ]


CHANGES: dict[str, tuple[bool, Callable[[Any], object]]] = {
    "an equal slot": (True, lambda b: b["alu"].__setitem__(0, (*b["alu"][1],))),
    "an equal list": (True, lambda b: b["alu"].__setitem__(1, ["+", 1, 2, 300])),
    "slots in a tuple": (True, lambda b: b.__setitem__("alu", tuple(b["alu"]))),
    "another slot": (False, lambda b: b["alu"].__setitem__(1, ("+", 1, 2, 301))),
    "a slot more": (False, lambda b: b["alu"].append(b["alu"][0])),
    "a slot less": (False, lambda b: b["alu"].pop()),
    "no slot": (False, lambda b: b["alu"].clear()),
    "an engine more": (False, lambda b: b.__setitem__("debug", [])),
    "no engine": (False, lambda b: b.clear()),
    "another engine": (False, lambda b: b.__setitem__("valu", b.pop("alu"))),
    "no list": (False, lambda b: b.__setitem__("alu", None)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_anywhere_is_seen(change: str) -> None:
    same, edit = CHANGES[change]
    for pc in range(len(long_program())):
        bundles, columns = long_program(), Columns()
        seen = seen_of(bundles, columns)
        assert seen.complete(columns.arrays, columns.payloads)
        assert seen.holds(bundles)
        edit(bundles[pc] or bundles[pc - 1])
        assert seen.holds(bundles) == seen.holds(bundles) == same, pc
        assert not seen.holds(bundles[:-1])
        assert not seen.holds([*bundles, {}])
    bundles[2] = {"alu": []}
    assert not seen.holds(bundles)


@pytest.mark.parametrize("place", range(8))
def test_what_was_seen_of_columns_of_any_kind(place: int) -> None:
    bundles = [{"alu": [("+", 1, 2, 3)]}] * 3
    values: list[Any] = [
        None, 7, b"", [0], array("I"), array("I", [0, 2, 1, 3]), array("q", [9]),
        array("B", [255] * 3), array("q", [-1] * 3), memoryview(bytes(26))[2:],
    ]  # fmt: skip
    for value in values:
        columns = Columns()
        seen = seen_of(bundles, columns)
        arrays: list[Any] = list(columns.arrays)
        arrays[place] = value
        try:
            seen.complete(tuple(arrays), [])
        except (TypeError, ValueError, BufferError):
            continue
        assert seen.holds(bundles) in (True, False)
        assert not seen.holds([{"alu": [["+", 1, 2, 4]]}] * 3)


class Always:
    """What equals everything."""

    def __eq__(self, _other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def test_payloads_that_are_others_or_gone() -> None:
    bundles = [{"debug": [["compare", 1, ["key"]]]}]
    columns = Columns()
    seen = seen_of(bundles, columns)
    assert seen.complete(columns.arrays, columns.payloads)
    assert seen.holds(bundles)
    columns.payloads[0] = Always()
    assert not seen.holds(bundles)
    columns.payloads.clear()
    assert not seen.holds(bundles)


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
     ((), ((0, "+", 1, (2**70,)),)), ((), ((Index(), "+", 1, ()),)), ((), ((0, "+", 1, [1]),)),
     ((), ((0, "+", 1, (-1, -2)),)), ((), ((0, "+", 1, (-3, 2**63 - 1)),))],
    ids=lambda tables: repr(tables)[:40],
)  # fmt: skip
def test_wrong_tables_are_refused(tables: Any) -> None:
    try:
        with pytest.raises((TypeError, ValueError, OverflowError)):
            _core.adopt_plain(*(*tables, dict))
        assert taken([{"load": [["const", 1, 2]]}], 0, Columns()) in (0, 1)
    finally:
        compiled_code.cache_clear()
    same([{engine: [slot]} for engine, slot in SLOTS])
