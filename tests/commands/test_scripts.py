"""Scripts: lists of commands, what is saved and sourced, nesting, numbers, names of files."""

from __future__ import annotations

import json
import os
import random
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.test_transcripts import execute, program
from vliwdbg.commands.console import Console
from vliwdbg.programs import Choice
from vliwdbg.render import lines_of
from vliwdbg.scripts import LARGEST, Block, entries
from vliwdbg.session.session import Session
from vliwdbg.views.breakpoints import BreakpointList


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def typed(*lines: str) -> list[str]:
    """What lines answer that come one by one, as from a keyboard."""
    console = Console(Session(program()), Choice("loop.json"))
    return [
        text for line in lines for reply in console.execute(line) for text in lines_of(reply.view)
    ]


def given(*lines: str) -> list[str]:
    """What they answer when given to `exec`."""
    out, err, _ = execute(*lines, keep_going=True)
    return out + err


def sourced(*lines: str) -> list[str]:
    """What they answer when they are those of a file."""
    with open("script", "w") as file:
        file.write("".join(f"{line}\n" for line in lines))
    return typed("source script")


Told = Callable[..., list[str]]
WAYS: list[Told] = [typed, given, sourced]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def told(request: Any) -> Any:
    return request.param


def values(answers: Any) -> list[str]:
    return [line for line in answers if line.startswith("$")]


# commands … end


def test_an_empty_line_in_a_list_is_nothing(told: Told) -> None:
    answers = told("b pc 3", "commands", "", "  ", "# nothing", "p acc", "end", "c")
    assert values(answers) == ["$1 = 3"]
    assert "Breakpoint 1: 1 command." in answers


def test_end_may_have_a_comment(told: Told) -> None:
    assert values(told("b pc 3", "commands", "p acc", "end # of it", "c")) == ["$1 = 3"]


def test_a_silent_stop_tells_what_its_commands_print(told: Told) -> None:
    answers = told("b pc 3", "commands", "silent", "p acc", "end", "c")
    assert answers[-1] == "$1 = 3"
    assert not any("breakpoint 1  " in line for line in answers)


def test_one_loud_breakpoint_is_enough_to_be_told(told: Told) -> None:
    answers = told("b pc 3", "b acc", "commands 1", "silent", "end", "c", "c")
    assert any("breakpoint 1, breakpoint 2" in line for line in answers)


def test_commands_after_one_that_moves_are_dropped(told: Told) -> None:
    for move in ("c", "s", "goto end", "rs"):
        assert values(told("tb pc 3", "commands", "p 1", move, "p 2", "end", "c")) == ["$1 = 1"]


def test_the_rest_of_a_script_is_not_dropped_with_them(told: Told) -> None:
    answers = told("tb pc 3", "commands", "s", "p 1", "end", "c", "p 3")
    assert values(answers) == ["$1 = 3"]


def test_lists_nest(told: Told) -> None:
    lines = ("b pc 3", "b pc 4", "commands 1", "commands 2", "p 2", "end", "p 1", "end", "c", "c")
    answers = told(*lines)
    assert values(answers) == ["$1 = 1", "$2 = 2"]
    assert "Breakpoint 1: 4 commands." in answers


@pytest.mark.parametrize("end", ["end", "end # again", " end "])
def test_an_end_too_many_goes_nowhere(told: Told, end: str) -> None:
    answers = told("b pc 3", "commands", "p 1", "end", "# and", end)
    assert answers[-1] == "There are no commands to close; `goto end` goes to the end."


def test_a_list_for_no_breakpoint_is_passed_over() -> None:
    for way in (given, sourced):
        answers = way("commands 9", "p 1", "end")
        assert answers == ["No breakpoint number 9; `info breakpoints` lists them."]


def test_a_list_that_a_file_leaves_open_ends_with_it() -> None:
    answers = sourced("b pc 3", "commands", "p 1")
    assert answers[-1] == "The commands of breakpoint 1 are not closed; `end` closes them."
    _, err, code = execute("b pc 3", "commands", "p 1")
    assert (code, err) == (1, ["The commands of breakpoint 1 are not closed; `end` closes them."])


def test_entries_keep_lists_together() -> None:
    lines = ["s", "comm 1", "p 1", "commands", "end", "p 2", "end", "end", "commands"]
    assert list(entries(lines)) == [
        "s",
        Block("comm 1", ("p 1", "commands", "end", "p 2")),
        "end",
        Block("commands", (), closed=False),
    ]


# save and source


def random_breakpoints(draw: random.Random) -> Iterator[str]:
    """Command lines that set some, in all their states."""
    for number in range(1, 9):
        kind = draw.choice(["b acc", "tb pc 3", "watch v[2:4]", "rwatch n", "awatch mem 2"])
        printing = 'dprintf pc 3, "n=%d # \\"%x\\"", n, acc'
        yield draw.choice([kind, f"{kind} if n == {number}", printing])
        if draw.random() < 0.5:
            yield f"condition {number} acc > {number}"
        if draw.random() < 0.5:
            yield f"ignore {number} {draw.randrange(1, 9)}"
        if draw.random() < 0.5:
            yield from (f"commands {number}", "silent", "p acc # it", f"commands {number}", "end")
            yield "end"
        if draw.random() < 0.5:
            yield f"disable {number}"


