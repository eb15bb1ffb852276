"""`exec`: scripts of debugger commands through the installed command."""

import json
from collections.abc import Sequence

import pytest
from jsonschema import Draft202012Validator

from tests.cli.command import FAULT, Command
from tests.cli.test_stops import PROGRAM


def test_commands_and_files_keep_their_order(vliwdbg: Command) -> None:
    first, second = (vliwdbg.file(f"p {n}\n\n# done\n", f"{n}.txt") for n in (1, 3))
    words = ["-x", first, "-ex", "p 2", "-x", second, "-ex", "p 4"]
    ended = vliwdbg("exec", vliwdbg.file(PROGRAM), *words)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == ["$1 = 1", "$2 = 2", "$3 = 3", "$4 = 4"]


def test_a_file_from_standard_input(vliwdbg: Command) -> None:
    ended = vliwdbg("exec", vliwdbg.file(PROGRAM), "-x", "-", stdin=b"p 0x10\n")
    assert ended.out == "$1 = 16\n"


def test_a_command_may_look_like_an_option(vliwdbg: Command) -> None:
    ended = vliwdbg("exec", vliwdbg.file(PROGRAM), "-ex", "-x", "-ex", "p 1")
    assert ended.code == 1
    assert "'-x' is no command" in ended.err


MOVES = {
    ("break engine flow", "continue"): "cycle 4  pc 5  breakpoint 1  flow (1)",
    ("watch v", "c"): "cycle 3  pc 4  watchpoint 1  alu (1)",
    ("end",): "cycle 21  pc 6  end",
    ("end", "-1"): "cycle 20  pc 5  flow (1)",
    ("goto 5", "rc"): "cycle 0  pc 0",
    ("s 3", "rs"): "cycle 1  pc 2  alu (1)",
}


@pytest.mark.parametrize("lines", MOVES, ids="; ".join)
def test_each_move_says_where_it_came(vliwdbg: Command, lines: Sequence[str]) -> None:
    commands = [word for line in lines for word in ("-ex", line)]
    ended = vliwdbg("exec", vliwdbg.file(PROGRAM), *commands)
    assert MOVES[lines] in ended.out.splitlines()[-1]


ENDS = {
    ("c",): 0,
    ("nonsense", "p 1"): 1,
    ("p 1", "rs"): 1,
    ("quit 7", "nonsense"): 7,
    ("nonsense", "quit 7"): 1,
    ("break pc 3", "c", "quit"): 0,
}


@pytest.mark.parametrize("lines", ENDS, ids="; ".join)
def test_exit_codes(vliwdbg: Command, lines: Sequence[str]) -> None:
    commands = [word for line in lines for word in ("-ex", line)]
    assert vliwdbg("exec", vliwdbg.file(PROGRAM), *commands).code == ENDS[lines]


def test_keep_going_does_the_rest_and_still_fails(vliwdbg: Command) -> None:
    ended = vliwdbg("exec", vliwdbg.file(PROGRAM), "--keep-going", "-ex", "nonsense", "-ex", "p 1")
    assert (ended.code, ended.out) == (1, "$1 = 1\n")


def test_a_fault_is_a_stop_and_no_failure(vliwdbg: Command) -> None:
    ended = vliwdbg("exec", vliwdbg.file(FAULT), "-ex", "c", "-ex", "p $cycle")
    assert ended.code == 0
    assert "division by zero: alu[0] // operand b is 0, at cycle 2, pc 2" in ended.out
    assert ended.out.endswith("$1 = 2\n")


def test_json_is_an_object_a_command(vliwdbg: Command) -> None:
    ended = vliwdbg("exec", vliwdbg.file(PROGRAM), "--json", "-ex", "p v", "-ex", "s")
    first, second = map(json.loads, ended.out.splitlines())
    assert (first["schema"], first["command"], first["ok"]) == ("vliwdbg.exec/2", "p v", True)
    assert first["lines"] == ["$1 = {0, 0, 0, 0, 0, 0, 0, 0}"]
    assert second["data"]["cycle"] == 1


def test_options_that_stop_come_first(vliwdbg: Command) -> None:
    ended = vliwdbg("exec", vliwdbg.file(PROGRAM), "--break", "pc 4", "-ex", "c")
    assert "cycle 3  pc 4  breakpoint 1" in ended.out


@pytest.mark.parametrize("words", [["-x", "missing.txt"], ["-x"], ["missing.json"]], ids=" ".join)
def test_what_cannot_be_read_is_refused(vliwdbg: Command, words: Sequence[str]) -> None:
    ended = vliwdbg("exec", *words)
    assert (ended.code, ended.out) == (2, "")


def test_each_line_of_json_fits_the_schema_that_spec_prints(vliwdbg: Command) -> None:
    schema = json.loads(vliwdbg("spec", "--replies").out)
    commands = ("b pc 3", "c", "i b", "l", "x/3 v", "foo", "help", "watch v", "c")
    words = [word for command in commands for word in ("-ex", command)]
    ended = vliwdbg("exec", vliwdbg.file(PROGRAM), "--json", "--keep-going", *words)
    lines = ended.out.splitlines()
    assert len(lines) == len(commands)
    for line in lines:
        Draft202012Validator(schema).validate(json.loads(line))
