"""What PROGRAM may be, what overrides it, and what is written for the next run to read."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import ALU, ENDLESS, FAULT, Command, Ended, stores, unchecked
from tests.cli.reference import SIZES, image, solved
from vliwdbg import programs
from vliwdbg.programs import Choice, load

MEMORY = image(**SIZES)
VALUES, _ = solved(MEMORY)
SOLVES = stores(VALUES)
SMALL = ["--forest-height", "2", "--rounds", "2", "--batch-size", "8"]

# --- files and standard input ---------------------------------------------------------------------

FORMS: dict[str, Any] = {
    "bundles": {"bundles": ALU * 5},
    "instrs": {"instrs": ALU * 5},
    "program": {"program": ALU * 5},
    "bare-list": ALU * 5,
    "byte-order-mark": "\ufeff" + json.dumps(ALU * 5),
    "blank-lines": "\n\n" + json.dumps(ALU * 5, indent=1) + "\n\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_form(vliwdbg: Command, tmp_path: Path, form: str) -> None:
    name = vliwdbg.file(FORMS[form])
    for ended in (
        vliwdbg("run", "-q", "--no-check", name),
        vliwdbg("run", "-q", "--no-check", "-", stdin=(tmp_path / name).read_bytes()),
    ):
        assert (ended.code, ended.out, ended.err) == (0, "5\n", "")


def test_default_is_the_bundled_kernel_at_the_standard_size(vliwdbg: Command) -> None:
    ended = vliwdbg("run", "default", "--no-check", "--max-cycles", "0")
    assert "height 10, rounds 16, batch 256, seed 123" in ended.out


def test_file_called_like_a_subcommand(vliwdbg: Command) -> None:
    vliwdbg.file(unchecked(ALU), "run")
    assert vliwdbg("run", "-q", "run").out == "1\n"
    assert vliwdbg("run", "-q", "./run").out == "1\n"


# --- overrides, and what is checked ---------------------------------------------------------------


def assert_judged(ended: Ended, correct: bool | None) -> None:
    assert ended.code == (1 if correct is False else 0)
    assert ended.json["correct"] is correct


def test_sizes_and_seed_override(vliwdbg: Command) -> None:
    name = vliwdbg.file({"bundles": SOLVES, "problem": SIZES | {"seed": 6, "rounds": 1}})
    assert_judged(vliwdbg("run", "--json", name), False)
    assert_judged(vliwdbg("run", "--json", name, "--seed", "5", "--rounds", "3"), True)


def test_sizes_are_enough_to_say_what_the_result_means(vliwdbg: Command) -> None:
    sizes = [f"--{name.replace('_', '-')}={value}" for name, value in SIZES.items()]
    ended = vliwdbg("run", "--json", vliwdbg.file(SOLVES), *sizes)
    assert_judged(ended, True)
    assert ended.json["seed"] == 5


def test_memory_overrides(vliwdbg: Command) -> None:
    words = vliwdbg.file(MEMORY, "words.json")
    named = vliwdbg.file({"bundles": SOLVES, "problem": SIZES | {"seed": 6}})
    assert_judged(vliwdbg("run", "--json", named, "--memory", words), True)
    bare = vliwdbg.file(SOLVES, "bare.json")
    assert_judged(vliwdbg("run", "--json", bare, "--memory", words), None)
    assert_judged(vliwdbg("run", "--json", bare, "--memory", words, "--check"), True)


def test_memory_alone_is_checked_by_its_header_if_asked(vliwdbg: Command) -> None:
    name = vliwdbg.file({"bundles": SOLVES, "memory": MEMORY})
    assert_judged(vliwdbg("run", "--json", name), None)
    assert_judged(vliwdbg("run", "--json", name, "--check"), True)


@pytest.mark.parametrize(
    "memory", [[], [0] * 16, [4, *MEMORY[1:-1]], [*MEMORY[:10], 3, *MEMORY[11:]]]
)
def test_no_check_by_a_header_that_does_not_hang_together(
    vliwdbg: Command, memory: list[int]
) -> None:
    name = vliwdbg.file({"bundles": ENDLESS, "memory": memory})
    ended = vliwdbg("run", "--json", name, "--check")
    assert ended.code == 2
    assert [error["place"] for error in ended.json["errors"]] == ["memory"]


def test_memory_that_a_kernel_left_is_read_but_not_checked(vliwdbg: Command) -> None:
    """Kernels leave among the indices what they like; the reference cannot begin at that."""
    parked = stores(VALUES | {MEMORY[5] + 1: 2**32 - 1})
    name = vliwdbg.file({"bundles": parked, "problem": SIZES})
    assert vliwdbg("run", name, "--dump-memory", "after.json").code == 0
    again = vliwdbg("run", name, "--memory", "after.json", "--json", "--dump-memory", "b.json")
    assert_judged(again, None)
    assert (
        "note: the memory has words among its indices"
        in vliwdbg("run", name, "--memory", "after.json").err
    )
    assert vliwdbg.folder.joinpath("after.json").read_bytes() == (
        vliwdbg.folder.joinpath("b.json").read_bytes()
    )
    asked = vliwdbg("run", name, "--memory", "after.json", "--check")
    assert (asked.code, asked.out) == (2, "")
    told = {
        "bundles": parked,
        "problem": SIZES,
        "memory": json.loads(vliwdbg.folder.joinpath("after.json").read_text()),
    }
    assert_judged(vliwdbg("run", "--json", vliwdbg.file(told, "told.json")), None)


@pytest.mark.parametrize("memory", [MEMORY[:-1], [*MEMORY[:2], 4, *MEMORY[3:]]])
def test_memory_that_is_no_image_of_the_problem(vliwdbg: Command, memory: list[int]) -> None:
    words = vliwdbg.file(memory, "words.json")
    both = vliwdbg.file({"bundles": ENDLESS, "memory": memory, "problem": SIZES}, "both.json")
    problem = vliwdbg.file({"bundles": ENDLESS, "problem": SIZES})
    for ended in (vliwdbg("run", both), vliwdbg("run", problem, "--memory", words)):
        assert (ended.code, ended.out) == (2, "")
        assert "memory" in ended.err


@pytest.mark.parametrize("options", [[], ["-q"], ["--json"]])
def test_failure_of_an_assumed_problem_names_the_way_out(
    vliwdbg: Command, options: list[str]
) -> None:
    name = vliwdbg.file(ALU)
    ended = vliwdbg("run", name, *options)
    assert (ended.code, ended.err.count("--no-check")) == (1, 1)
    told = vliwdbg("run", name, *options, "--seed", "123")
    assert (told.code, told.err.count("--no-check")) == (1, 0)
    assert vliwdbg("run", name, *options, "--no-check").code == 0


# --- Python files ---------------------------------------------------------------------------------

HELPER = "SLOTS = 1\n"
SOLUTION = """
import os, sys
from helper import SLOTS

