"""Every exit code, and what is printed where on each."""

import json
import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import ALU, ENDLESS, FAULT, PATIENCE, Command, unchecked
from tests.cli.reference import SIZES

WRONG = {"bundles": ALU, "problem": SIZES}
REFUSED = [{"alu": [["+", 0, 0, 1536]]}]
AWHILE = 0.5

# exit code -> program, options, cycles, and a word of what is said about it
ENDS: dict[int, tuple[Any, list[str], int, str]] = {
    0: (unchecked(ALU), [], 1, ""),
    1: (WRONG, [], 1, "WRONG values"),
    2: (REFUSED, [], 0, "bundles[0].alu[0]"),
    3: (unchecked(FAULT), [], 2, "division by zero"),
    4: (unchecked(ENDLESS), ["--max-cycles", "70"], 70, "max-cycles"),
}


@pytest.mark.parametrize("code", ENDS)
def test_report(vliwdbg: Command, code: int) -> None:
    program, options, cycles, said = ENDS[code]
    ended = vliwdbg("run", vliwdbg.file(program), *options)
    assert ended.code == code
    if code == 2:
        assert (ended.out, said in ended.err) == ("", True)
    else:
        assert said in ended.out
        assert f"cycles   {cycles}\n" in ended.out
        assert ended.err == ""


@pytest.mark.parametrize("code", ENDS)
def test_quiet(vliwdbg: Command, code: int) -> None:
    program, options, cycles, said = ENDS[code]
    ended = vliwdbg("run", "-q", vliwdbg.file(program), *options)
    assert ended.code == code
    assert ended.out == ("" if code == 2 else f"{cycles}\n")
    assert_told(ended.err, said)


@pytest.mark.parametrize("code", ENDS)
def test_silent(vliwdbg: Command, code: int) -> None:
    program, options, _, said = ENDS[code]
    ended = vliwdbg(
        "run", *(["-qq"] if code % 2 else ["-q", "--quiet"]), vliwdbg.file(program), *options
    )
    assert (ended.code, ended.out) == (code, "")
    assert_told(ended.err, said if code == 2 else "")


@pytest.mark.parametrize("code", ENDS)
def test_json(vliwdbg: Command, code: int) -> None:
    program, options, cycles, said = ENDS[code]
    ended = vliwdbg("run", "--json", vliwdbg.file(program), *options)
    assert ended.code == code
    assert ended.json["schema"] == "vliwdbg.run/1"
    assert ended.json["ok"] is (code == 0)
    assert ended.json.get("cycles", 0) == cycles
    assert_told(ended.err, said)


def assert_told(err: str, said: str) -> None:
    """One line on stderr that says it, or none where nothing is to be said."""
    assert said in err
    assert [line.startswith("vliwdbg: ") for line in err.splitlines()] == [True] * bool(said)


def test_refusal_as_json(vliwdbg: Command) -> None:
    ended = vliwdbg("run", "--json", vliwdbg.file([{"alu": []}, {"alx": []}, 7]))
    assert ended.code == 2
    assert ended.json.keys() == {"schema", "ok", "errors"}
    assert [error["place"] for error in ended.json["errors"]] == ["bundles[1]", "bundles[2]"]
    lines = [f"vliwdbg: {e['place']}: {e['message']}" for e in ended.json["errors"]]
    assert ended.err.splitlines() == lines


@pytest.mark.parametrize("options", [[], ["--json"], ["-q"], ["-qq"]], ids=" ".join)
def test_notes_are_for_people_who_are_not_quiet(vliwdbg: Command, options: list[str]) -> None:
    ended = vliwdbg("run", vliwdbg.file(unchecked(ALU, colour="red")), *options)
    assert ended.code == 0
    assert ("note: the key 'colour'" in ended.err) is ("-q" not in options and "-qq" not in options)


