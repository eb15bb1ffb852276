"""`run --trials`: one program on many fresh inputs."""

import signal
import sys
import time
from collections.abc import Sequence

import pytest

from machine.problem import Problem
from tests.cli.command import ENDLESS, PATIENCE, Command, stores

SIZES = {"forest_height": 2, "rounds": 1, "batch_size": 2, "seed": 7}
LAYOUT = Problem(**SIZES).layout


def test_a_right_kernel_is_right_on_all(vliwdbg: Command) -> None:
    words = ["--forest-height", "3", "--rounds", "4", "--batch-size", "16", "--seed", "1000"]
    told = vliwdbg("run", *words, "--trials", "20", "--json").json
    assert (told["ok"], told["trials"], told["first_seed"]) == (True, 20, 1000)
    assert told["failures"] == []
    cycles = vliwdbg("run", *words, "-q").out
    assert told["cycles"] == {"fewest": int(cycles), "most": int(cycles)}
    assert vliwdbg("run", *words, "--trials", "20", "-q").out == cycles


def test_jobs_find_the_same(vliwdbg: Command) -> None:
    program = vliwdbg.file({"bundles": [], "problem": SIZES})
    alone, shared = (
        vliwdbg("run", program, "--trials", "40", "--jobs", jobs, "--json") for jobs in ("1", "2")
    )
    assert alone.code == shared.code == 1
    assert alone.json == shared.json
    assert [failure["seed"] for failure in alone.json["failures"]] == list(range(7, 47))


def test_one_lucky_answer_is_not_enough(vliwdbg: Command) -> None:
    """A program that stores the answer of one seed is right there and nowhere else."""
    answer = vliwdbg.file({"bundles": _answer_of_seed_7(vliwdbg), "problem": SIZES}, "lucky.json")
    assert vliwdbg("run", answer).code == 0
    told = vliwdbg("run", answer, "--trials", "3", "--json")
    assert told.code == 1
    first = told.json["failures"][0]
    assert (first["seed"], first["reason"]) == (8, "wrong")
    assert first["wrong"]["address"] == LAYOUT.values_at


def _answer_of_seed_7(vliwdbg: Command) -> list[dict[str, list[list[object]]]]:
    sizes = ["--forest-height", "2", "--rounds", "1", "--batch-size", "2", "--seed", "7"]
    memory = vliwdbg("run", "--kernel", "baseline", *sizes, "--dump-memory", "-", "-qq").json
    return stores({address: memory[address] for address in LAYOUT.values})


def test_endless_and_faulting_runs_have_their_own_exits(vliwdbg: Command) -> None:
    endless = vliwdbg.file({"bundles": ENDLESS, "problem": SIZES})
    ended = vliwdbg("run", endless, "--trials", "2", "--max-cycles", "9", "--json")
    assert (ended.code, ended.json["failures"][1]["reason"]) == (4, "max-cycles")
    faulting = vliwdbg.file({"bundles": [{"alu": [["%", 0, 0, 0]]}], "problem": SIZES})
    ended = vliwdbg("run", faulting, "--trials", "2")
    assert ended.code == 3
    assert "seed 7: fault at cycle 0" in ended.out


REFUSED = [
    ["--trials", "0"],
    ["--trials", "x"],
    ["--trials", "2", "--jobs", "0"],
    ["--trials", "2", "--break", "1"],
    ["--trials", "2", "--dump-memory", "-"],
    ["--trials", "2", "--trace", "trace.json"],
    ["--trials", "2", "--no-check"],
    ["--trials", "2", "--timeout", "0"],
    ["--trials", "2", "--starts", "one"],
    ["--patterns"],
    ["--shapes"],
    ["--starts", "random"],
]


@pytest.mark.parametrize("options", REFUSED, ids=" ".join)
def test_what_does_not_go_together(vliwdbg: Command, options: Sequence[str]) -> None:
    ended = vliwdbg("run", *options)
    assert (ended.code, ended.out) == (2, "")


def test_a_program_without_a_problem_has_no_fresh_inputs(vliwdbg: Command) -> None:
    ended = vliwdbg("run", vliwdbg.file({"bundles": [], "memory": []}), "--trials", "2")
    assert ended.code == 2
    assert "no fresh inputs" in ended.err


STARTED = """
import multiprocessing, sys
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv.pop(1))
    from vliwdbg.cli import main
    main()
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_workers_of_every_kind_come_to_the_same_and_run_nothing_else(
    vliwdbg: Command, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    folder = vliwdbg.folder / "here"
    folder.mkdir()
    for module in ("array", "multiprocessing", "pickle", "concurrent", "machine"):
        vliwdbg.file("open('executed', 'w'); raise SystemExit(66)", f"here/{module}.py")
    vliwdbg.file(STARTED, "started.py")
    words = ["run", "--kernel", "baseline", "--forest-height", "2", "--batch-size", "8"]
    words += ["--rounds", "2", "--trials", "70", "--patterns", "--json"]
    alone = vliwdbg(*words).json
    monkeypatch.setattr("tests.cli.command.COMMAND", sys.executable)
    ended = vliwdbg("../started.py", method, *words, "--jobs", "2", cwd=folder)
    assert (ended.code, ended.json) == (0, alone)
    assert not (folder / "executed").exists()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_endless_trials(vliwdbg: Command, jobs: str) -> None:
    """Also where only the command itself is told, not those that share its work."""
    endless = vliwdbg.file({"bundles": ENDLESS, "problem": SIZES})
    process = vliwdbg.start("run", endless, "--trials", "100", "--jobs", jobs)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_patterns_and_starts_find_what_random_words_do_not(vliwdbg: Command) -> None:
    """A program that takes a word to be below 2**30, as the problem draws them, and starts at 0."""
    words = ["--forest-height", "2", "--rounds", "2", "--batch-size", "8", "--kernel", "baseline"]
    told = vliwdbg("run", *words, "--trials", "12", "--patterns", "--starts", "random", "--json")
    assert (told.code, told.json["ok"]) == (0, True)
    empty = vliwdbg.file({"bundles": [], "problem": SIZES | {"rounds": 0}})
    assert vliwdbg("run", empty, "--trials", "12", "--patterns", "--strict").code == 0
    lucky = vliwdbg.file({"bundles": stores({LAYOUT.indices_at: 0}), "problem": SIZES}, "l.json")
    ended = vliwdbg("run", lucky, "--trials", "12", "--patterns")
    assert ended.code == 1
    assert "(one-bit): values[0]" in ended.out


BUILDS_FOR_ITS_SIZES = """
class KernelBuilder:
    scratch_map = {}

    def debug_info(self):
        return self

    def build_kernel(self, forest_height, n_nodes, batch_size, rounds):
        assert batch_size != 8, "not that small"
        self.instrs = [{"alu": [("+", 0, 0, 0)]}] * rounds
"""


def test_shapes_are_built_one_by_one(vliwdbg: Command) -> None:
    program = vliwdbg.file(BUILDS_FOR_ITS_SIZES, "mine.py")
    told = vliwdbg("run", program, "--trials", "2", "--shapes", "--json")
    assert (told.code, told.json["ok"]) == (1, False)
    *built, last = told.json["shapes"]
    assert [shape["cycles"]["most"] for shape in built] == [
        shape["problem"]["rounds"] for shape in built
    ]
    assert "not that small" in last["errors"][0]["message"]
    shown = vliwdbg("run", program, "--trials", "2", "--shapes")
    assert "height 1, rounds 3, batch 8: NOT built" in shown.out
    refused = vliwdbg("run", vliwdbg.file([]), "--trials", "2", "--shapes")
    assert (refused.code, refused.out) == (2, "")
