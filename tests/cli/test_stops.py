"""`--break` and `--watch`: places as the debugger's own commands take them, repeatable; Ctrl+C."""

import json
import os
import signal
import time

import pytest

from machine.core import choose_core
from tests.cli.command import PATIENCE, Command, unchecked

BUNDLES = [
    {"load": [["const", 0, 5], ["const", 8, 1]]},
    {"debug": [["comment", "round 0"]]},
    {"alu": [["+", 1, 1, 8]]},
    {"valu": [["vbroadcast", 16, 1]]},
    {"alu": [["<", 2, 1, 0]]},
    {"flow": [["cond_jump", 2, 2]]},
]
PROGRAM = {"bundles": BUNDLES, "scratch_map": {"1": ["count", 1], "16": ["v", 8]}, "memory": []}
STOPS = {
    ("--break", "0"): ("breakpoint", 0, 0),
    ("--break", "2"): ("breakpoint", 2, 3),
    ("--break", "cycle 5"): ("breakpoint", 5, 2),
    ("--break", "pc 4"): ("breakpoint", 3, 4),
    ("--break", "*4"): ("breakpoint", 3, 4),
    ("--break", "engine flow"): ("breakpoint", 4, 5),
    ("--break", "valu:vbroadcast"): ("breakpoint", 2, 3),
    ("--break", "scratch 16:24"): ("breakpoint", 2, 3),
    ("--break", "count if count == 3"): ("breakpoint", 10, 3),
    ("--watch", "v"): ("watchpoint", 3, 4),
    ("--watch", "v[3] if v[3] == 2"): ("watchpoint", 7, 4),
    ("--watch", "s[2]"): ("watchpoint", 4, 5),
    ("--break", "999"): ("end", 21, 6),
    ("--watch", "s[99]"): ("end", 21, 6),
    ("--watch", "v", "--break", "2"): ("breakpoint", 2, 3),
    ("--watch", "v", "--break", "4"): ("watchpoint", 3, 4),
}


@pytest.mark.parametrize("options", STOPS, ids=" ".join)
def test_where_a_run_stops(vliwdbg: Command, options: tuple[str, ...]) -> None:
    ended = vliwdbg("run", vliwdbg.file(PROGRAM), *options, "--json")
    stop = ended.json["stop"]
    assert ended.code == 0
    assert (stop["reason"], stop["cycle"], stop["pc"]) == STOPS[options]
    assert ended.json["cycles"] == stop["cycle"]


def test_the_report_says_what_was_met(vliwdbg: Command) -> None:
    ended = vliwdbg("run", vliwdbg.file(PROGRAM), "--watch", "v")
    assert "watchpoint 1 (v (scratch 16:24)); v[0]: 0 → 1; v[1]: 0 → 1" in ended.out


WRONG: dict[tuple[str, ...], str] = {
    ("--break", "engine gpu"): "no engine is called gpu",
    ("--break", "pc 99"): "",
    ("--break", "1 +"): "",
    ("--break", ""): "",
    ("--watch", "engine alu"): "is not understood here",
    ("--watch", "s[1536]"): "scratch has 1536 words",
    ("--watch", "v[8]"): "",
    ("--watch", "nothing"): "nothing",
    ("--watch", ""): "",
}


@pytest.mark.parametrize("options", WRONG, ids=" ".join)
def test_a_place_that_is_none_is_refused(vliwdbg: Command, options: tuple[str, ...]) -> None:
    ended = vliwdbg("run", vliwdbg.file(PROGRAM), *options)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("vliwdbg: command line: ")
    assert "Traceback" not in ended.err
    assert WRONG[options] in ended.err


# --- Ctrl+C ---------------------------------------------------------------------------------------

COUNTS_FOREVER = unchecked(
    [
        {"load": [["const", 1, 1]]},
        {"alu": [["+", 0, 0, 1], ["^", 2, 2, 0]], "store": [["store", 3, 2]]},
        {"valu": [["vbroadcast", 8, 2]], "flow": [["jump", 1]]},
    ]
)
AWHILE, SOON = 0.5, 5.0
"""Seconds: until it runs, and until it must have ended on a machine that does much else."""


@pytest.mark.parametrize("core", sorted({"model", choose_core().name}))
def test_ctrl_c_ends_a_run_between_two_bundles(vliwdbg: Command, core: str) -> None:
    env = {"VLIWDBG_CORE": core}
    os.mkfifo(vliwdbg.folder / "pipe")
    process = vliwdbg.start("run", "pipe", "--json", env=env)
    # Who writes to the pipe waits until the command is there and reads.
    (vliwdbg.folder / "pipe").write_text(json.dumps(COUNTS_FOREVER))
    time.sleep(AWHILE)
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert time.monotonic() - pressed < SOON
    told, cycles = json.loads(out), json.loads(out)["cycles"]
    assert process.returncode == 130
    assert (told["ok"], told["correct"], told["state"]) == (False, None, "running")
    assert told["stop"]["reason"] == "interrupt"
    assert err.startswith(f"vliwdbg: interrupt at cycle {cycles}".encode())
    assert cycles > 0

    limits = ("--max-cycles", str(cycles))
    fresh = vliwdbg("run", vliwdbg.file(COUNTS_FOREVER), *limits, "--json", env=env).json
    for key in ("cycles", "bundles", "memory_sha256", "scratch_sha256", "slots"):
        assert told[key] == fresh[key]
    assert told["stop"]["pc"] == fresh["stop"]["pc"]
