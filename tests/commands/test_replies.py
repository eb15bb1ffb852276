"""Every reply is data: it fits the schema of its kind, and its text is made of it alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import vliwdbg.commands  # noqa: F401  (all views that commands answer with)
from kernels.catalog import build
from machine import Problem, Program
from machine.codec import write_program
from machine.program import Tag
from tests.commands.test_transcripts import BUNDLES, NAMES, RIGHT, WRONG, program
from tests.inspect.mutations import mutants
from vliwdbg.batch import Batch
from vliwdbg.commands.console import Console
from vliwdbg.commands.table import Reply
from vliwdbg.programs import Choice, Loaded
from vliwdbg.render import lines_of
from vliwdbg.session.session import Session
from vliwdbg.views.base import VIEWS, view_from_json
from vliwdbg.views.schema import schema_of

MORE = [
    "b acc; commands 1; p n; end; i b; c; rc; delete",
    "b acc if n == 1; tb engine store; watch v; awatch mem[2]; ignore 1 3; i b; c; c",
    "rwatch n; c; rc",
    "b acc if 1 / n; c; c; c; c; c; c",
    "display/x n; display 1 / n; display v; s; display; undisplay 1; undisplay",
    "dprintf pc 3, \"n=%d\", n; i b; c",
    "info scratch; info engines; info history; mark a; checkpoint; info history; info schedulers",
    "info program; s; info pc; info breakpoints; info memory 0:4",
    "help; help running; help x; apropos mark; list; x/3i pc 2; x/9d v",
    "s 3; set acc = 7; restart 1; run; q 4",
    "b acc; rebuild --kernel baseline --scheduler serial rounds=1 height=2 batch=2; check; file -",
    "rebuild --kernel baseline --scheduler serial rounds=1 height=2 batch=2; end; check; i m",
    "save breakpoints x.gdb; dump memory x.json; dump scratch x.json 0:4",
    "export csv -; export asm x.asm; export html x.html",
    "file right.json; explain; diverge; diff wrong.json; diff right.json right.json; whatif rename",
    "file wrong.json; diverge; diverge right.json; diff right.json; s 2; set s[3] = 1; who s[8]",
]  # fmt: skip
SCRIPTS = [row[0] for row in (*RIGHT, *WRONG)] + MORE
QUIET_KINDS = {"logged", "bench", "ledger"}
"""Kinds that are no command's reply, but said while one is under way, or by the command line."""
SMALL = Problem(forest_height=2, rounds=1, batch_size=8)


def replies(lines: str, loaded: Any = None) -> Iterator[Reply]:
    console = Console(Session(loaded or program()), Choice("loop.json"))
    for line in lines.split(";"):
        yield from console.execute(line.strip())


@cache
def validator(kind: str) -> Draft202012Validator:
    schema = schema_of(VIEWS[kind])
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


WRITTEN = {"text", "written", "source", "what", "condition", "format", "name", "message"}
"""Fields that hold what somebody wrote, be it a number."""


def numbers_as_text(data: Any, key: str = "") -> list[tuple[str, str]]:
    if isinstance(data, dict):
        return [found for k, value in data.items() for found in numbers_as_text(value, k)]
    if isinstance(data, list):
        return [found for value in data for found in numbers_as_text(value, key)]
    numeric = isinstance(data, str) and re.fullmatch(r"-?(0x)?[0-9a-f]*[0-9]", data)
    return [(key, data)] if numeric and key not in WRITTEN else []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a program of the problem in it, and one that is wrong."""
    monkeypatch.chdir(tmp_path)
    for name, one in zip(("right", "wrong"), programs(), strict=True):
        with Path(f"{name}.json").open("w") as stream:
            write_program(one, stream)


@cache
def programs() -> tuple[Program, Program]:
    right = build("vectors", "list", SMALL)
    return right, next(mutants(right, 1)).program


@pytest.mark.parametrize("lines", SCRIPTS)
def test_a_reply_fits_its_schema_and_its_text_is_made_of_it(lines: str, folder: None) -> None:
    for reply in replies(lines):
        data = json.loads(json.dumps(reply.view.to_json()))
        validator(reply.view.kind).validate(data)
        again = view_from_json(data)
        assert (again, again.ok, lines_of(again)) == (
            reply.view,
            reply.ok,
            lines_of(reply.view),
        )
        assert numbers_as_text(data) == []


def test_every_kind_of_reply_is_met_here(folder: None) -> None:
    met = {reply.view.kind for lines in SCRIPTS for reply in replies(lines)}
    ours = {kind for kind, view in VIEWS.items() if view.__module__.startswith("vliwdbg.")}
    assert ours - met == QUIET_KINDS


# A program whose author is hostile to terminals

HOSTILE = "\x1b[2J\x1b]0;t\x07\r\n\x9b1m\u202e\u2066\u200b\x00end"
HOSTILE_LINES = """
info program; info scratch; info scratch 0:16; info pc; info breakpoints; list; list pc 5,2
x/8i pc 0; x/4 {n}; print {n}; print {n}[0; print 'no {t}'; display {n}; display/x {n} + 1
break {n}; break '{t}'; break {n} if {n} == 1; tbreak {n}; watch {n}; rwatch {n}; awatch {n}
dprintf pc 3, "{t} %d", {n}; break pc 3 if 1 / {n}; info breakpoints; continue; continue
commands 1; print {n}; end; info breakpoints; condition 1 {n} == 2; clear {n}; display; undisplay
reverse-continue; reverse-continue; continue; step; step; reverse-step; end; goto 0; run; finish
set {n} = 9; set {n}[9] = 1; info history; mark {t}; goto '{t}; {t}; help {t}; apropos {t}; info {t}
file {t}; source {t}; dump scratch {t}/x; save breakpoints {t}/x; rebuild --kernel {t}; rebuild {t}
until '{t}'; advance {n}; x/{t} 1; print/{t} 1; delete {t}; quit {t}; restart {t}; check; reload
"""


def hostile_program() -> Program:
    bundles = [*BUNDLES[:5], {"debug": [["comment", HOSTILE]]}, *BUNDLES[6:]]
    names = {0: (HOSTILE, 1)} | {at: NAMES[at] for at in (1, 2, 8)}
    return Program.from_bundles(
        bundles,
        name=HOSTILE,
        scratch_map=names,
        memory=[7, 8, 9, 10],
        tags=[Tag(0, HOSTILE, 6), Tag(6, "rest", 8)],
        build={HOSTILE: HOSTILE},
    )


def test_no_command_shows_what_a_terminal_would_obey(folder: None) -> None:
    quoted = "'" + HOSTILE.replace("'", "\\'") + "'"
    # A line may hold anything but what ends a line.
    lines = [
        line.strip().format(n=quoted, t=HOSTILE)
        for row in HOSTILE_LINES.strip().splitlines()
        for line in row.split(";")
    ]
    shown: list[str] = []
    loaded = Loaded(hostile_program(), [7, 8, 9, 10], True)
    batch = Batch(loaded, Choice("loop.json"), shown.append, shown.append, keep_going=True)
    batch.execute(lines)
    assert len(shown) > len(lines)
    assert any("\\x1b[2J" in line for line in shown)
    assert [line for line in shown if not line.isprintable()] == []


def test_problem_sizes_and_a_wrong_result_are_numbers() -> None:
    problem = Problem(2, 1, 2)
    bundles = [{"flow": [["halt"]]}]
    *_, check = replies("end; check", Program.from_bundles(bundles, problem=problem))
    data = check.view.to_json()
    assert (check.ok, data["correct"]) == (False, False)
    assert data["wrong"][0]["differ"] == 2