def breakpoints(console: Console) -> Any:
    (reply,) = console.execute("info breakpoints")
    assert isinstance(reply.view, BreakpointList)
    return reply.view


@pytest.mark.parametrize("seed", range(20))
def test_what_is_saved_comes_back(seed: int) -> None:
    console = Console(Session(program()))
    for entry in entries(random_breakpoints(random.Random(seed))):
        assert all(reply.ok for reply in console.execute(entry))
    before = breakpoints(console)
    assert all(reply.ok for reply in console.execute("save breakpoints 'the file'"))
    again = Console(Session(program()))
    assert all(reply.ok for reply in again.execute("source the file"))
    assert breakpoints(again) == before


# nesting and numbers

DEEP = "s[" * 200 + "0" + "]" * 200
EXPRESSIONS = ["p {}", "x {}", "display {}", "set {} = 1", "set n = {}", "b pc 2 if {}", "b {}",
               "watch {}", "watch n if {}", "rwatch {}", "tb {}", "clear {}", "until {}",
               'dprintf pc 2, "%d", {}', "b 1; condition 1 {}", "info scratch {}", "l {}",
               "p mem[{}]", "p v[{}]", "p all({})", "p 1 + {}"]  # fmt: skip


@pytest.mark.parametrize("form", EXPRESSIONS)
@pytest.mark.parametrize(
    "deep", [DEEP, "-" * 200 + "1", "(" * 200 + DEEP + ")" * 200, "~" * 5000 + "1"]
)
def test_what_is_nested_too_deep_is_refused(form: str, deep: str) -> None:
    answers = given(*form.format(deep).split("; "))
    places = form in (
        "x {}",
        "b {}",
        "watch {}",
        "rwatch {}",
        "tb {}",
        "clear {}",
        "until {}",
        "l {}",
    )
    if deep[0] == "s" or not (places or form.startswith(("set {}", "info"))):
        assert "nested more than 100 deep" in "\n".join(answers)
    else:
        assert "not understood" in "\n".join(answers)


def test_a_hundred_deep_is_fine() -> None:
    assert given("p " + "s[" * 100 + "0" + "]" * 100)[0].startswith("$1 = ")


@pytest.mark.parametrize("form", EXPRESSIONS)
@pytest.mark.parametrize("number", [2**32, 2**32 + 3, 0x1_0000_0000_0000, 10**19])
def test_a_number_that_is_no_word_is_refused(form: str, number: int) -> None:
    answers = given(*form.format(f"s[{number}]").split("; "))
    assert "a word is at most 4294967295" in "\n".join(answers)


def test_the_greatest_word_is_one() -> None:
    assert given(f"p {2**32 - 1}", "p 0xffffffff == -1") == ["$1 = 4294967295", "$2 = 1"]


# files


@pytest.mark.parametrize("name", ["a#b", "a b", "'a b'", '"a b"', "~/a", "ä", '"it\'s # one"'])
def test_names_of_files(name: str, folder: Path) -> None:
    plain = name.strip("'\"").replace("~", str(folder))
    answers = given("b pc 3", f"save breakpoints {name} # saved", f"source {name}", "i b")
    assert answers[1] == f"Saved 1 breakpoints to {plain}."
    assert (folder / plain).read_text() == "break pc 3\n"
    assert answers[-1].startswith("2    breakpoint")


@pytest.mark.parametrize("name", ["a#b", "'a b'", '"a b"', "~/a"])
def test_a_name_before_a_range(name: str, folder: Path) -> None:
    answers = given(f"dump memory {name} 0:2 # two")
    plain = name.strip("'\"").replace("~", str(folder))
    assert answers == [f"Wrote 2 words of mem[0:2] to {plain}."]
    assert json.loads((folder / plain).read_text()) == [7, 8]


def test_a_minus_is_standard_output(folder: Path) -> None:
    assert given("dump memory - 0:2") == ["[7, 8]"]
    assert given("b pc 3", "save breakpoints -")[-1] == "break pc 3"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("line", ["dump memory {}", "save breakpoints {}", "source {}", "file {}"])
def test_a_nul_in_a_name(line: str, folder: Path) -> None:
    for name in ("a\0b", '"a\0b"'):
        assert given(line.format(name)) == ["No file has a NUL in its name."]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("line", ["dump memory {}", "save breakpoints {}"])
def test_a_file_is_written_whole_with_its_mode_or_not_at_all(line: str, folder: Path) -> None:
    (folder / "real").write_text("before")
    (folder / "real").chmod(0o640)
    (folder / "link").symlink_to("real")
    (answer,) = given(line.format("link"))
    assert answer.endswith(" to link.")
    assert (folder / "link").is_symlink()
    assert (folder / "real").read_text() != "before"
    assert stat.S_IMODE((folder / "real").stat().st_mode) == 0o640
    assert given("b 3", line.format("/dev/full"))[-1] == "/dev/full: no space left on device"
    assert sorted(os.listdir(folder)) == ["link", "real"]


def test_an_endless_script_is_refused() -> None:
    assert given("source /dev/zero") == [
        f"/dev/zero is longer than {LARGEST >> 20} MB, which no script is."
    ]
