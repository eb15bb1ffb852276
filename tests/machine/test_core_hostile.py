"""Whatever the engine is given: an exception, never a crash. `make sanitize` watches it."""

import random
import threading
from array import array
from collections.abc import Callable
from typing import Any

import pytest

from machine import Program, Reason
from machine.columns import WORKS
from machine.core import choose_core

if choose_core().name != "compiled":
    pytest.skip("the compiled core was not built", allow_module_level=True)

from machine import _core
from machine.native import adopt_instruction_set, instruction_rows
from machine.timeline import Timeline

ROWS = instruction_rows()
SIMPLE = Program.from_bundles(
    [{"alu": [["+", 0, 1, 2]]}, {"store": [["store", 3, 4]]}, {"debug": [["compare", 0, "key"]]}]
)


def arrays(program: Program = SIMPLE) -> list[Any]:
    columns = program.columns
    return [
        columns.first_group,
        columns.group_engine,
        columns.first_slot,
        columns.opcodes,
        *columns.operands,
    ]


def state(program: Program = SIMPLE, words: int = 4) -> list[Any]:
    """Scratch, memory, flags, visits and whether the log is long."""
    return [
        array("I", bytes(4 * 1536)),
        array("I", [0] * words),
        bytearray(len(program)),
        None,
        True,
    ]


def make(columns: Any = None, **changed: Any) -> Any:
    given = state()
    for place, value in changed.items():
        given[("scratch", "memory", "flags", "visits", "long_log").index(place)] = value
    columns = tuple(arrays()) if columns is None else columns
    return _core.Machine(_core.Lowered(columns, WORKS), *given)


def test_what_is_right_is_taken() -> None:
    assert make().advance(10, 10, False, True) == 0


@pytest.mark.parametrize("place", range(8))
@pytest.mark.parametrize(
    "value",
    [None, 7, "text", b"", [0, 0], array("I"), array("I", [5]), array("d", [0.0]), array("q", [9]),
     array("I", [0, 2**32 - 1, 1, 3]), array("B", [255, 255, 255]), array("Q", [2**64 - 1] * 3),
     memoryview(bytes(13))[1:], memoryview(array("I", range(8)))[::2]],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_columns_of_any_kind(place: int, value: Any) -> None:
    columns = arrays()
    columns[place] = value
    try:
        machine = make(tuple(columns))
    except (TypeError, ValueError, BufferError, MemoryError):
        return
    machine.advance(10, 10, False, True)


@pytest.mark.parametrize("seed", range(200))
def test_columns_with_random_numbers(seed: int) -> None:
    rng = random.Random(seed)
    columns = [array(a.typecode, a) if isinstance(a, array) else bytearray(a) for a in arrays()]
    for _ in range(rng.randrange(1, 4)):
        column = rng.choice(columns)
        place = rng.randrange(len(column))
        small = rng.choice((0, 1, 2, 3, 7, 40, 41, 44, 45, 46, 255))
        wide = rng.choice((-1, 1529, 1535, 1536, 2**31, 2**62, -(2**63), 2**63 - 1))
        column[place] = wide if getattr(column, "typecode", "B") == "q" else small
    try:
        machine = make(tuple(columns))
    except (TypeError, ValueError, MemoryError):
        return
    machine.expect(array("q", [0] * len(_core.Lowered(tuple(columns), WORKS).compared())))
    machine.debug = True
    saved = machine.save()
    for bundles in (3, 1, 2, 10):
        machine.advance(3, 100, False, bundles > 1)
        machine.last()
        machine.take_back(bundles)
        machine.load(saved)


@pytest.mark.parametrize(
    "changed",
    [{"scratch": array("I", [0])}, {"scratch": bytes(6144)}, {"memory": [1]}, {"memory": b"abc"},
     {"memory": array("q", [1])}, {"flags": b""}, {"flags": 3}, {"visits": array("Q")},
     {"visits": array("I", [0] * 3)}, {"flags": memoryview(bytes(6))[::2]}],
    ids=lambda changed: "-".join([*changed, *(type(v).__name__ for v in changed.values())]),
)  # fmt: skip
def test_states_of_any_kind(changed: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError, BufferError)):
        make(**changed)


