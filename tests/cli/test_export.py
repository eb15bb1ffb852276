"""`export`: a run as files. What is in them is what the questions and the machine say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import ENDLESS, FAULT, Command, Ended, unchecked
from vliwdbg.cli.app import do
from vliwdbg.cli.exit_codes import exit_code_of

BUNDLES = [
    {"load": [["const", 8, 3], ["const", 9, 4]]},
    {"alu": [["+", 9, 9, 8], ["-", 10, 8, 9]]},
    {"load": [["load", 11, 8]], "store": [["store", 8, 9]]},
]
EVIL = "</script><b>&'\""
NAME = f"[[data]]{EVIL}"
PROGRAM = unchecked(
    BUNDLES, scratch_map={"9": ["sum", 1], "11": [EVIL, 1]}, tags=[{"pc": 1, "name": NAME}]
)
LOOP = [
    {"load": [["const", 0, 2], ["const", 1, 1]]},
    {"alu": [["-", 0, 0, 1], ["+", 2, 1, 1]]},
    {"flow": [["cond_jump", 0, 1]]},
    {},
]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.chdir(tmp_path)

    def asked(*words: str, of: object = PROGRAM) -> Ended:
        Command(tmp_path).file(of)
        code = exit_code_of(lambda: do(words), words[0])
        out, err = capsys.readouterr()
        return Ended(code, out, err, 0.0)

    return asked


def data_of(page: str) -> Any:
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    return json.loads(data)


def test_asm_has_names_and_what_was_made(ask: Any) -> None:
    told = ask("export", "program.json", "--asm", "-")
    assert told.code == 0
    quoted = "'</script><b>&\\'\"'"
    assert [" ".join(line.split()) for line in told.out.splitlines()] == [
        "; program.json: 3 bundles, 3 cycles",
        "0 load s[8] = 3 ; 3",
        "load sum = 4 ; 4",
        f"; {NAME}",
        "1 alu sum = sum + s[8] ; 7",
        "alu s[10] = s[8] - sum ; 4294967295",
        f"2 load {quoted} = mem[s[8]] ; 0 from mem[3]",
        "store mem[s[8]] = sum ; mem[3] = 7",
    ]


def test_asm_of_a_loop_has_what_is_the_same_each_time(ask: Any) -> None:
    told = ask("export", "program.json", "--asm", "-", of=unchecked(LOOP))
    lines = [" ".join(line.split()) for line in told.out.splitlines()]
    assert lines[3:] == [
        "; executed 2 times",
        "1 alu s[0] = s[0] - s[1]",
        "alu s[2] = s[1] + s[1] ; 2",
        "; executed 2 times",
        "2 flow cond_jump s[0], 1",
        "3 empty",
    ]


def test_csv_and_traces_are_those_of_the_other_commands(ask: Any, tmp_path: Path) -> None:
    ended = ask("export", "program.json", "--csv", "a.csv", "--perfetto", "a.trace", "--json")
    assert (ended.code, ended.json["written"]) == (0, {"csv": "a.csv", "perfetto": "a.trace"})
    assert (tmp_path / "a.csv").read_text() == ask("stats", "program.json", "--csv").out
    ask("run", "program.json", "--no-check", "--trace", "run.trace")
    assert (tmp_path / "a.trace").read_text() == (tmp_path / "run.trace").read_text()
    assert json.loads((tmp_path / "a.trace").read_text())


def test_a_page_needs_nothing_else_and_says_what_the_questions_say(ask: Any) -> None:
    page = ask("export", "program.json", "--html", "-").out
    assert page.startswith("<!doctype html>")
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)\s*=|https?://(?!www\.w3\.org/2000/svg)|@import", page)
    assert EVIL not in page
    data = data_of(page)
    assert data["tags"] == [[1, NAME]]
    for question in ("floor", "critical", "live"):
        told = ask(question, "program.json", "--json").json
        assert {key: data[question][key] for key in told if key not in ("schema", "ok")} == {
            key: told[key] for key in told if key not in ("schema", "ok")
        }
    run = ask("run", "program.json", "--no-check", "--json").json
    used = {engine: slots["used"] for engine, slots in run["slots"].items()}
    assert {use["engine"]: use["slots"] for use in data["stats"]} == used
    assert (data["executed"], len(data["walk"])) == (run["cycles"], run["cycles"])
    assert [[slot[0], slot[2]] for slot in data["walk"][1][3]] == [
        ["alu[0]", "7"],
        ["alu[1]", "4294967295"],
    ]
    assert [window[2] for window in data["windows"]] == [
        [0, 0, 1, 0, 0],
        [2 / 12, 0, 0, 0, 0],
        [0, 0, 0.5, 0.5, 0],
    ]


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (FAULT, "The program faults"),
        (ENDLESS, "The limit of 70 cycles"),
        ([], ""),
    ],
    ids=["fault", "endless", "empty"],
)
def test_runs_that_do_not_end_are_exported_as_far_as_they_went(
    ask: Any, program: Any, said: str
) -> None:
    of = unchecked(program)
    ended = ask("export", "program.json", "--html", "-", "--max-cycles", "70", of=of)
    assert ended.code == 0
    assert said in "".join(data_of(ended.out)["floor"]["notes"])
    asm = ask("export", "program.json", "--asm", "-", "--max-cycles", "70", of=of)
    assert (asm.code, said in asm.out) == (0, True)


def test_in_a_session(ask: Any, tmp_path: Path) -> None:
    shown = ask("exec", "program.json", "-ex", "export csv -")
    assert shown.out == ask("stats", "program.json", "--csv").out
    written = ask("exec", "program.json", "-ex", "export html a.html")
    assert (written.code, written.out) == (0, "Wrote the html to a.html.\n")
    assert data_of((tmp_path / "a.html").read_text())["executed"] == 3
    for command, said in (("export gif a", "No form"), ("export csv", "to which file")):
        wrong = ask("exec", "program.json", "-ex", command)
        assert (wrong.code, said in wrong.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "export takes one of --perfetto, --csv, --asm, --html"),
        (["--html", "none/a.html"], "its folder does not exist"),
        (["--html", "-", "--csv", "-"], "only one thing can go to standard output"),
        (["--html", "-", "--json"], "only one thing can go to standard output"),
        (["--csv", ""], "--csv is empty"),
    ],
    ids=str,
)
def test_refusals_write_nothing(ask: Any, tmp_path: Path, words: list[str], said: str) -> None:
    ended = ask("export", "program.json", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert list(tmp_path.iterdir()) == [tmp_path / "program.json"]
    lost = ask("export", "lost.json", "--html", "a.html")
    assert (lost.code, (tmp_path / "a.html").exists()) == (2, False)
