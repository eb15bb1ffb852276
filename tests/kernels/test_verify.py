"""The schedule checker, against schedules broken on purpose: each kind is found and named."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from random import Random

import pytest

from kernels.build_request import BuildRequest
from kernels.builder import Builder
from kernels.catalog import build
from kernels.ir import Code, Op, Region, words_of
from kernels.passes.load_constants import LoadConstants
from kernels.schedule import SCHEDULERS
from kernels.schedule.base import Schedule
from kernels.schedule.in_order import greedy, serial
from kernels.schedule.list import list_schedule
from kernels.schedule.verify import UnsoundScheduleError, verify_schedule
from machine.access import SPANS
from machine.isa import SCRATCH_SIZE, opcode
from machine.problem import Problem

ADD, CONST, PAUSE = opcode("alu", "+"), opcode("load", "const"), opcode("flow", "pause")
STORE, LOAD = opcode("store", "store"), opcode("load", "load")


def small() -> Schedule:
    """a, b = const; c = a + b; a = c + c; mem[c] = a; d = mem[c]; pause; e = d + d"""
    build = Builder()
    a, b, c, d, e = map(build.scalar, "abcde")
    words = Region(4, 5)
    build.emit(CONST, a, 1)
    build.emit(CONST, b, 3)
    build.emit(ADD, c, a, b)
    build.emit(ADD, a, c, c)
    build.emit(STORE, c, a, region=words)
    build.emit(LOAD, d, c, region=words)
    build.emit(PAUSE)
    build.emit(ADD, e, d, d)
    return Schedule(build.code, [0, 0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4])


def kinds(schedule: Schedule) -> set[str]:
    return {diagnostic.kind for diagnostic in verify_schedule(schedule)}


def moved(op: int, bundle: int) -> Schedule:
    schedule = small()
    schedule.bundle[op] = bundle
    return schedule


def test_a_sound_schedule_has_nothing_to_say() -> None:
    assert verify_schedule(small()) == []


@pytest.mark.parametrize(
    ("op", "bundle", "kind", "message"),
    [
        (2, 0, "raw", "reads a word before operation 0 wrote it"),
        (3, 0, "order", "operation 3 wrote over the word that 0 wrote for it"),
        (4, 5, "memory", "a store to (4, 5) comes too late"),
        (5, 3, "memory", "a store to (4, 5) comes too late"),
        (4, 2, "raw", "reads a word before operation 3 wrote it"),
        (7, 5, "pause", "is on the wrong side of a pause"),
        (5, 6, "pause", "is on the wrong side of a pause"),
        (5, -1, "place", "is in no bundle"),
    ],
)
def test_an_operation_in_a_wrong_bundle(op: int, bundle: int, kind: str, message: str) -> None:
    found = [(d.kind, d.message) for d in verify_schedule(moved(op, bundle))]
    assert (kind, message) in found


def test_a_load_after_the_store_that_is_to_come_later() -> None:
    build = Builder()
    a, b = map(build.scalar, "ab")
    build.emit(CONST, a, 1)
    build.emit(LOAD, b, a, region=Region(0, 8))
    build.emit(STORE, a, a, region=Region(7, 9))
    (found,) = verify_schedule(Schedule(build.code, [0, 2, 1], [0, 1]))
    assert str(found) == "bundle 1, operation 2: memory: a load of (0, 8) comes too late"


def test_a_word_written_twice_in_a_bundle() -> None:
    build = Builder()
    a = build.scalar("a")
    build.emit(CONST, a, 1)
    build.emit(CONST, a, 2)
    (found,) = verify_schedule(Schedule(build.code, [0, 0], [5]))
    assert str(found) == ("bundle 0, operation 1: order: scratch 5 is written by operation 0 too")


def test_a_vector_that_lies_across_another() -> None:
    build = Builder()
    v, w = build.vector("v"), build.vector("w")
    build.emit(CONST, v, 1)
    build.emit(opcode("valu", "vbroadcast"), w, v)
    build.emit(opcode("alu", "+"), v, v, w)
    assert verify_schedule(Schedule(build.code, [0, 1, 2], [0, 8])) == []
    assert kinds(Schedule(build.code, [0, 1, 2], [7, 0])) == {"scratch"}


def test_a_word_that_nobody_writes() -> None:
    build = Builder()
    build.emit(ADD, build.scalar("a"), build.scalar("b"), 0)
    (found, *_) = verify_schedule(Schedule(build.code, [0], [0, 1]))
    assert found.message == "reads b, which nothing before it writes"


def test_a_write_may_share_the_bundle_of_an_earlier_read() -> None:
    build = Builder()
    a, b = map(build.scalar, "ab")
    build.emit(CONST, a, 1)
    build.emit(ADD, b, a, a)
    build.emit(CONST, a, 2)
    build.emit(ADD, b, a, b)
    assert verify_schedule(Schedule(build.code, [0, 1, 1, 2], [0, 1])) == []


def test_registers_that_share_words_while_both_live() -> None:
    schedule = small()
    schedule.address[3] = schedule.address[0]  # d over a is fine: a has been read
    assert verify_schedule(schedule) == []
    schedule.address[1] = schedule.address[0]
    assert kinds(schedule) >= {"scratch", "order"}


def test_a_register_outside_scratch() -> None:
    schedule = small()
    schedule.address[2] = 1536
    assert kinds(schedule) == {"scratch"}
    schedule = table_schedule()
    (zero,) = schedule.code.zeros
    schedule.address[schedule.code.owner[zero]] = 1530
    assert "rows at 1530 is not in scratch" in {d.message for d in verify_schedule(schedule)}


def test_more_slots_than_an_engine_has() -> None:
    build = Builder()
    for number in range(3):
        build.emit(CONST, build.scalar("a"), number)
    assert kinds(Schedule(build.code, [0, 0, 0], [0, 1, 2])) == {"limit"}


@pytest.mark.parametrize("scheduler", ["serial", "greedy", "list", "tuned"])
def test_breaking_a_real_schedule_anywhere_is_found(scheduler: str) -> None:
    schedule = SCHEDULERS[scheduler](BuildRequest(Problem(5, 7, 16)))
    assert verify_schedule(schedule) == []
    for number in range(0, len(schedule.bundle), 37):
        op = schedule.code.ops[number]
        if op.row.engine == "debug" or not SPANS[op.row.code].uses:
            continue
        if set(words_of(SPANS[op.row.code].uses, op.operands)) <= schedule.code.zeros:
            continue  # what is known from the start may be read there
        early = list(schedule.bundle)
        early[number] = 0
        assert verify_schedule(replace(schedule, bundle=early)), number


def computes_the_same(schedule: Schedule) -> bool:
    """Whether every slot finds the words that it finds in program order, bundle by bundle on
    scratch as a machine would have it. A word is known by the operation that wrote it last.
    """
    code, places = schedule.code, scratch_words(schedule)
    written: dict[int, int] = dict.fromkeys(code.zeros, -1)
    in_order = []
    for number, op in enumerate(code.ops):
        defs, uses = SPANS[op.row.code]
        in_order.append([written.get(word) for word in words_of(uses, op.operands)])
        written |= dict.fromkeys(words_of(defs, op.operands), number)
    scratch: dict[int, int] = {}
    for at in sorted(set(schedule.bundle)):
        numbers = [number for number, bundle in enumerate(schedule.bundle) if bundle == at]
        landing: dict[int, int] = {}
        for number in numbers:
            defs, uses = SPANS[code.ops[number].row.code]
            found = [places[word] for word in words_of(uses, code.ops[number].operands)]
            for meant, word in zip(in_order[number], found, strict=True):
                if meant not in (None, scratch.get(word, -1)):
                    return False
            for word in words_of(defs, code.ops[number].operands):
                if landing.setdefault(places[word], number) != number:
                    return False
        scratch |= landing
    return True


def scratch_words(schedule: Schedule) -> list[int]:
    """By virtual word, where it lies."""
    both = zip(schedule.code.registers, schedule.address, strict=True)
    return [start + lane for register, start in both for lane in range(register.width)]


@pytest.mark.parametrize(
    ("kernel", "scheduler", "problem", "without"),
    [
        ("treehash", "tuned", Problem(6, 8, 64), ()),
        ("treehash", "list", Problem(3, 2, 11), ()),
        ("treehash", "list", Problem(2, 4, 16), ("temporaries",)),
        ("vectors", "list", Problem(2, 3, 16), ()),
        ("baseline", "greedy", Problem(2, 2, 3), ()),
    ],
)
def test_what_a_machine_would_compute_otherwise_is_found_and_nothing_else(
    kernel: str, scheduler: str, problem: Problem, without: tuple[str, ...]
) -> None:
    sound, random = SCHEDULERS[scheduler](BuildRequest(problem, kernel, without=without)), Random(1)
    verdicts = set()
    for _ in range(30):
        spoilt = replace(sound, bundle=list(sound.bundle), address=list(sound.address))
        for _ in range(random.choice((1, 1, 3))):
            spoil_somewhere(spoilt, random)
        wrong = kinds(spoilt) & {"raw", "order", "scratch"}
        assert computes_the_same(spoilt) == (not wrong)
        verdicts.add(not wrong)
    assert verdicts == {True, False}


def spoil_somewhere(schedule: Schedule, random: Random) -> None:
    """An operation a few bundles on or back, or a register over another one."""
    if random.random() < 0.7:
        moved, by = random.randrange(len(schedule.bundle)), random.randint(-6, 6)
        schedule.bundle[moved] = max(0, schedule.bundle[moved] + by)
        return
    one, other = random.choices([n for n, at in enumerate(schedule.address) if at >= 0], k=2)
    last = SCRATCH_SIZE - schedule.code.registers[one].width
    schedule.address[one] = min(schedule.address[other], last)


def test_a_vector_that_is_no_register() -> None:
    build = Builder()
    v, w = build.vector("v"), build.vector("w")
    build.emit(opcode("valu", "vbroadcast"), v + 1, v)
    messages = [found.message for found in verify_schedule(Schedule(build.code, [0], [0, 8]))]
    assert f"the 8 words from {v + 1} on are not one register" in messages
    build.code.ops[:] = [Op(opcode("valu", "vbroadcast"), (w, v), build.origin)]
    assert kinds(Schedule(build.code, [0], [0, 8])) == {"raw"}


def table_schedule() -> Schedule:
    """Of a kernel with blocks, in the forest's rows 1 to 7 of which children are chosen."""
    schedule = SCHEDULERS["list"](BuildRequest(Problem(6, 8, 64)))
    assert verify_schedule(schedule) == []
    return schedule


