"""Bad input: exit 2, a clear line with the place, no traceback, nothing run, and at once."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import ALU, ENDLESS, Command, Ended, unchecked

SECONDS = 5
"""Well over what it takes: two seconds of a quiet machine."""
DIGITS = "9" * 5000
DEEP = 1_000_000


def assert_refused(ended: Ended, *said: str) -> None:
    assert ended.code == 2
    assert ended.out == ""
    assert all(line.startswith("vliwdbg: ") for line in ended.err.splitlines()[:1])
    assert len(ended.err.splitlines()) <= 22
    assert "Traceback" not in ended.err
    for part in said:
        assert part in ended.err
    assert ended.seconds < SECONDS


def slot(engine: str, *operands: Any) -> str:
    return json.dumps([*ENDLESS, {engine: [list(operands)]}])


def field(name: str, value: Any) -> str:
    return json.dumps({"bundles": ENDLESS, name: value})


# file -> what is said: the place, and a word of what is wrong there
# fmt: off
FILES: dict[str, tuple[bytes | str, str, str]] = {
    "empty": ("", "program.json", "empty"),
    "cut-short": ('[{"alu": [["+", 1,', "program.json", "cut short at line 1"),
    "not-json": ("bundles = []", "program.json", "not JSON"),
    "not-utf8": (b'[{"alu": []}, "\xff"]', "program.json", "not UTF-8"),
    "deep-lists": ("[" * DEEP + "]" * DEEP, "program.json", "nested"),
    "deep-objects": ('{"a":' * DEEP, "program.json", "nested"),
    "deep-key": (
        slot("debug", "compare", 0, json.loads("[" * 500 + "]" * 500)),
        "bundles[1].debug[0]", "nested"),
    "long-integer": (f"[{{}},\n {DIGITS}]", "program.json", "5000 digits"),
    "long-word": (f'{{"bundles": [], "memory": [{DIGITS}]}}', "program.json", "5000 digits"),
    "number": ("7", "", "list of bundles"),
    "no-bundles": ('{"name": "x"}', "bundles", "none"),
    "two-kinds-of-bundles": ('{"bundles": [], "instrs": []}', "bundles", "both"),
    "bundles-object": ('{"bundles": {}}', "bundles", "not a list"),
    "bundle-list": ("[[]]", "bundles[0]", "not an object"),
    "duplicate-engine": ('[{"alu": [], "alu": []}]', "bundles[0]", "twice"),
    "duplicate-field": ('{"bundles": [], "name": "a", "name": "b"}', "'name'", "twice"),
    "duplicate-in-problem": (
        '{"bundles": [], "problem": {"seed": 1, "seed": 2}}',
        "problem", "twice"),
    "unknown-engine": ('[{"alx": []}]', "bundles[0]", "'alx'"),
    "unknown-opcode": (slot("alu", "**", 0, 0, 0), "bundles[1].alu[0]", "'**'"),
    "opcode-number": (slot("alu", 1, 0, 0, 0), "bundles[1].alu[0]", "opcode"),
    "slot-text": ('[{"alu": ["+"]}]', "bundles[0].alu[0]", "not a list"),
    "arity-less": (slot("alu", "+", 0, 0), "bundles[1].alu[0]", "3 operands"),
    "bool-address": (slot("alu", "+", True, 0, 0), "bundles[1].alu[0]", "true"),
    "float-address": (slot("alu", "+", 0, 1.0, 0), "bundles[1].alu[0]", "1.0"),
    "nan-immediate": (slot("load", "const", 0, float("nan")), "bundles[1].load[0]", "nan"),
    "negative-address": (slot("alu", "+", 0, -1, 0), "bundles[1].alu[0]", "scratch -1"),
    "address-past-the-end": (slot("alu", "+", 1536, 0, 0), "bundles[1].alu[0]", "scratch 1536"),
    "vector-past-the-end": (
        slot("valu", "+", 0, 0, 1529),
        "bundles[1].valu[0]", "scratch 1529:1537"),
    "offset-past-the-end": (
        slot("load", "load_offset", 0, 1535, 1),
        "bundles[1].load[0]", "scratch 1536"),
    "vcompare-of-7": (
        slot("debug", "vcompare", 0, [[0, 0, "val"]] * 7),
        "bundles[1].debug[0]", "8 keys"),
    "too-many-alu": (json.dumps([{"alu": ALU[0]["alu"] * 13}]), "bundles[0].alu", "13 slots"),
    "memory-float": (field("memory", [0, 1.0]), "memory[1]", "1.0"),
    "memory-nan": (field("memory", [float("nan")]), "memory[0]", "nan"),
    "memory-word-too-big": (field("memory", [0, 2**32]), "memory[1]", "4294967296"),
    "memory-word-negative": (field("memory", [-1]), "memory[0]", "-1"),
    "height-of-60": (field("problem", {"forest_height": 60}), "problem.forest_height", "60"),
    "rounds-of-2-to-the-40": (field("problem", {"rounds": 2**40}), "problem.rounds", str(2**40)),
    "batch-negative": (field("problem", {"batch_size": -1}), "problem.batch_size", "-1"),
    "outputs-unknown": (field("outputs", ["value"]), "outputs", "'value'"),
    "scratch-map-address": (
        field("scratch_map", {"1536": ["a", 1]}),
        "scratch_map['1536']", "1535"),
    "another-format": (field("format", "vliwdbg/9"), "format", "vliwdbg/1"),
}
# fmt: on


@pytest.mark.parametrize("case", FILES)
def test_file(vliwdbg: Command, tmp_path: Path, case: str) -> None:
    content, place, said = FILES[case]
    ended = vliwdbg("run", vliwdbg.file(content), "--dump-scratch", "dump", "--no-check")
    assert_refused(ended, place, said)
    assert not (tmp_path / "dump").exists()


@pytest.mark.parametrize("case", ["cut-short", "not-utf8", "unknown-opcode", "memory-nan"])
def test_file_as_json_from_standard_input(vliwdbg: Command, case: str) -> None:
    content, place, said = FILES[case]
    data = content if isinstance(content, bytes) else content.encode()
    ended = vliwdbg("run", "-", "--json", stdin=data)
    assert ended.code == 2
    (error,) = ended.json["errors"]
    assert (ended.json["schema"], ended.json["ok"]) == ("vliwdbg.run/1", False)
    assert error["place"] == place.replace("program.json", "-")
    assert said in error["message"]


def test_every_fault_is_listed_up_to_20(vliwdbg: Command) -> None:
    name = vliwdbg.file([{"alu": [["+", at, 0, 1536]]} for at in range(25)])
    ended = vliwdbg("run", name)
    assert_refused(ended, "bundles[0].alu[0]", "bundles[19].alu[0]", "5 more")
    assert len(ended.err.splitlines()) == 21
    assert len(vliwdbg("run", name, "--json").json["errors"]) == 25


def test_wrong_words_in_a_memory_file(vliwdbg: Command) -> None:
    program = vliwdbg.file(ENDLESS)
    words = vliwdbg.file([0, 2**32, 1.5], "words.json")
    ended = vliwdbg("run", program, "--memory", words)
    assert_refused(ended, "words.json[1]: 4294967296", "words.json[2]: is the number 1.5")


# --- places ---------------------------------------------------------------------------------------


def make_folder(path: Path) -> None:
    path.mkdir()


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's whole path has to be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)
    os.chdir(here)


def make_large(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(256 * 2**20 + 1)


def make_nothing(path: Path) -> None:
    pass


PLACES = {
    "missing": (make_nothing, "no such file"),
    "folder": (make_folder, "is a directory"),
    "loop": (make_loop, ""),
    "socket": (make_socket, "no such device"),
    "large": (make_large, "268435457 bytes"),
}


@pytest.mark.parametrize("place", PLACES)
def test_place(vliwdbg: Command, tmp_path: Path, place: str) -> None:
    make, said = PLACES[place]
    make(tmp_path / "thing")
    assert_refused(vliwdbg("run", "thing"), "thing", said)
    program = vliwdbg.file(unchecked(ENDLESS))
    assert_refused(vliwdbg("run", program, "--memory", "thing"), "thing", said)


@pytest.mark.parametrize("place", ["missing", "folder", "loop", "socket"])
def test_python_file_that_is_none(vliwdbg: Command, tmp_path: Path, place: str) -> None:
    PLACES[place][0](tmp_path / "thing.py")
    assert_refused(vliwdbg("run", "thing.py"), "thing.py: ")


DEVICES = {"/dev/null": "empty", "/dev/zero": "268435456 bytes"}


@pytest.mark.parametrize("device", DEVICES)
def test_device(vliwdbg: Command, device: str) -> None:
    assert_refused(vliwdbg("run", device), device, DEVICES[device])
    with Path(device).open("rb") as stream:
        assert_refused(vliwdbg("run", "-", stdin=stream), "-: ", DEVICES[device])


def test_a_device_that_gives_no_commands(vliwdbg: Command) -> None:
    ended = vliwdbg("exec", vliwdbg.file([]), "-x", "/dev/zero")
    assert_refused(ended, "/dev/zero", "longer than 16 MB")


def test_name_too_long(vliwdbg: Command) -> None:
    for end in ("", ".py"):
        assert_refused(vliwdbg("run", "a" * 5000 + end), "file name too long")


# --- the command line -----------------------------------------------------------------------------

LINES: dict[str, tuple[list[str], str]] = {
    "option": (["run", "--nope"], "--nope"),
    "root-option": (["--nope"], "--nope"),
    "second-program": (["run", "program.json", "other.json"], "other.json"),
    "argument-of-info": (["info", "x"], "x"),
    "kernel": (["run", "--kernel", "nope"], "'nope'; there are baseline"),
    "kernel-empty": (["run", "--kernel", ""], "''; there are baseline"),
    "scheduler": (["run", "--scheduler", "nope"], "'nope'; there are serial"),
    "pass": (["build", "--without", "nope"], "'nope'"),
    "setting": (["build", "--set", "nope=1"], "'nope'"),
    "setting-without-value": (["build", "--set", "nope"], "NAME=VALUE"),
    "setting-of-many-digits": (["build", "--set", f"x={DIGITS}"], "--set"),
    "kernel-beside-a-file": (["run", "program.json", "--kernel", "baseline"], "--kernel"),
    "no-kernel-beside-a-file": (["run", "program.json", "--kernel", ""], "--kernel"),
    "indices-beside-a-file": (["run", "program.json", "--indices"], "--indices"),
    "kernel-beside-stdin": (["run", "-", "--kernel", "baseline"], "--kernel"),
    "program-empty": (["run", ""], "PROGRAM is empty"),
    "program-empty-to-open": ([""], "PROGRAM is empty"),
    "memory-empty": (["run", "program.json", "--memory", ""], "--memory is empty"),
    "memory-missing": (["run", "program.json", "--memory"], "--memory"),
    "max-cycles-negative": (["run", "program.json", "--max-cycles", "-1"], "--max-cycles"),
    "max-cycles-word": (["run", "program.json", "--max-cycles", "many"], "--max-cycles"),
    "max-cycles-empty": (["run", "program.json", "--max-cycles", ""], "--max-cycles"),
    "max-cycles-of-many-digits": (["run", "program.json", "--max-cycles", DIGITS], "--max-cycles"),
    "timeout-negative": (["run", "program.json", "--timeout", "-0.1"], "--timeout"),
    "timeout-nan": (["run", "program.json", "--timeout", "nan"], "--timeout"),
    "rounds-of-2-to-the-40": (["run", "--rounds", str(2**40)], "problem.rounds"),
    "rounds-negative": (["run", "--rounds", "-1"], "problem.rounds"),
    "rounds-times-batch": (["run", "--rounds", "65537"], "problem.rounds"),
    "height-of-60": (["run", "--forest-height", "60"], "problem.forest_height"),
    "height-of-60-beside-a-file": (
        ["run", "program.json", "--forest-height", "60"],
        "forest_height",
    ),
    "height-of-60-beside-python": (
        ["run", "x.py", "--forest-height", "60"],
        "problem.forest_height",
    ),
    "batch-negative": (["build", "--batch-size", "-8"], "problem.batch_size"),
    "seed-fraction": (["run", "--seed", "0.5"], "--seed"),
    "seed-of-many-digits": (["run", "--seed", DIGITS], "--seed"),
    "check-without-meaning": (["run", "program.json", "--check"], "memory"),
}


@pytest.mark.parametrize("case", LINES)
def test_line(vliwdbg: Command, case: str) -> None:
    words, said = LINES[case]
    vliwdbg.file(unchecked(ENDLESS))
    ended = vliwdbg(*words)
    if words[0] == "" or words[0].startswith("-"):
        ended = Ended(ended.code, ended.out, ended.err.split("run` does\n")[-1], ended.seconds)
    assert_refused(ended, said)


@pytest.mark.parametrize("case", ["option", "kernel", "program-empty", "max-cycles-word"])
def test_line_as_json(vliwdbg: Command, case: str) -> None:
    words, said = LINES[case]
    vliwdbg.file(unchecked(ENDLESS))
    (error,) = vliwdbg(*words, "--json").json["errors"]
    assert error["place"] in ("command line", "build")
    assert said in error["message"]


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--batch-size", "0", "--rounds", "1"],
        ["run", "--batch-size", "8", "--rounds", "0", "--forest-height", "0"],
        ["run", "--batch-size", "1", "--rounds", "1", "--seed", str(-(10**60))],
        ["run", "--batch-size", "1", "--rounds", "1", "--max-cycles", str(10**60)],
    ],
    ids=str,
)
def test_numbers_at_the_edge_are_fine(vliwdbg: Command, words: list[str]) -> None:
    ended = vliwdbg(*words, "--json", "--kernel", "baseline")
    assert (ended.code, ended.json["correct"]) == (0, True)


@pytest.mark.parametrize("words", [["rum"], ["rum", "x.json"], ["bulid", "-o", "x"], ["open"]])
def test_mistyped_subcommand_gets_a_hint(vliwdbg: Command, words: list[str]) -> None:
    ended = vliwdbg(*words)
    assert (ended.code, ended.out) == (2, "")
    hint = ended.err.splitlines()[-1]
    assert hint.startswith(f"{words[0]} is no subcommand")
    for subcommand in ("run", "build", "info", "schedulers", "spec"):
        assert subcommand in hint


def test_no_hint_where_a_file_was_meant(vliwdbg: Command) -> None:
    vliwdbg.file([{}, 7], "kernel")
    for words in (["kernel"], ["missing.json"], ["./rum"], ["--nope"], ["run", "rum"], ["-"]):
        ended = vliwdbg(*words)
        assert ended.code == 2
        assert "subcommand" not in ended.err
