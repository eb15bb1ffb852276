"""Signatures, and diff: empty where it has to be, and what it tells of programs made to differ."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kernels.catalog import build
from machine import Problem, Program
from machine.access import ACCESS
from machine.codec import write_program
from machine.core.inputs import memory_of
from machine.isa import SCRATCH_SIZE, opcode
from vliwdbg.cli.app import do
from vliwdbg.cli.exit_codes import exit_code_of
from vliwdbg.inspect import Questions
from vliwdbg.inspect.signatures import (
    ANY_ORDER,
    FORMS,
    IN_ORDER,
    LOAD,
    MOVE,
    class_inputs,
    class_of,
    computation,
    loaded,
    moved,
    sign,
)
from vliwdbg.render import lines_of
from vliwdbg.views.base import view_from_json
from vliwdbg.views.diff import Diff

SIZES = Problem(forest_height=3, rounds=3, batch_size=16)


@cache
def asked(name: str = "treehash", scheduler: str = "list") -> Questions:
    return Questions(build(name, scheduler, SIZES), memory_of(SIZES))


def renamed(program: Program) -> Program:
    """The same program, with other words of scratch: all moved up, around the end."""
    moved = []
    for bundle in program:
        written: dict[str, list[list[Any]]] = {}
        for slot in bundle:
            access, operands = ACCESS[slot.opcode.code], list(slot.operands)
            if slot.engine == "debug":
                continue
            places = {at for at, _ in access.reads}
            if access.dest is not None:
                places.add(access.dest)
            for at in places:
                operands[at] = (operands[at] + 8) % SCRATCH_SIZE
            written.setdefault(slot.engine, []).append([slot.opcode.name, *operands])
        moved.append(written)
    return Program.from_bundles(moved, problem=program.problem)


def is_empty(view: Diff) -> bool:
    return (
        view.same_computation == view.same_value == 1
        and not view.surplus
        and not view.shifts
        and not any(gain.cycles for gain in view.gains)
    )


def test_a_program_differs_from_itself_in_nothing() -> None:
    assert is_empty(asked().diff(asked()))


def test_words_of_scratch_do_not_matter() -> None:
    other = renamed(build("baseline", "greedy", SIZES))
    view = asked("baseline", "greedy").diff(Questions(other, memory_of(SIZES)))
    assert is_empty(view)
    assert view_from_json(view.to_json()) == view


def test_engines_and_order_of_operands_do_not_matter() -> None:
    consts = {"load": [["const", 8, 3], ["const", 9, 4]]}
    stored = {"store": [["store", 8, 10]]}
    a = [consts, {"alu": [["+", 10, 8, 9]]}, stored]
    b = [consts, {"alu": [["+", 10, 9, 8]]}, stored]
    c = [{"load": [["const", 8, 3]]}, {"flow": [["add_imm", 10, 8, 4]]}, stored]
    first, second, third = (Questions(Program.from_bundles(x), (0,) * 16) for x in (a, b, c))
    assert is_empty(first.diff(second))
    view = first.diff(third)
    assert [(one.name, one.a, one.b) for one in view.surplus] == [("const", 1, 0)]
    assert view.same_computation == pytest.approx(6 / 7)


def test_what_one_slot_more_changes() -> None:
    """One more round for nothing: it has no counterpart, and all after it comes later."""
    more = [{"alu": [["*", 1500, 1501, 1501]]}]
    program = asked().program
    bundles = [*more, *program.written()]
    shifted = Questions(Program.from_bundles(bundles, problem=SIZES), memory_of(SIZES))
    view = asked().diff(shifted)
    assert [(one.by, one.name, one.a, one.b) for one in view.surplus] == [("opcode", "*", 0, 1)]
    assert view.gains[0].cycles == 1
    assert not view.shifts
    assert view.typical_shift == 1
    assert "+1 0 0 0" in "\n".join(lines_of(view))


def test_schedules_of_one_kernel_and_strangers() -> None:
    near = asked().diff(asked("vectors", "list"))
    far = asked().diff(Questions(Program.from_bundles([{"load": [["const", 8, 3]]}]), (0,) * 8))
    assert 0.3 < near.same_computation < 1
    assert near.same_value >= near.same_computation
    assert far.same_computation < 0.01
    assert far.ok
    serial = asked("baseline", "serial").diff(asked("baseline", "greedy"))
    assert serial.same_computation == serial.same_value == 1
    assert sum(gain.cycles for gain in serial.gains) < 0


def test_elements_of_a_class_compute_the_same_words() -> None:
    """In a right program each lane of an element is one of its whole class."""
    problem = replace(SIZES, batch_size=64)
    signed = sign(build("treehash", "list", problem), class_inputs(problem, 8))
    flow, values = signed.flow, problem.layout.values
    finals: dict[int, set[int]] = {}
    for element, address in enumerate(values):
        store = flow.memory_writes[address][-1]
        finals.setdefault(class_of(element), set()).add(signed.values[store])
    assert len(finals) == 8
    assert all(len(found) == 1 for found in finals.values())
    assert len(set().union(*finals.values())) == 8


@pytest.mark.parametrize("kernel", ["treehash", "baseline"])
def test_what_a_lane_computes_is_told_by_its_operands(kernel: str) -> None:
    """Repairs ask it so, node by node."""
    signed = sign(build(kernel, "list", SIZES), class_inputs(SIZES, 3))
    flow, values = signed.flow, signed.values
    known = set()
    for node, code in enumerate(signed.codes):
        if code == opcode("flow", "add_imm").code:
            continue
        operands = [values[column[node]] for column in flow.sources]
        expected = computation(code, *operands)
        if FORMS[code] == MOVE or flow.stored[node] >= 0:
            expected = moved(values[node])
        elif FORMS[code] == LOAD:
            addresses = tuple(trace.addresses[node] for trace in signed.traces)
            expected = loaded(hash(addresses), values[node])
        assert signed.computations[node] == expected
        known.add(FORMS[code])
    assert known == {MOVE, LOAD, ANY_ORDER, IN_ORDER}


def test_the_model_gives_the_same_signatures() -> None:
    inputs = class_inputs(SIZES, 2)
    program = build("vectors", "list", SIZES)
    compiled, model = sign(program, inputs), sign(program, inputs, core="model")
    assert compiled.computations == model.computations
    assert compiled.values == model.values


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = []
    for kernel, scheduler in (("vectors", "list"), ("baseline", "greedy")):
        file = tmp_path / f"{kernel}.json"
        with file.open("w") as stream:
            write_program(build(kernel, scheduler, SIZES), stream)
        files.append(str(file))
    assert exit_code_of(lambda: do(["diff", *files]), "diff") == 0
    assert "the same computations" in capsys.readouterr().out
    missing = str(tmp_path / "lost.json")
    assert exit_code_of(lambda: do(["diff", files[0], missing]), "diff") == 2
    assert "lost.json" in capsys.readouterr().err
