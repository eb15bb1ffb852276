"""Diverge: the slot that was changed is found and repaired, and what it says where it cannot be."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kernels.catalog import build
from machine import Machine, Problem, Program
from machine.codec import write_program
from machine.core import choose_core
from machine.core.inputs import memory_of
from machine.native import VARIABLE
from tests.inspect.mutations import SMALL, Mutant, mutants
from vliwdbg.cli.app import do
from vliwdbg.cli.exit_codes import exit_code_of
from vliwdbg.inspect import Questions
from vliwdbg.inspect.case import expected_words
from vliwdbg.render import lines_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import view_from_json
from vliwdbg.views.diverge import Diverge

BUILDS = [("treehash", "list"), ("vectors", "list"), ("treehash", "greedy")]
compiled = pytest.mark.skipif(choose_core().name != "compiled", reason="repairs are run")


def asked(program: Program, memory: Sequence[int] | None = None) -> Questions:
    if memory is None:
        assert program.problem is not None
        memory = memory_of(program.problem)
    return Questions(program, memory)


def rank_of(mutant: Mutant, view: Diverge) -> int:
    """The rank of the slot that was changed, from 0."""
    places = [(slot.pc, slot.engine, slot.slot) for slot in view.candidates]
    return places.index(mutant.at) if mutant.at in places else len(places)


def repaired(program: Program, view: Diverge) -> Program:
    """The program with the repair."""
    assert view.repair
    slot = view.repair.slot
    bundles = [{engine: list(slots) for engine, slots in b.items()} for b in program.written()]
    old = bundles[slot.pc][slot.engine].pop(slot.slot)
    new = list(view.repair.written)
    if view.repair.pc == slot.pc:
        bundles[slot.pc][slot.engine].insert(slot.slot, new)
    else:
        assert old == new
        bundles[view.repair.pc].setdefault(slot.engine, []).append(new)
    return Program.from_bundles(bundles, problem=program.problem)


def is_right(program: Program, seed: int) -> bool:
    """On an input that nobody has tried."""
    assert program.problem is not None
    problem = replace(program.problem, seed=seed)
    image = memory_of(problem)
    machine = Machine(program, image, debug=False, pauses=False)
    machine.run()
    expected = expected_words(program, problem.layout, image)
    return all(machine.memory[address] == word for address, word in expected.items())


def judge(seed: int, count: int, problem: Problem) -> tuple[int, int, int, int]:
    """Of so many mutants: found first, in the first three, repaired in one slot alone, and of those
    with a repair that holds on fresh inputs."""
    first = three = unique = right = 0
    for number in range(count):
        kernel, scheduler = BUILDS[number % len(BUILDS)]
        drawn = mutants(build(kernel, scheduler, problem), seed + number)
        mutant = next(drawn)
        view = asked(mutant.program).diverge()
        rank = rank_of(mutant, view)
        first += rank == 0
        three += rank < 3
        if view.confidence == "repaired-unique":
            unique += 1
            right += is_right(repaired(mutant.program, view), 1_000_000 + seed + number)
        else:
            print(kernel, scheduler, mutant.at, mutant.before, mutant.after, rank, view.confidence)
    print(f"seed {seed}: {count} mutants, first {first}, in three {three}, unique {unique}/{right}")
    return first, three, unique, right


@compiled
def test_mutants_are_found_and_repaired() -> None:
    seed = random.randrange(10**6)
    first, three, unique, right = judge(seed, 30, SMALL)
    assert first >= 24, seed
    assert three >= 25, seed
    assert right >= unique - 1, seed


@compiled
@pytest.mark.soak
def test_many_mutants_of_the_standard_size_are_found_and_repaired() -> None:
    seed = random.randrange(10**6)
    first, three, unique, right = judge(seed, 300, Problem())
    assert first >= 255, seed
    assert three >= 270, seed
    assert right >= 0.97 * unique, seed


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
    assert view_from_json(view.to_json()) == view
    text = "\n".join(lines_of(view))
    assert "Culprit" in text
    assert view.repair.change in text


def test_without_the_compiled_core_there_is_evidence_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutant = first_mutant()
    monkeypatch.setenv(VARIABLE, "model")
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
    assert good.diverge(good).ok


def test_against_a_program_that_is_wrong_itself() -> None:
    mutant, other = first_mutant(), first_mutant(6)
    view = asked(mutant.program).diverge(asked(other.program))
    assert any("wrong itself" in note for note in view.notes)


@compiled
def test_a_slot_that_comes_too_early_is_never_repaired_falsely() -> None:
    """A slot moved to where its operands are not there yet: it or its reader is named."""
    program = build("vectors", "list", SMALL)
    rng = random.Random(1)
    named = tried = 0
    while tried < 6:
        bundles = [{e: list(slots) for e, slots in b.items()} for b in program.written()]
        pc = rng.randrange(3, len(bundles))
        engines = [e for e, slots in bundles[pc].items() if slots and e in ("alu", "valu")]
        if not engines:
            continue
        engine = rng.choice(engines)
        slot = bundles[pc][engine].pop(rng.randrange(len(bundles[pc][engine])))
        to = pc - rng.randrange(1, 4)
        bundles[to].setdefault(engine, []).append(slot)
        try:
            moved = Program.from_bundles(bundles, problem=SMALL)
        except ValueError:
            continue
        if is_right(moved, SMALL.seed):
            continue
        tried += 1
        view = asked(moved).diverge()
        if view.repair:
            assert is_right(repaired(moved, view), 77)
        near = {(s.pc, s.engine) for s in view.candidates[:3]}
        named += (to, engine) in near
    assert named >= 4


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    for file, program in ((good, build("vectors", "list", SMALL)), (bad, first_mutant().program)):
        with file.open("w") as stream:
            write_program(program, stream)

    def code(*words: str) -> int:
        return exit_code_of(lambda: do(["diverge", *words]), "diverge")

    assert code(str(good)) == 0
    assert code(str(bad), "--against", str(good)) == 1
    assert "outputs are wrong" in capsys.readouterr().out
    assert code(str(bad), "--against", str(tmp_path / "lost.json")) == 2