def op_of(schedule: Schedule, name: str, stage: str, number: int) -> int:
    """An operation of this name and stage on memory below the table, the number-th of them."""

    def is_one(op: Op) -> bool:
        return (op.row.name, op.origin.stage) == (name, stage) and op.region.end <= 128

    return [at for at, op in enumerate(schedule.code.ops) if is_one(op)][number]


@pytest.mark.parametrize(
    ("name", "stage", "number", "bundle", "kind"),
    [
        ("vstore", "restore", 0, 60, "memory"),  # row 1, before children go to its word
        ("vstore", "restore", 1, 60, "memory"),  # another row, before its last children
        ("vload", "setup", 0, -1, "memory"),  # row 1, after children have gone there
        ("vload", "setup", 1, -1, "memory"),  # another row, after children lie there
        ("vload", "node", 0, 60, "memory"),  # the chosen children, before they are stored
        ("store", "node", 8, 0, "memory"),  # a left child, before the right one
        ("store", "node", 0, -1, "memory"),  # a right child, after the left one
    ],
)
def test_children_in_the_forest_s_rows_are_kept_in_order(
    name: str, stage: str, number: int, bundle: int, kind: str
) -> None:
    schedule = table_schedule()
    last = max(schedule.bundle)
    moved = op_of(schedule, name, stage, number)
    schedule.bundle[moved] = last if bundle < 0 else bundle
    assert kind in kinds(schedule)


