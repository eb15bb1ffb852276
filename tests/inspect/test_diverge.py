"""Diverge: the slot that was changed is found and repaired, and what it says where it cannot be."""

import random
from array import array
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from kernels.catalog import build
from machine import Machine, Problem, Program
from machine.codec import write_program
from machine.core import choose_core
from machine.core.inputs import memory_of, solution_of
from tests.cores import core_asked_for
from tests.inspect.mutations import SMALL, Mutant, mutants
from tests.inspect.rates import BARS, asked, rank_of, rates
from vliwdbg.cli.app import do
from vliwdbg.cli.exit_codes import exit_code_of
from vliwdbg.inspect import Questions
from vliwdbg.inspect.outcome import outcome_of
from vliwdbg.inspect.repaired import outcome_of_repair
from vliwdbg.inspect.replay import replay
from vliwdbg.render import lines_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import view_from_json

DIVERGING = import_module("vliwdbg.inspect.diverge")
compiled = pytest.mark.skipif(choose_core().name != "compiled", reason="repairs are run")


# By kind how many are drawn of a small size. They are always the same: a rate of so few is
# anywhere within ten of a hundred of the true one, and fresh ones, 300 of a kind, are drawn below.
DRAWN = {"field": 30, "against": 6, "early": 4, "late": 4, "dropped": 4, "loops": 5, "all": 4}


@compiled
@pytest.mark.parametrize("kind", BARS)
def test_slots_made_wrong_are_named(kind: str) -> None:
    assert rates(kind, 1, DRAWN[kind], SMALL).meets(BARS[kind])


@compiled
@pytest.mark.soak
@pytest.mark.parametrize("kind", BARS)
def test_many_slots_made_wrong_in_programs_of_the_standard_size_are_named(kind: str) -> None:
    seed = random.randrange(10**6)
    assert rates(kind, seed, 300, Problem()).meets(BARS[kind]), seed


def first_mutant(seed: int = 5, kernel: str = "vectors") -> Mutant:
    return next(mutants(build(kernel, "list", SMALL), seed))


@compiled
def test_an_answer_is_complete() -> None:
    mutant = first_mutant()
    view = asked(mutant.program).diverge()
    assert not view.ok
    assert view.outputs == SMALL.batch_size
    assert view.expected != view.got
    assert view.culprit == view.candidates[0]
    assert view.repair
    assert view.repair.slot == view.culprit
    assert view.evidence
    assert view.chain
    assert sum(vector.wrong for vector in view.vectors) == view.wrong
    assert view_from_json(view.to_json()) == view
    text = "\n".join(lines_of(view))
    assert "Culprit" in text
    assert view.repair.change in text


@compiled
@pytest.mark.parametrize("kernel", ["vectors", "treehash"])
def test_a_slot_that_was_left_out_is_put_back(kernel: str) -> None:
    mutant = next(mutants(build(kernel, "list", SMALL), 1, "dropped"))
    view = asked(mutant.program).diverge()
    repair = view.repair
    assert repair
    assert view.confidence == "repaired-unique"
    assert (repair.slot, repair.written[0]) == (None, mutant.before[0])
    assert view_from_json(view.to_json()) == view
    text = "\n".join(lines_of(view))
    assert "First wrong slot" in text
    assert f"Repair: a slot is missing in {repair.engine} at pc {repair.pc}. Then all is" in text
    memory = memory_of(replace(SMALL, seed=1234))
    assert not outcome_of(replay(mutant.program, memory), SMALL.layout).right
    assert outcome_of_repair(mutant.program, memory, SMALL.layout, repair).right


@compiled
def test_wrong_outputs_are_told_lane_by_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    program = next(mutants(build("vectors", "list", SMALL), 5, "all")).program
    view = asked(program).diverge()
    assert view.wrong == sum(vector.wrong for vector in view.vectors) == SMALL.batch_size
    assert [vector.element for vector in view.vectors] == [*range(0, SMALL.batch_size, 8)]
    start = memory_of(SMALL)
    machine = Machine(program, start)
    machine.run()
    memory = machine.memory
    _, values = solution_of(SMALL.layout, start)
    for vector in view.vectors:
        assert vector.element is not None
        lanes = slice(vector.element, vector.element + len(vector.got))
        assert vector.expected == tuple(values[lanes])
        assert vector.got == tuple(memory[vector.address : vector.address + len(vector.got)])
        assert vector.store
        assert vector.store.engine == "store"
    assert (view.address, view.got) in [
        (view.vectors[0].address + lane, word) for lane, word in enumerate(view.vectors[0].got)
    ]
    monkeypatch.setattr(DIVERGING, "MOST_VECTORS", 1)
    assert f"  … {view.wrong - view.vectors[0].wrong} more" in lines_of(asked(program).diverge())