def test_a_machine_that_was_never_made() -> None:
    with pytest.raises(TypeError):
        _core.Machine()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        _core.Machine.__new__(_core.Machine, (), 1)  # type: ignore[call-arg,arg-type]
    with pytest.raises(TypeError):
        _core.Machine(object(), *state())  # type: ignore[arg-type]
    for works in (b"", bytes(255), "text", None):
        with pytest.raises((TypeError, ValueError)):
            _core.Lowered(tuple(arrays()), works)  # type: ignore[arg-type]


CALLS: dict[str, Callable[[Any], object]] = {
    "advance-type": lambda m: m.advance("1", 2, 3, 4),
    "advance-huge": lambda m: m.advance(2**70, 1, False, True),
    "take-back-type": lambda m: m.take_back("all"),
    "take-back-huge": lambda m: m.take_back(2**80),
    "load-type": lambda m: m.load([1]),
    "load-short": lambda m: m.load(m.save()[:-1]),
    "load-long": lambda m: m.load(m.save() + b"0"),
    "load-negative": lambda m: m.load(b"\xff" * len(m.save())),
    "load-trace": lambda m: m.load(m.save()[:24] + b"\x01" + m.save()[25:]),
    "load-status": lambda m: m.load(m.save()[:32] + b"\x03" + m.save()[33:]),
    "become-negative": lambda m: m.become(-1, 0, 0, 0, array("I")),
    "become-status": lambda m: m.become(0, 0, 0, 9, array("I")),
    "become-trace": lambda m: m.become(0, 0, 0, 0, [1]),
    "pc-negative": lambda m: m.set_pc(-1),
    "expect-length": lambda m: m.expect(array("q", [1, 2])),
    "expect-type": lambda m: m.expect([1]),
    "watch-length": lambda m: m.watch(bytearray(3)),
    "read-only": lambda m: setattr(m, "position", 5),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_calls_of_any_kind(call: Callable[[Any], object]) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError, AttributeError, BufferError)):
        call(make())


def test_far_targets_are_only_set_on_jumps() -> None:
    lowered = _core.Lowered(tuple(arrays()), WORKS)
    assert [lowered.set_far(slot, True) for slot in (0, 2, 2**31)] == [False] * 3


@pytest.mark.parametrize(
    "rows",
    [[("alu", "nothing", "", False)], [("alu", "+", "d8 u1 u1", False)],
     [("alu", "+", "d1 u1 u1", True)], [("flow", "cond_jump", "u1 t", False)],
     [1], [("alu",)], ROWS * 9, None, [(b"alu", "+", "d1", False)]],
    ids=["unknown", "operands", "jumps", "no-jump", "number", "short", "many", "none", "bytes"],
)  # fmt: skip
def test_another_instruction_set_is_refused(rows: Any) -> None:
    try:
        with pytest.raises((TypeError, ValueError)):
            _core.adopt_rows(rows)
        with pytest.raises(ValueError, match="opcode"):
            make()
    finally:
        adopt_instruction_set()


def test_every_operation_has_a_row() -> None:
    """An opcode that is gone from the table must go from the core too."""
    assert len({(engine, name) for engine, name, *_ in ROWS}) == len(ROWS) == _core.OPERATIONS


def test_arrays_cannot_change_their_length_under_it() -> None:
    core = Timeline.on(choose_core("compiled"), SIMPLE, [0] * 8)
    with pytest.raises(BufferError):
        core.flags.append(1)
    for change in (core.memory.clear, core.memory.pop, lambda: core.scratch.append(1)):
        with pytest.raises((ValueError, BufferError)):
            change()
    values: list[list[Any]] = [[1, 2], [2**32, 0, 0], [-1, 0, 0], ["x", 0, 0]]
    for value in values:
        with pytest.raises((ValueError, OverflowError, TypeError)):
            core.memory[0:3] = value
    assert core.memory == [0] * 8


def test_one_thread_at_a_time() -> None:
    core = Timeline.on(
        choose_core("compiled"), Program.from_bundles([{"flow": [["jump", 0]]}]), [], history=5
    )
    reasons: list[Reason] = []
    thread = threading.Thread(target=lambda: reasons.append(core.run(10**14).reason))
    thread.start()
    refused = 0
    while refused < 3 and thread.is_alive():
        try:
            core.seek(0)
        except RuntimeError:
            refused += 1
    core.interrupt()
    thread.join(5)
    assert not thread.is_alive()