@pytest.mark.parametrize(
    ("name", "stage", "vector", "to_end"),
    [
        ("vload", "load", 1, True),  # after elements that it shares have been stored
        ("vstore", "store", 0, True),  # after those of the next vector
        ("vstore", "store", 1, False),  # before those of the vector before
    ],
)
def test_vectors_that_overlap_are_kept_in_order(
    name: str, stage: str, vector: int, to_end: bool
) -> None:
    schedule = SCHEDULERS["list"](BuildRequest(Problem(2, 2, 11)))
    assert verify_schedule(schedule) == []
    (moved,) = (
        number
        for number, op in enumerate(schedule.code.ops)
        if (op.row.name, op.origin.stage, op.origin.vector) == (name, stage, vector)
    )
    schedule.bundle[moved] = 1 + max(schedule.bundle) if to_end else 0
    assert "memory" in kinds(schedule)


def test_children_go_to_buffers_one_vector_after_another() -> None:
    schedule = table_schedule()
    ops = schedule.code.ops
    loads = [n for n, op in enumerate(ops) if (op.row.name, op.origin.stage) == ("vload", "node")]
    chosen = [n for n in loads if ops[n].region.end <= 64]
    same = [n for n in chosen if ops[n].region == ops[chosen[0]].region]
    assert len(same) > 1
    schedule.bundle[same[0]] = 1 + schedule.bundle[same[1]]
    assert "memory" in kinds(schedule)


