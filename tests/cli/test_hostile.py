"""A program whose author is hostile to terminals: no subcommand shows what one would obey."""

import json
from pathlib import Path

import pytest

from tests.cli.reference import SIZES
from vliwdbg.cli import _exit_code
from vliwdbg.cli.app import SUBCOMMANDS
from vliwdbg.cli.exit_codes import OUR_BUG

HOSTILE = "\x1b[2J\x1b]0;t\x07\r\n\x9b1m\u202e\u2066\u200b\x00\ud800end"
PROGRAM = {
    "name": HOSTILE,
    "bundles": [
        {"load": [["const", 0, 7], ["const", 1, 2]], "debug": [["comment", HOSTILE]]},
        {"alu": [["+", 2, 0, 1], ["*", 3, 0, 1]], "debug": [[HOSTILE, HOSTILE]]},
        {"load": [["const", 4, 40]]},
        {"store": [["store", 4, 2]]},
        {"flow": [["cond_jump", 9, 0]]},
        {"debug": [["compare", 2, HOSTILE]]},
    ],
    "scratch_map": {"0": [HOSTILE, 1], "2": [f"b{HOSTILE}", 1], "8": [HOSTILE, 8]},
    "problem": SIZES,
    "tags": [{"pc": 0, "name": HOSTILE, "end": 3}, {"pc": 3, "name": HOSTILE}],
    "build": {HOSTILE: HOSTILE, "scheduler": HOSTILE, "kernel": HOSTILE},
    "slots": [{"op": i, "stage": HOSTILE, HOSTILE: HOSTILE, "round": i} for i in range(11)],
    HOSTILE: 1,
}
FILE = "a\x1b[2J\u202e.json"
# What each is asked; it is asked for a program that is none, too.
ASKED: dict[str, list[list[str]]] = {
    "run": [["--no-check"], ["--debug"], ["--break", HOSTILE], ["--watch", HOSTILE],
            ["--dump-memory", f"{FILE}/x"], ["--trace", "-"], ["--trials", "2"]],
    "build": [["--kernel", HOSTILE], ["--without", HOSTILE], ["--set", f"{HOSTILE}=1"]],
    "tune": [["--forest-height", "1", "-o", FILE, "--tries", "1"]],
    "who": [["mem[40]"], [HOSTILE], ["s[2]"], [f"'{HOSTILE}'"]],
    "uses": [["s[2]"], [HOSTILE], [f"'{HOSTILE}'"]],
    "writes": [["s[2]"], ["mem[40]"], [HOSTILE]],
    "find": [[HOSTILE], ["end"], ["stage end"], ["round 1"]],
    "why": [[], ["2"], [HOSTILE]],
    "stats": [[], ["--csv"]],
    "floor": [[]],
    "critical": [[]],
    "slack": [[]],
    "whatif": [["load=3"], [HOSTILE]],
    "live": [[], ["3"]],
    "lint": [[]],
    "bench": [[], ["--ledger", "k.ledger"]],
    "ledger": [["k.ledger"], [HOSTILE]],
    "export": [["--csv", "-"], ["--asm", "-"], ["--html", "-"], ["--perfetto", "-"],
               ["--html", "page", "--asm", "asm", "--csv", "csv", "--perfetto", "trace"]],
    "diverge": [[], [FILE]],
    "explain": [[]],
    "diff": [[FILE], [HOSTILE]],
    "info": [[HOSTILE]],
    "schedulers": [[HOSTILE]],
    "spec": [[HOSTILE]],
    "config": [[HOSTILE], ["theme", HOSTILE]],
    "exec": [["-ex", HOSTILE], ["-x", HOSTILE]],
    "mcp": [],
    "dap": [],
    "serve": [],
    "slots": [[]],
}  # fmt: skip
WITHOUT_PROGRAM = {"build", "tune", "ledger", "info", "schedulers", "spec", "config"}


def test_every_subcommand_is_asked() -> None:
    assert ASKED.keys() == SUBCOMMANDS


@pytest.mark.parametrize("name", ASKED)
def test_nothing_reaches_a_terminal_that_it_would_obey(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    Path(FILE).write_text(json.dumps(PROGRAM))
    Path("refused.json").write_text(json.dumps([{HOSTILE: []}, {"alu": [[HOSTILE, 1]]}]))
    programs = [[]] if name in WITHOUT_PROGRAM else [[FILE], ["refused.json"], [HOSTILE]]
    for program in programs:
        for words in ASKED[name]:
            assert _exit_code([name, *program, *words]) != OUR_BUG
            shown = "".join(capfd.readouterr())
            assert [line for line in shown.split("\n") if not line.isprintable()] == [], words
