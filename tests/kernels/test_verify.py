"""The schedule checker, against schedules broken on purpose: each kind is found and named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kernels.builder import Builder
from kernels.ir import Region
from kernels.passes.load_constants import LoadConstants
from kernels.plan import plan_for
from kernels.schedule import SCHEDULERS
from kernels.schedule.base import Schedule
from kernels.schedule.verify import verify_schedule
from kernels.treehash import compile_plan
from machine.isa import opcode
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
    ("op", "bundle", "kind"),
    [
        (2, 0, "raw"),
        (3, 0, "order"),
        (4, 5, "memory"),
        (5, 3, "memory"),
        (4, 2, "raw"),
        (7, 5, "pause"),
        (5, -1, "place"),
    ],
)
def test_an_operation_in_a_wrong_bundle(op: int, bundle: int, kind: str) -> None:
    assert kind in kinds(moved(op, bundle))


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


def test_more_slots_than_an_engine_has() -> None:
    build = Builder()
    for number in range(3):
        build.emit(CONST, build.scalar("a"), number)
    assert kinds(Schedule(build.code, [0, 0, 0], [0, 1, 2])) == {"limit"}


@pytest.mark.parametrize("scheduler", list(SCHEDULERS))
def test_breaking_a_real_schedule_anywhere_is_found(scheduler: str) -> None:
    problem = Problem(5, 7, 16)
    schedule = SCHEDULERS[scheduler](compile_plan(problem, plan_for(problem)))
    assert verify_schedule(schedule) == []
    for number in range(0, len(schedule.bundle), 37):
        op = schedule.code.ops[number]
        if op.row.engine == "debug" or not op.row.uses((0,) * op.row.arity):
            continue
        early = list(schedule.bundle)
        early[number] = 0
        assert verify_schedule(replace(schedule, bundle=early)), number


def test_debug_operations_never_change_the_others() -> None:
    problem = Problem(5, 7, 16)
    code = compile_plan(problem, plan_for(problem))
    bare = code.with_ops([op for op in code.ops if op.row.engine != "debug"])
    assert len(bare.ops) < len(code.ops)
    for row in SCHEDULERS.values():
        places = [at for op, at in zip(*_slots(row(code)), strict=True) if op.row.engine != "debug"]
        if row is not SCHEDULERS["serial"]:
            assert places == row(bare).bundle


def _slots(schedule: Schedule) -> tuple[list[object], list[int]]:
    return schedule.code.ops, schedule.bundle


def test_constants_are_loaded_once_each() -> None:
    build = Builder()
    two = build.constant(2)
    build.emit(ADD, build.scalar("a"), two, build.constant(2))
    code = LoadConstants()(build.code)
    assert [str(op) for op in code.ops] == [f"{two} = 2", f"{two + 1} = {two} + {two}"]