print("building in", os.path.basename(os.getcwd()), "with", sys.argv)
assert __name__ != "__main__" and open("helper.py").read()

class Info:
    scratch_map = {0: ("height", 1), 4: ("vector", 8)}

class KernelBuilder:
    def __init__(self):
        self.instrs = []

    def debug_info(self):
        return Info()

    def build_kernel(self, forest_height, n_nodes, batch_size, rounds):
        for at, size in enumerate((forest_height, n_nodes, batch_size, rounds)):
            self.instrs.append({"load": [("const", at, size)]})
            self.instrs.append({"flow": [("trace_write", at)]})
        self.instrs.append({"debug": [("compare", 20, (0, 0, "idx"))]})
"""


@pytest.fixture
def solution(vliwdbg: Command, tmp_path: Path) -> str:
    (tmp_path / "theirs").mkdir()
    vliwdbg.file(HELPER, "theirs/helper.py")
    return vliwdbg.file(SOLUTION, "theirs/solution.py")


def test_solution(vliwdbg: Command, solution: str) -> None:
    ended = vliwdbg("run", solution, *SMALL, "--no-check", "--debug", "--json")
    assert ended.code == 0
    assert ended.json["trace_buffer"] == [2, 7, 8, 2]
    assert (ended.json["cycles"], ended.json["bundles"]) == (8, 9)
    assert ended.json["seed"] == 123
    assert ended.err.splitlines() == [
        "building in theirs with " + repr([_absolute(vliwdbg, solution)])
    ]


def _absolute(vliwdbg: Command, name: str) -> str:
    return os.path.realpath(vliwdbg.folder / name)


def test_solution_is_checked(vliwdbg: Command, solution: str) -> None:
    ended = vliwdbg("run", "-q", solution, *SMALL)
    assert (ended.code, ended.out) == (1, "8\n")
    assert ended.err.startswith("vliwdbg: WRONG values")


NO_KERNELS = {
    "raises": ("1 // 0", "ZeroDivisionError"),
    "syntax": ("def", "SyntaxError"),
    "no-builder": ("x = 1", "defines no KernelBuilder"),
    "leaves": ("print('bye')\nimport sys; sys.exit()", "bye"),
    "leaves-with-a-message": ("import sys; sys.exit('not today')", "not today"),
    "dies": ("import os; os._exit(3)", "exit code 3"),
    "not-text": ("import sys; sys.stdout.buffer.write(b'\\xff'); sys.exit(1)", "\\xff"),
    "no-build-kernel": ("class KernelBuilder: pass", "build_kernel"),
    "raises-in-build": (SOLUTION.replace("enumerate(", "missing("), "NameError"),
    "refused": (SOLUTION.replace('"trace_write"', '"trace"'), "bundles[1].flow[0]"),
    "no-json": (SOLUTION.replace("at, size)]", "at, {1})]"), "not JSON serializable"),
    "steers-the-terminal": ("import sys; sys.exit('\\x1b[2J')", "\\x1b[2J"),
}


@pytest.mark.parametrize("case", NO_KERNELS)
def test_solution_that_builds_no_kernel(vliwdbg: Command, case: str) -> None:
    source, said = NO_KERNELS[case]
    vliwdbg.file(HELPER, "helper.py")
    ended = vliwdbg("run", "--json", vliwdbg.file(source, "mine.py"))
    assert ended.code == 2
    assert ended.json["errors"]
    assert ended.err.startswith("vliwdbg: ")
    assert said in ended.err
    assert "\x1b" not in ended.err


# --- what a run writes ----------------------------------------------------------------------------


def test_dumps_are_read_again(vliwdbg: Command, tmp_path: Path) -> None:
    name = vliwdbg.file({"bundles": SOLVES, "problem": SIZES})
    dumps = ["--dump-memory", "after.json", "--dump-scratch", "scratch.json"]
    assert vliwdbg("run", name, *dumps).code == 0
    after = [VALUES.get(at, word) for at, word in enumerate(MEMORY)]
    assert json.loads((tmp_path / "after.json").read_text()) == after
    assert json.loads((tmp_path / "scratch.json").read_text())[:3] == [*list(VALUES.items())[-1], 0]
    nothing = vliwdbg.file([], "nothing.json")
    again = ["--memory", "after.json", "--dump-memory", "-", "-qq"]
    assert json.loads(vliwdbg("run", nothing, *again).out) == after
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [name, nothing, "after.json", "scratch.json"]
    )


def test_dump_to_standard_output(vliwdbg: Command) -> None:
    ended = vliwdbg("run", "-qq", vliwdbg.file(unchecked(ALU)), "--dump-memory", "-")
    assert json.loads(ended.out) == [0] * 16


@pytest.mark.parametrize("content", [unchecked(ALU * 3), unchecked(FAULT)], ids=["end", "fault"])
def test_a_run_is_traced(vliwdbg: Command, tmp_path: Path, content: Any) -> None:
    """To a file, and to standard output: a slice for each slot executed, up to a fault."""
    program = vliwdbg.file(content)
    before = vliwdbg("run", "-qq", program)
    ended = vliwdbg("run", "-qq", program, "--trace", "-")
    assert (ended.code, ended.err) == (before.code, before.err)
    slices = [event for event in json.loads(ended.out) if event["ph"] == "X"]
    cycles = len(content["bundles"]) - (content["bundles"] == FAULT)
    assert [(event["ts"], event["dur"], event["name"]) for event in slices] == [
        (cycle, 1, "+") for cycle in range(cycles)
    ]
    vliwdbg("run", "-qq", program, "--trace", "trace.json")
    assert (tmp_path / "trace.json").read_text() == ended.out


def test_a_trace_ends_where_the_run_was_stopped(vliwdbg: Command) -> None:
    ended = vliwdbg("run", "-qq", vliwdbg.file(ENDLESS), "--max-cycles", "7", "--trace", "-")
    assert [e["ts"] for e in json.loads(ended.out) if e["ph"] == "X"] == [*range(7)]


@pytest.mark.parametrize("through", ["link", "pipe"])
def test_links_and_pipes_are_written_through(
    vliwdbg: Command, tmp_path: Path, through: str
) -> None:
    program = vliwdbg.file(unchecked(ALU))
    if through == "link":
        (tmp_path / "link").symlink_to("target")
        assert vliwdbg("run", program, "--dump-memory", "link").code == 0
        assert json.loads((tmp_path / "target").read_text()) == [0] * 16
        assert (tmp_path / "link").is_symlink()
    else:
        os.mkfifo(tmp_path / "pipe")
        process = vliwdbg.start("run", program, "--dump-memory", "pipe")
        assert json.loads((tmp_path / "pipe").read_text()) == [0] * 16
        process.communicate()
        assert process.returncode == 0


@pytest.mark.parametrize("place", ["nowhere/x", ".", "", "file/x"])
@pytest.mark.parametrize("option", ["--dump-memory", "--dump-scratch", "--trace"])
def test_unwritable_places_are_found_before_the_run(
    vliwdbg: Command, option: str, place: str
) -> None:
    vliwdbg.file("", "file")
    ended = vliwdbg("run", vliwdbg.file(ENDLESS), option, place)
    assert (ended.code, ended.out) == (2, "")
    assert (place or option) in ended.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_forbidden_places_are_found_before_the_run(vliwdbg: Command, tmp_path: Path) -> None:
    program = vliwdbg.file(ENDLESS)
    (tmp_path / "locked").mkdir(mode=0o500)
    (tmp_path / "readonly").touch(mode=0o400)
    for place in ("locked/x", "readonly"):
        assert vliwdbg("run", program, "--dump-memory", place).code == 2


# --- build ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", ["baseline", "treehash"])
@pytest.mark.parametrize("outputs", [["values"], ["values", "indices"]])
def test_build_and_run_again(
    vliwdbg: Command, tmp_path: Path, kernel: str, outputs: list[str]
) -> None:
    words = ["--kernel", kernel, *SMALL, "--seed", "9", *(["--indices"] if outputs[1:] else [])]
    summary = vliwdbg("build", *words, "--json", "-o", "built.json").json
    printed = vliwdbg("build", *words)
    assert printed.out == (tmp_path / "built.json").read_text()
    assert json.loads(printed.out)["problem"]["seed"] == 9
    outcome = vliwdbg("run", "--json", "built.json", "--debug").json
    assert outcome == vliwdbg("run", "--json", *words, "--debug").json
    assert outcome["correct"] is True
    if outputs[1:] or kernel == "baseline":
        assert outcome["indices_correct"] is True
    assert summary["outputs"] == outputs
    for field in ("cycles", "bundles", "program_sha256", "scratch_high_water"):
        assert summary[field] == outcome[field]


def test_build_into_a_run(vliwdbg: Command) -> None:
    built = vliwdbg("build", *SMALL, "-o", "-")
    assert built.code == 0
    assert "cycles" in built.err
    assert vliwdbg("run", "-q", "-", stdin=built.out.encode()).code == 0


@pytest.mark.parametrize("place", ["nowhere/x", ".", ""])
def test_build_into_nowhere(vliwdbg: Command, place: str) -> None:
    ended = vliwdbg("build", "-o", place)
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err


# --- the other subcommands ------------------------------------------------------------------------


def test_info_schedulers_spec(vliwdbg: Command) -> None:
    facts = vliwdbg("info", "--json").json
    assert set(facts["kernels"]) >= {"baseline", "treehash"}
    assert facts["limits"]["slots"]["valu"] == 6
    assert facts["version"] in vliwdbg("info").out
    table = vliwdbg("schedulers", "--json").json
    assert {"serial", "greedy", table["default"]} <= set(table["schedulers"])
    assert len(vliwdbg("schedulers").out.splitlines()) == len(table["schedulers"])
    assert "$schema" in json.loads(vliwdbg("spec").out)
    assert vliwdbg("--version").out == f"vliwdbg {facts['version']}\n"
    help_of_run = " ".join(vliwdbg("run", "--help").out.split())
    assert "a Python file with a KernelBuilder (which is run)" in help_of_run


def test_what_a_large_file_holds_is_copied_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    debug = [["compare", 0, [1, 2, "hash\ud800"]], ["comment", "é"], ["vcompare", 8, [[0]] * 8]]
    file = tmp_path / "debug.json"
    file.write_text(json.dumps({"bundles": [{"debug": debug}], "problem": SIZES}))
    whole = load(Choice(str(file))).program
    monkeypatch.setattr(programs, "FEW_PAYLOADS", 0)
    copied = load(Choice(str(file))).program
    assert copied.columns.payloads == whole.columns.payloads != []
    assert list(copied.written()) == list(whole.written())
