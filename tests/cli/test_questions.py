"""The questions from the command line: exit codes, text, JSON, and what is wrong with them.

All but the last are asked in this process, which saves each the start of another.
"""

import json
from pathlib import Path

import pytest

from tests.cli.command import ENDLESS, FAULT, Command, Ended, unchecked
from vliwdbg.cli.app import do
from vliwdbg.cli.exit_codes import exit_code_of

BUNDLES = [
    {"load": [["const", 8, 3], ["const", 9, 4]]},
    {"alu": [["+", 9, 9, 8]]},
    {"store": [["store", 8, 9]]},
]
PROGRAM = unchecked(BUNDLES, scratch_map={"9": ["sum", 1]})


class Asker:
    """Calls the command in this process, from a folder of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.command = Command(folder)
        self.folder = folder
        self.capsys = capsys

    def file(self, content: object) -> str:
        return str(self.folder / self.command.file(content))

    def __call__(self, *words: str) -> Ended:
        code = exit_code_of(lambda: do(words), words[0])
        out, err = self.capsys.readouterr()
        return Ended(code, out, err, 0.0)


@pytest.fixture
def asker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Asker:
    return Asker(tmp_path, capsys)


# (words after the program, exit code, what the text has, a key of the JSON)
ANSWERS = [
    (["who", "sum"], 0, "sum = sum + s[8]", "inputs"),
    (["who", "sum", "@1"], 0, "sum = 4", "writer"),
    (["who", "s[100]"], 1, "never written", "value"),
    (["uses", "sum", "1"], 0, "sum = sum + s[8]", "readers"),
    (["writes", "mem[0:16]"], 0, "mem[3]", "writes"),
    (["writes", "mem[0]"], 1, "never written", "writes"),
    (["find", "sum == 7"], 0, "holds before 2 cycles: 2–3", "spans"),
    (["find", "sum == 7", "0..1"], 1, "never holds", "cycles"),
    (["slots", "1"], 0, "alu[0]      sum = sum + s[8]", "bundle"),
    (["slots"], 0, "Cycle 0, pc 0: 2 load", "bundle"),
    (["why"], 0, "Free slots", "totals"),
    (["why", "0", "alu"], 0, "12 alu: dependence", "bundles"),
    (["stats"], 0, "Use over time", "engines"),
    (["floor"], 0, "3 cycles, at least 3: load binds, the gap is 0.", "bounds"),
    (["critical"], 0, "3 dependence", "chain"),
    (["slack"], 0, "4 of 4 slots", "engines"),
    (["whatif", "load=3", "rename"], 0, "load=3 rename: 3 cycles, as before", "at_most"),
    (["live"], 0, "At most 2 of 1536 words", "holders"),
    (["lint"], 0, "Nothing was found.", "findings"),
]


@pytest.mark.parametrize(("words", "code", "said", "key"), ANSWERS, ids=lambda value: str(value))
def test_answers(asker: Asker, words: list[str], code: int, said: str, key: str) -> None:
    name, *rest = words
    program = asker.file(PROGRAM)
    ended = asker(name, program, *rest)
    assert (ended.code, ended.err) == (code, "")
    assert said in ended.out
    told = asker(name, program, *rest, "--json")
    assert told.code == code
    assert told.json["schema"] == f"vliwdbg.{name}/1"
    assert told.json["ok"] == (code == 0)
    assert key in told.json


BEYOND = unchecked(
    [
        {"load": [["const", 1600, 3], ["const", 9, 4]]},
        {"alu": [["+", 9, 9, 1600]]},
        {"store": [["store", 1600, 9]]},
    ],
    scratch_map={"1600": ["far", 1]},
)
BUILDER = """
from problem import SCRATCH_SIZE
class KernelBuilder:
    def __init__(self):
        self.instrs = []
    def build_kernel(self, *sizes):
        assert 1700 <= SCRATCH_SIZE, "Out of scratch space"
        self.instrs.append({"alu": [("+", 1699, 0, 0)]})
