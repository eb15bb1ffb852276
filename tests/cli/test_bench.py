"""`bench` and `ledger`: many programs side by side, and what they came to over time."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import ALU, ENDLESS, FAULT, Command, Ended, unchecked
from vliwdbg.cli.app import do
from vliwdbg.cli.exit_codes import exit_code_of
from vliwdbg.programs import Choice, build_bundled

WRONG = {"bundles": ALU}
SIZES = {"forest_height": 3, "rounds": 2, "batch_size": 8}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def right() -> str:
    """A small kernel that is right."""
    from io import StringIO

    from machine.codec import write_program

    text = StringIO()
    write_program(build_bundled(Choice(kernel="vectors", scheduler="greedy", sizes=SIZES)), text)
    return text.getvalue()


@pytest.fixture
def ask(here: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def asked(*words: str) -> Ended:
        code = exit_code_of(lambda: do(words), words[0])
        out, err = capsys.readouterr()
        return Ended(code, out, err, 0.0)

    return asked


def test_what_each_program_comes_to(ask: Any, here: Path, right: str) -> None:
    command = Command(here)
    command.file(right, "right.json")
    command.file(WRONG, "wrong.json")
    command.file(unchecked(ALU), "unchecked.json")
    command.file({"bundles": FAULT}, "fault.json")
    command.file({"bundles": ENDLESS}, "endless.json")
    command.file("{", "bad.json")
    files = ["right", "wrong", "unchecked", "fault", "endless", "bad"]
    names = [f"{name}.json" for name in files]
    ended = ask("bench", *names, "none.json", "--max-cycles", "2000", "--jobs", "1", "--json")
    assert (ended.code, ended.err) == (1, "")
    told = ended.json
    assert told["schema"] == "vliwdbg.bench/1"
    assert {p["program"]: p["result"] for p in told["programs"]} == {
        "right.json": "right",
        "wrong.json": "wrong",
        "unchecked.json": "unchecked",
        "fault.json": "fault",
        "endless.json": "limit",
    }
    assert [refused["program"] for refused in told["refused"]] == ["bad.json", "none.json"]
    best = told["programs"][0]
    assert best["gap"] == best["cycles"] - best["floor"] >= 0
    assert best["below"] is None, "thresholds are of the standard problem"
    text = ask("bench", *names, "--max-cycles", "2000", "--jobs", "1").out
    assert "values[0] at mem[" in text
    assert "bad.json: refused: JSON cut short" in text


def test_strict_checks_and_fresh_inputs(ask: Any, here: Path, right: str) -> None:
    Command(here).file(right, "right.json")
    assert ask("bench", "right.json", "--trials", "8", "--strict").code == 0
    # Right on its own input alone: the values that belong there, stored as constants.
    Command(here).file(_only_on_its_own_input(right), "fixed.json")
    assert ask("bench", "fixed.json").code == 0
    strict = ask("bench", "fixed.json", "--strict")
    assert (strict.code, "indices[" in strict.out) == (1, True)
    tried = ask("bench", "fixed.json", "--trials", "8")
    assert (tried.code, "of 8 inputs, first seed" in tried.out) == (1, True)


def _only_on_its_own_input(right: str) -> dict[str, object]:
    from machine.core.inputs import memory_of, solution_of
    from machine.problem import Problem
    from tests.cli.command import stores

    problem = Problem(**SIZES)
    _, values = solution_of(problem.layout, memory_of(problem))
    words = dict(zip(problem.layout.values, values, strict=True))
    return {"bundles": stores(words), "problem": json.loads(right)["problem"]}


def test_folders_in_processes_and_the_history(here: Path, right: str, vliwdbg: Command) -> None:
    folder = vliwdbg.folder / "kernels"
    folder.mkdir()
    (folder / "b.json").write_text(right)
    (folder / "a.json").write_text(json.dumps(WRONG))
    (folder / "notes.py").write_text("raise SystemExit('nobody builds this')\n")
    (folder / "notes.txt").write_text("not a program")
    (folder / "empty").mkdir()
    # A worker that looked for modules in its folder would find these.
    (vliwdbg.folder / "array.py").write_text("open('executed', 'w')\n")
    ended = vliwdbg("bench", "kernels", "--jobs", "2", "--ledger", "k.ledger", "--json")
    assert [p["program"] for p in ended.json["programs"]] == ["kernels/a.json", "kernels/b.json"]
    assert ended.code == 1
    assert not (vliwdbg.folder / "executed").exists()
    again = vliwdbg("bench", "kernels/b.json", "--ledger", "k.ledger", "--json").json["programs"][0]
    assert again["best"] == again["cycles"]
    told = vliwdbg("ledger", "k.ledger", "--kernel", "kernels/b.json")
    assert told.code == 0
    assert "▁▁" in told.out
    kernels = vliwdbg("ledger", "k.ledger", "--json").json["kernels"]
    assert {kernel["kernel"]: len(kernel["entries"]) for kernel in kernels} == {
        "kernels/a.json": 1,
        "kernels/b.json": 2,
    }
    assert "has no program" in vliwdbg("bench", "kernels/empty").err


def test_a_ledger_in_the_folder_is_used(ask: Any, here: Path, right: str) -> None:
    Command(here).file(right, "right.json")
    assert ask("bench", "right.json", "--json").json["ledger"] is None
    assert list(here.iterdir()) == [here / "right.json"]
    ask("bench", "right.json", "--ledger", "vliwdbg.ledger")
    assert ask("bench", "right.json", "--json").json["ledger"] == "vliwdbg.ledger"
    assert len(ask("ledger", "--json").json["kernels"][0]["entries"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bench"], "bench takes files"),
        (["bench", "-"], "`vliwdbg run -` takes standard input"),
        (["bench", "right.json", "--ledger", "right.json"], "damaged or no ledger"),
        (["bench", "right.json", "--ledger", ""], "--ledger is empty"),
        (["ledger"], "vliwdbg.ledger: no such file"),
        (["ledger", "right.json"], "damaged or no ledger"),
    ],
    ids=str,
)
def test_refusals(ask: Any, here: Path, right: str, words: list[str], said: str) -> None:
    Command(here).file(right, "right.json")
    ended = ask(*words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert (here / "right.json").read_text() == right