@compiled
def test_a_long_chain_is_cut_in_its_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    program = first_mutant(6, "vectors").program
    whole = asked(program).diverge()
    assert len(whole.chain) > 4
    monkeypatch.setattr(DIVERGING, "LONGEST_CHAIN", 4)
    view = asked(program).diverge()
    assert view.chain == (*whole.chain[:2], *whole.chain[-2:])
    assert view.chain_left_out == whole.chain_left_out + len(whole.chain) - 4
    assert f"  … {view.chain_left_out} more" in lines_of(view)
    stored = view.chain[-1]
    assert stored.engine == "store"


def test_without_the_compiled_core_there_is_evidence_alone() -> None:
    mutant = first_mutant()
    with core_asked_for("model"):
        view = asked(mutant.program).diverge()
    assert view.confidence == "evidence-only"
    assert view.repair is None
    assert any("compiled core" in note for note in view.notes)
    assert rank_of(mutant, view) < 8


def test_a_right_program_has_nothing_wrong() -> None:
    view = asked(build("vectors", "list", SMALL)).diverge()
    assert view.ok
    assert (view.wrong, view.culprit, view.confidence) == (0, None, None)
    assert lines_of(view) == ["Nothing is wrong: all 64 outputs are right on all inputs tried."]


def test_without_a_problem_it_takes_a_program_that_is_right() -> None:
    bundles = [
        {"load": [["const", 8, 3], ["const", 9, 4]]},
        {"alu": [["+", 10, 8, 9]]},
        {"store": [["store", 8, 10]]},
    ]
    wrong = [bundles[0], {"alu": [["-", 10, 8, 9]]}, bundles[2]]
    memory = (0,) * 16
    good, bad = (Questions(Program.from_bundles(b), memory) for b in (bundles, wrong))
    with pytest.raises(DebuggerError, match="--against GOOD"):
        bad.diverge()
    view = bad.diverge(good)
    assert view.culprit
    assert (view.culprit.engine, view.culprit.text) == ("alu", "s[10] = s[8] - s[9]")
    assert lines_of(view)[0] == "1 of 1 output is wrong. The first is mem[3]: 4294967295, not 7."
    assert view.element is None
    assert lines_of(good.diverge(good)) == [
        "Nothing is wrong: the output is right on all inputs tried."
    ]


def test_against_a_program_that_is_wrong_itself() -> None:
    mutant, other = first_mutant(), first_mutant(6)
    view = asked(mutant.program).diverge(asked(other.program))
    assert any("wrong itself" in note for note in view.notes)


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    for file, program in ((good, build("vectors", "list", SMALL)), (bad, first_mutant().program)):
        with file.open("w") as stream:
            write_program(program, stream)

    def code(*words: str) -> int:
        return exit_code_of(lambda: do(["diverge", *words]), "diverge")

    assert code(str(good)) == 0
    assert code(str(bad), "--against", str(good)) == 1
    assert "1 of 64 outputs is wrong" in capsys.readouterr().out
    assert code(str(bad), "--against", str(tmp_path / "lost.json")) == 2


@compiled
def test_memory_behind_the_problem_is_there_on_all_inputs() -> None:
    """The public simulator leaves some, which a kernel may use as it likes."""

    def with_store_behind(program: Program) -> Program:
        image = memory_of(SMALL)
        behind = [
            {"load": [["const", 1534, len(image) + 3], ["const", 1535, 7]]},
            {"store": [["store", 1534, 1535]]},
        ]
        roomy = image + array("I", bytes(4 * 40))
        bundles = [*behind, *program.written()]
        return Program.from_bundles(bundles, problem=SMALL, memory=roomy)

    right = with_store_behind(build("baseline", "list", SMALL))
    assert right.memory is not None
    assert Questions(right, right.memory).diverge().ok
    assert Questions(right, right.memory).others != ()
    wrong = with_store_behind(next(mutants(build("baseline", "list", SMALL), 5)).program)
    view = Questions(wrong, right.memory).diverge()
    assert view.confidence == "repaired-unique"
