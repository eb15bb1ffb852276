"""Explain: of bundled kernels that tell nothing of themselves it finds what they were built of."""

from dataclasses import replace
from pathlib import Path

import pytest

from kernels.catalog import build
from machine import Machine, Problem, Program
from machine.codec import read_program, write_program
from machine.core.inputs import memory_of
from machine.isa import OPCODES
from vliwdbg.cli.app import do
from vliwdbg.cli.exit_codes import exit_code_of
from vliwdbg.inspect import Explanation, Questions
from vliwdbg.render import lines_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import view_from_json

SMALL = Problem(forest_height=6, rounds=10, batch_size=64)
SAME = {"index": "descend"}
"""Stages that a kernel calls otherwise."""


def stripped(program: Program) -> Program:
    return replace(program, slots=(), tags=(), scratch_map={}, build={}, name="")


def judged(program: Program) -> tuple[float, float]:
    """The part of all slots of which all is found as it was built, and that of which anything is
    told wrong."""
    facts = Explanation(stripped(program)).facts
    right = wrong = count = 0
    for code, told, built in zip(program.columns.opcodes, facts, program.slots, strict=True):
        if OPCODES[code].engine == "debug":
            continue
        stage = SAME.get(built["stage"], built["stage"])
        truth = (stage, built.get("vector"), built.get("round"))
        count += 1
        right += truth == told
        wrong += any(a is not None and a != b for a, b in zip(told, truth, strict=True))
    return right / count, wrong / count


@pytest.mark.parametrize(
    ("kernel", "scheduler", "problem"),
    [
        ("treehash", None, Problem()),
        ("treehash", "list", Problem()),
        ("vectors", "list", SMALL),
    ],
)
def test_it_finds_what_a_kernel_was_built_of(
    kernel: str, scheduler: str | None, problem: Problem
) -> None:
    right, wrong = judged(build(kernel, scheduler, problem))
    print(f"{kernel} {scheduler}: right {right:.4f}, wrong {wrong:.4f}")
    assert right >= 0.85
    assert wrong <= 0.01


def test_slots_of_an_element_change_no_other_element() -> None:
    """By construction: with another value at the start of one vector, no slot that is told to work
    for another one makes other words."""
    program = stripped(build("vectors", "list", SMALL))
    explanation = Explanation(program)
    image = memory_of(SMALL)
    other = image[:]
    for address in SMALL.layout.values[8:16]:
        other[address] ^= 0x5A5A5A5A
    asked, changed = (Questions(program, words).flow for words in (image, other))
    assert asked.pcs == changed.pcs
    pairs = zip(asked.values, changed.values, strict=True)
    differ = {explanation.case.slots[node] for node, (a, b) in enumerate(pairs) if a != b}
    assert differ
    assert {explanation.facts[slot].vector for slot in differ} == {1}


def test_what_it_writes_is_the_same_program_with_names() -> None:
    program = stripped(build("treehash", "list", SMALL))
    explained = Explanation(program).explained()
    assert explained.sha256() == program.sha256()
    assert [tag.name for tag in explained.tags][:2] == ["round 0", "round 1"]
    names = {name for name, _ in explained.scratch_map.values()}
    assert len(names) == len(explained.scratch_map)
    assert "p_val16" in names
    view = Questions(explained, memory_of(SMALL)).stats()
    assert {"round", "vector", "stage"} <= {group.by for group in view.groups}


def test_names_of_constants_are_their_words() -> None:
    program = stripped(build("vectors", "list", SMALL))
    explained = Explanation(program).explained()
    machine = Machine(program, memory_of(SMALL), pauses=False)
    machine.run()
    constants = 0
    for start, (name, width) in explained.scratch_map.items():
        kind, _, number = name.removeprefix("v_").partition("_")
        if kind == "c":
            constants += 1
            word = int(number.split("_")[0], 16 if len(number) == 8 else 10)
            assert list(machine.scratch[start : start + width]) == [word] * width
    assert constants > 10


def test_an_answer_and_what_it_needs() -> None:
    program = stripped(build("vectors", "list", SMALL))
    view = Questions(program, memory_of(SMALL)).explain()
    assert view_from_json(view.to_json()) == view
    assert (view.vectors, view.rounds) == (8, 10)
    assert "are explained: 8 vectors, 10 rounds" in lines_of(view)[0]
    with pytest.raises(DebuggerError, match="names no problem"):
        Questions(Program.from_bundles([]), (0,)).explain()


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare, told = tmp_path / "bare.json", tmp_path / "told.json"
    with bare.open("w") as stream:
        write_program(stripped(build("vectors", "list", SMALL)), stream)
    words = ["explain", str(bare), "-o", str(told)]
    assert exit_code_of(lambda: do(words), "explain") == 0
    assert "hash stage 3" in capsys.readouterr().out
    assert len(read_program(str(told)).slots) == read_program(str(bare)).columns.slot_count