"""


def test_more_scratch_than_the_machine_has_is_said_loudly(asker: Asker) -> None:
    beyond = asker.file(BEYOND)
    refused = asker("whatif", beyond)
    assert refused.code == 2
    assert "scratch 1600 is past 1535" in refused.err
    told = asker("whatif", beyond, "--scratch", "2048")
    assert (told.code, told.err) == (0, "")
    loud, names, held, cycles, *_ = told.out.splitlines()
    assert loud == "WITH 2048 WORDS OF SCRATCH, 512 MORE THAN THE MACHINE HAS"
    assert names == "No machine runs this program: it names words up to s[1600], 65 past the last."
    assert held == (
        "At most 2 words hold a value at a time, at cycle 1: with other addresses it may fit."
    )
    assert cycles.startswith("The same limits: 3 cycles")
    told_in_json = asker("whatif", beyond, "--scratch", "2048", "--json").json["scratch"]
    assert (told_in_json["words"], told_in_json["reached"]) == (2048, 1601)
    fits = asker("whatif", asker.file(PROGRAM), "--scratch", "1537")
    assert "the machine runs it as it is" in fits.out
    for few in ("1536", "65536", "x"):
        assert asker("whatif", beyond, "--scratch", few).code == 2


def test_too_many_values_are_too_many_wherever_they_lie(asker: Asker) -> None:
    loads = [["const", word, word] for word in range(1540)]
    bundles = [{"load": loads[i : i + 2]} for i in range(0, len(loads), 2)]
    bundles += [
        {"alu": [["+", 9, 9, word] for word in range(i, i + 11)]} for i in range(0, 1540, 11)
    ]
    told = asker("whatif", asker.file(unchecked(bundles)), "--scratch", "1540")
    assert "At most 1540 words hold a value at a time" in told.out
    assert "4 too many, wherever they lie." in told.out


def test_a_builder_of_ones_own_may_give_out_more(asker: Asker) -> None:
    (asker.folder / "problem.py").write_text("SCRATCH_SIZE = 1536\n")
    (asker.folder / "mine.py").write_text(BUILDER)
    mine = str(asker.folder / "mine.py")
    refused = asker("whatif", mine)
    assert (refused.code, "Out of scratch space" in refused.err) == (2, True)
    told = asker("whatif", mine, "--scratch", "1700")
    assert "names words up to s[1699]" in told.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["who", "nobody"], "no scratch is called nobody"),
        (["who", "sum", "@99"], "The run ends at cycle 3; there is no cycle 99."),
        (["uses", "sum", "@x"], "CYCLE is a number"),
        (["find", "sum", "5-7"], "cycles are written A..B"),
        (["find", "sum +"], "something is missing"),
        (["why", "0", "gpu"], "No engine is called 'gpu'"),
        (["why", "3"], "no bundle takes it"),
        (["whatif", "load=0"], "give it at least 1"),
        (["lint", "--silence", "nonsense"], "lint has no rule 'nonsense'"),
    ],
    ids=str,
)
def test_bad_questions(asker: Asker, words: list[str], said: str) -> None:
    name, *rest = words
    ended = asker(name, asker.file(PROGRAM), *rest)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_runs_that_end_badly_are_answered_as_far_as_they_went(asker: Asker) -> None:
    endless = asker("stats", asker.file(unchecked(ENDLESS)), "--max-cycles", "70")
    assert (endless.code, "Note: The limit of 70 cycles" in endless.out) == (0, True)
    faulted = asker("who", asker.file(unchecked(FAULT)), "s[0]")
    assert faulted.code == 0
    assert "Note: The program faults: division by zero" in faulted.out


def test_csv_and_explanations(asker: Asker) -> None:
    csv = asker("stats", asker.file(PROGRAM), "--csv")
    assert csv.out.splitlines() == [
        "cycle,alu,valu,load,store,flow",
        "0,0,0,2,0,0",
        "1,1,0,0,0,0",
        "2,0,0,0,1,0",
    ]
    explained = asker("lint", "--explain", "straddle")
    assert explained.code == 0
    assert explained.out.startswith("straddle (warning)")


def test_an_error_of_lint_is_a_no(asker: Asker) -> None:
    twice = [BUNDLES[0], {"alu": [["+", 9, 8, 8], ["+", 9, 8, 9]]}, BUNDLES[2]]
    ended = asker("lint", asker.file(unchecked(twice)))
    assert ended.code == 1
    assert ended.out.startswith("error: slots that write a word")


def test_in_a_session_they_are_about_the_cursor(vliwdbg: Command) -> None:
    commands = ["goto 1", "who sum", "uses sum", "who sum @3", "why 0 alu", "lint", "floor"]
    script = [word for command in commands for word in ("-ex", command)]
    ended = vliwdbg("exec", vliwdbg.file(PROGRAM), *script, "--json")
    replies = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.code == 0
    text = json.dumps(replies)
    assert '"value": 4' in text
    assert '"value": 7' in text