# program, options -> exit code, where one has to win over another
# fmt: off
CONTESTS: dict[str, tuple[Any, list[str], int]] = {
    "ends-in-exactly-the-limit": (unchecked(ALU * 3), ["--max-cycles", "3"], 0),
    "ends-one-past-the-limit": (unchecked(ALU * 4), ["--max-cycles", "3"], 4),
    "free-bundles-at-the-limit": (unchecked([*ALU, {}, {"debug": []}]), ["--max-cycles", "1"], 0),
    "nothing-within-nothing": (unchecked([]), ["--max-cycles", "0"], 0),
    "limit-before-the-fault": (unchecked(FAULT), ["--max-cycles", "2"], 4),
    "fault-in-the-last-cycle": (unchecked(FAULT), ["--max-cycles", "3"], 3),
    "fault-is-not-checked": ({"bundles": FAULT, "problem": SIZES}, ["--check"], 3),
    "limit-is-not-checked": ({"bundles": ENDLESS, "problem": SIZES}, ["--max-cycles", "9"], 4),
    "wrong-but-at-the-limit": (WRONG, ["--max-cycles", "1"], 1),
    "wrong-and-nowhere-to-dump": (WRONG, ["--dump-memory", "/dev/full"], 2),
    "fault-and-nowhere-to-dump": (unchecked(FAULT), ["--dump-scratch", "/dev/full"], 2),
    "timeout": (unchecked(ENDLESS), ["--timeout", "0.1"], 4),
    "timeout-at-once": (unchecked(ENDLESS), ["--timeout", "0"], 4),
    "timeout-before-the-first-bundle": (unchecked(ALU), ["--timeout", "0"], 4),
    "timeout-of-no-number": (unchecked(ALU), ["--timeout", "nan"], 2),
    "timeout-below-nothing": (unchecked(ALU), ["--timeout", "-1"], 2),
    "timeout-never": (unchecked(ALU), ["--timeout", "inf"], 0),
}
# fmt: on


@pytest.mark.parametrize("contest", CONTESTS)
def test_which_code_wins(vliwdbg: Command, contest: str) -> None:
    program, options, code = CONTESTS[contest]
    assert vliwdbg("run", vliwdbg.file(program), *options).code == code


def test_interrupt_of_a_run(vliwdbg: Command, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    process = vliwdbg.start("run", "pipe", "--json")
    (tmp_path / "pipe").write_text(json.dumps(unchecked(ENDLESS)))
    time.sleep(AWHILE)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    outcome = json.loads(out)
    assert process.returncode == 130
    assert outcome["stop"]["reason"] == "interrupt"
    assert outcome["state"] == "running"
    assert outcome["correct"] is None
    assert outcome["cycles"] == outcome["bundles"] == outcome["slots"]["flow"]["used"] > 0
    assert err.startswith(b"vliwdbg: interrupt at cycle ")


@pytest.mark.parametrize(
    ("options", "told"), [([], "interrupted"), (["-q"], "interrupted"), (["-qq"], "")]
)
def test_interrupt_while_loading(
    vliwdbg: Command, tmp_path: Path, options: list[str], told: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    process = vliwdbg.start("run", "pipe", *options)
    with (tmp_path / "pipe").open("w"):  # opens once somebody reads, who then waits for more
        time.sleep(AWHILE / 5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, b"")
    assert_told(err.decode(), told)


def test_interrupt_ends_the_users_code_too(vliwdbg: Command, tmp_path: Path) -> None:
    vliwdbg.file(
        "import time\npipe = open('pipe', 'w', 1)\nprint(file=pipe)\ntime.sleep(99)", "s.py"
    )
    os.mkfifo(tmp_path / "pipe")
    process = vliwdbg.start("run", "s.py")
    with (tmp_path / "pipe").open() as pipe:
        pipe.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        assert pipe.read() == ""  # comes when nobody holds the other end
    assert process.returncode == 130


LIMITS = {
    "few-files": (resource.RLIMIT_NOFILE, 5, ["--trials", "70", "--jobs", "2"]),
    "little-memory": (resource.RLIMIT_AS, 90 * 2**20, ["--batch-size", str(2**22)]),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_of_the_machine_is_no_bug(vliwdbg: Command, limit: str) -> None:
    what, most, options = LIMITS[limit]
    program = vliwdbg.file({"bundles": ALU, "problem": SIZES | {"rounds": 1}})
    ended = vliwdbg(
        "run", program, *options, preexec_fn=lambda: resource.setrlimit(what, (most, most))
    )
    assert (ended.code, ended.out) == (2, "")
    assert_told(ended.err, "vliwdbg: this machine: ")


@pytest.mark.parametrize("traceback", [False, True])
def test_our_bug(vliwdbg: Command, tmp_path: Path, traceback: bool) -> None:
    vliwdbg.file(
        "import vliwdbg.runner\ndef run(*_): return 1 // 0\nvliwdbg.runner.run = run",
        "sitecustomize.py",
    )
    env = {"PYTHONPATH": str(tmp_path)} | ({"VLIWDBG_TRACEBACK": "1"} if traceback else {})
    ended = vliwdbg("run", "-qq", vliwdbg.file(ALU), env=env)
    assert (ended.code, ended.out) == (70, "")
    assert "this is our bug: ZeroDivisionError" in ended.err
    assert "report it" in ended.err
    assert ("Traceback" in ended.err) is traceback