def test_a_word_that_has_to_stay_0_is_written_to() -> None:
    schedule = table_schedule()
    (zero,) = schedule.code.zeros
    register = schedule.code.owner[zero]
    other = next(
        number
        for number, at in enumerate(schedule.address)
        if number != register and at >= 0 and schedule.code.registers[number].width == 1
    )
    schedule.address[other] = schedule.address[register]
    found = [diagnostic.message for diagnostic in verify_schedule(schedule)]
    assert any("that has to be 0" in message for message in found)


def test_debug_operations_never_change_the_others() -> None:
    code = BuildRequest(Problem(5, 7, 16)).compile()
    bare = code.with_ops([op for op in code.ops if op.row.engine != "debug"])
    assert len(bare.ops) < len(code.ops)
    for run in (greedy, list_schedule):
        places = [at for op, at in zip(*_slots(run(code)), strict=True) if op.row.engine != "debug"]
        assert places == run(bare).bundle


def _slots(schedule: Schedule) -> tuple[list[Op], list[int]]:
    return schedule.code.ops, schedule.bundle


def test_constants_are_loaded_once_each() -> None:
    build = Builder()
    two = build.constant(2)
    build.emit(ADD, build.scalar("a"), two, build.constant(2))
    code = LoadConstants()(build.code)
    assert [str(op) for op in code.ops] == [f"{two} = 2", f"{two + 1} = {two} + {two}"]


def test_what_is_unsound_becomes_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(code: Code) -> Schedule:
        sound = serial(code)
        return replace(sound, bundle=[0] * len(sound.bundle))

    monkeypatch.setattr("kernels.schedule.in_order.serial", careless)
    with pytest.raises(
        UnsoundScheduleError, match=r"(?s)limit: .* and \d+ more\n.* report"
    ) as raised:
        build("treehash", "serial", Problem(2, 2, 8))
    assert len(raised.value.diagnostics) > 5


OPTIMIZED = """
import kernels.schedule.in_order as schedulers
from dataclasses import replace
from kernels.catalog import build
from kernels.schedule.verify import UnsoundScheduleError
from machine.problem import Problem
sound = schedulers.serial
schedulers.serial = lambda code: replace(sound(code), bundle=[0] * len(code.ops))
try:
    build("treehash", "serial", Problem(2, 2, 8))
except UnsoundScheduleError:
    print("refused")
"""


def test_it_is_checked_without_asserts_too() -> None:
    command = [sys.executable, "-O", "-c", OPTIMIZED]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "refused\n"
