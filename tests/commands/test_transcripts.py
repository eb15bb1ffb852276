"""What a user types and what comes back, for every command: right, wrong, at both ends of history.

The program, by pc and cycle:

    0  0  load   n = 3; one = 1          3  3  alu   n = n - one   |  store mem[p] = acc
    1  1  load   p = 2                   4  4  flow  cond_jump n, 2
    2  2  alu    acc = acc + n           5  5  debug comment, free
                                         6  5  flow  pause
                                         7  6  valu  v = vbroadcast(acc)

It loops three times, so cycle 2 + 3k is round k; it ends at cycle 13.
"""

import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kernels.catalog import build
from machine import Problem, Program
from vliwdbg.batch import Batch, read_lines
from vliwdbg.commands import COMMANDS
from vliwdbg.commands.completion import complete
from vliwdbg.commands.console import Console
from vliwdbg.programs import Choice, Loaded, load
from vliwdbg.render import lines_of
from vliwdbg.service.events import Progress
from vliwdbg.session.session import Session

BUNDLES = [
    {"load": [["const", 0, 3], ["const", 1, 1]]},
    {"load": [["const", 2, 2]]},
    {"alu": [["+", 3, 3, 0]]},
    {"alu": [["-", 0, 0, 1]], "store": [["store", 2, 3]]},
    {"flow": [["cond_jump", 0, 2]]},
    {"debug": [["comment", "done"]]},
    {"flow": [["pause"]]},
    {"valu": [["vbroadcast", 8, 3]]},
]
NAMES = {0: ("n", 1), 1: ("one", 1), 2: ("p", 1), 3: ("acc", 1), 8: ("v", 8), 20: ("v 2", 8)}


def program() -> Program:
    return Program.from_bundles(BUNDLES, name="loop", scratch_map=NAMES, memory=[7, 8, 9, 10])


def execute(*lines: str, **options: Any) -> tuple[list[str], list[str], int]:
    """Lines told on stdout, on stderr, and the exit code."""
    out: list[str] = []
    err: list[str] = []
    loaded = Loaded(program(), [7, 8, 9, 10], False)
    batch = Batch(loaded, Choice("loop.json"), out.append, err.append, **options)
    code = batch.execute(lines)
    return out, err, code


# (lines, the last lines of the answer)
RIGHT = [
    ("step", ["cycle 1  pc 1  load (1)"]),
    ("n 2", ["cycle 2  pc 2  alu (1)"]),
    ("s 3; rs 2", ["cycle 1  pc 1  load (1)"]),
    ("s 3; reverse-next", ["cycle 2  pc 2  alu (1)"]),
    ("continue", ["cycle 12  pc 7  pause  valu (1)"]),
    ("c; c", ["cycle 13  pc 8  end"]),
    ("c 2", ["cycle 13  pc 8  end"]),
    ("c; rc", ["No more reverse-execution history.", "cycle 0  pc 0  load (2)"]),
    ("b pc 3; c; c; c; rc", ["cycle 6  pc 3  breakpoint 1  alu (1) | store (1)"]),
    ("until pc 3", ["cycle 3  pc 3  alu (1) | store (1)"]),
    ("advance 7", ["cycle 7  pc 4  flow (1)"]),
    ("finish", ["cycle 12  pc 7  pause  valu (1)"]),
    ("goto end; reverse-finish", ["cycle 12  pc 7  pause  valu (1)"]),
    ("s 5; run", ["cycle 12  pc 7  pause  valu (1)"]),
    ("s 5; start", ["cycle 0  pc 0  load (2)"]),
    ("goto 5", ["cycle 5  pc 2  alu (1)"]),
    ("goto 5; +1; -2", ["cycle 4  pc 4  flow (1)"]),
    ("goto 50%", ["cycle 6  pc 3  alu (1) | store (1)"]),
    ("goto 11; s", ["cycle 11  pc 6  flow (1)"]),
    ("goto end", ["cycle 13  pc 8  end"]),
    ("goto 13", ["cycle 13  pc 8  end"]),
    ("goto 5; mark a; start; goto 'a", ["cycle 5  pc 2  alu (1)"]),
    ("goto 5; checkpoint; start; restart 1", ["cycle 5  pc 2  alu (1)"]),
    (
        "goto 3; who acc",
        [
            "acc = 3 before cycle 3",
            "  [1] cycle 2 alu[0]: acc = acc + n",
            "    [2] acc = 0, never written",
            "    [3] n = 3  cycle 0 load[0]: n = 3",
        ],
    ),
    ("goto 5; uses acc @3", ["Overwritten by cycle 5 alu[0]: acc = acc + n"]),
    ("writes mem[0:4]", ["9      mem[2]  5    6       mem[p] = acc"]),
    ("find acc == 5", ["acc == 5 holds before 3 cycles: 6–8"]),
    ("find acc == 5 7..20", ["acc == 5 holds before 2 cycles: 7–8"]),
    (
        "why 12 load",
        [
            "  2 load: none-left",
            "Note: No other input that goes the same way is known, so no load or store is said to "
            "be free to move.",
        ],
    ),
    ("stats", ["valu vbroadcast  1      12–12   valu (1)"]),
    (
        "slots 3",
        [
            "Cycle 3, pc 3: 1 alu, 1 store; free: 11 alu, 6 valu, 2 load, 1 store, 1 flow",
            "  alu[0]      n = n - one",
            "                n = 3; one = 1",
            "                3 → 2",
            "  store[0]    mem[p] = acc",
            "                p = 2; acc = 3",
            "                mem[2]: 9 → 3",
        ],
    ),
    ("goto 4; slots", None),
    ("floor", None),
    ("critical", ["1      load[0]   1 for load                     p = 2"]),
    ("slack", ["9      9         10      mem[p] = acc"]),
    ("whatif load=3", None),
    ("live", None),
    ("lint straddle", None),
    ("lint", None),
    ("b 5", ["Breakpoint 1: cycle 5."]),
    ("b acc", ["Breakpoint 1: acc (scratch 3:4); 3 of 8 bundles may meet it."]),
    ("b engine store if acc > 3", None),
    ("b alu:- if 9 / n == 3; c", ["cycle 3  pc 3  breakpoint 1  alu (1) | store (1)"]),
    ("b engine store if acc > 3; c", ["cycle 6  pc 3  breakpoint 1  alu (1) | store (1)"]),
    ("tb alu:+; c", ["cycle 2  pc 2  temporary breakpoint 1  alu (1)"]),
    ("tb alu:+; c; i b", ["No breakpoints or watchpoints."]),
    ("b mem 2; c", ["cycle 3  pc 3  breakpoint 1  alu (1) | store (1)"]),
    (
        "watch acc; c",
        [
            "watchpoint 1: acc (scratch 3:4) changed",
            "  acc: 0 → 3",
            "cycle 3  pc 3  watchpoint 1  alu (1) | store (1)",
        ],
    ),
    (
        "watch acc; c; rc",
        [
            "watchpoint 1: acc (scratch 3:4) changed",
            "  acc: 0 → 3",
            "cycle 2  pc 2  watchpoint 1  alu (1)",
        ],
    ),
    (
        "watch mem 0:4; c",
        [
            "watchpoint 1: mem[0:4] changed",
            "  mem[2]: 9 → 3",
            "cycle 4  pc 4  watchpoint 1  flow (1)",
        ],
    ),
    ("rwatch one; c", None),
    ("awatch mem[2]; c 2", None),
    ("b acc; condition 1 acc == 5; c", ["cycle 6  pc 3  breakpoint 1  alu (1) | store (1)"]),
    ("b acc; condition 1", ["Breakpoint 1 is unconditional now."]),
    ("b pc 3; ignore 1 2; c", ["cycle 9  pc 3  breakpoint 1  alu (1) | store (1)"]),
    ('dprintf pc 3, "n=%d acc=%x\\n", n, acc; c', None),
    ("b pc 3; d 1; i b", ["No breakpoints or watchpoints."]),
    ("b pc 3; dis 1; c", ["cycle 12  pc 7  pause  valu (1)"]),
    ("b pc 3; dis; en; c", ["cycle 3  pc 3  breakpoint 1  alu (1) | store (1)"]),
    ("b pc 3; clear pc 3", ["Deleted breakpoint 1."]),
    ("l pc 2,1", ["        2  alu (1)", "           alu  acc = acc + n"]),
    ("s 2; l pc 2,1", ["           alu  acc = acc + n" + " " * 29 + "acc = 0; n = 3"]),
    ("disassemble cycle 7,1", ["        4  flow (1)", "          flow  cond_jump n, 2"]),
    ("x/1i", None),
    ("s 2; p n + 1; p $ * 2", ["$2 = 8"]),
    ("s 2; p/x -n", ["$1 = 0xfffffffd"]),
    ("s 2; p/d -n", ["$1 = -3"]),
    ("p v", ["$1 = {0, 0, 0, 0, 0, 0, 0, 0}"]),
    ("p 'v 2'[3]", ["$1 = 0"]),
    ("x/4 mem[0]", ["mem[0:4]: 7 8 9 10"]),
    ("x/2z v", ["v[0:2]: 0x00000000 0x00000000"]),
    ("display n; s", ["cycle 1  pc 1  load (1)", "1: n = 3"]),
    ("display n; undisplay 1; s", ["cycle 1  pc 1  load (1)"]),
    ("set v[1] = 4", ["v[1]: 0 → 4. History goes on from cycle 0 anew."]),
    ("set v = 4; p v", ["$1 = {4, 4, 4, 4, 4, 4, 4, 4}"]),
    ("s 2; set n = 1; c", ["cycle 6  pc 7  pause  valu (1)"]),
    ("s 2; set n = 1; rs; p n; s; p n", ["$2 = 1"]),
    ("s 2; set $pc = 7; c", ["cycle 3  pc 8  end"]),
    ("set pauses off; c", ["cycle 13  pc 8  end"]),
    ("set radix hex; p 30; p/u 30", ["Words are written in hex.", "$1 = 0x1e", "$2 = 30"]),
    ("set radix hex; x/2 mem[0]; x/2u mem[0]", ["mem[0:2]: 0x7 0x8", "mem[0:2]: 7 8"]),
    ("set radix hex; info memory 0:2", ["mem[0:2]  0x7 0x8"]),
    (
        "set radix hex; s 3; info scratch",
        ["20:28    'v 2'  {0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0}"],
    ),
    ("set radix hex; set n = 30", ["n: 0x0 → 0x1e. History goes on from cycle 0 anew."]),
    ("set radix hex; display n; display/u n; s; undisplay 2; s", ["1: n = 0x3"]),
    (
        "set radix hex; watch mem 0:4; c",
        ["  mem[2]: 0x9 → 0x3", "cycle 4  pc 4  watchpoint 1  flow (1)"],
    ),
    (
        "set radix hex; rwatch one; c",
        ["  read: {0x1}", "cycle 4  pc 4  read watchpoint 1  flow (1)"],
    ),
    (
        "set radix hex; s 2; l pc 2,1",
        ["           alu  acc = acc + n" + " " * 29 + "acc = 0x0; n = 0x3"],
    ),
    ("set radix hex; s 2; slots", [" " * 16 + "acc = 0x0; n = 0x3", " " * 16 + "0x0 → 0x3"]),
    ("set radix hex; goto 3; who acc", ["    [3] n = 0x3  cycle 0 load[0]: n = 3"]),
    ("set radix hex; writes mem[2]", ["9      mem[2]  0x5  0x6     mem[p] = acc"]),
    ("set debug off", ["Compares are passed over."]),
    ("info scratch n", ["Place  Words", "n      0"]),
    ("info memory 0:2", ["Place     Words", "mem[0:2]  7 8"]),
    ("info memory", ["Memory: 4 words; the header tells no problem."]),
    ("info engines", None),
    ("info history", None),
    ("info schedulers", None),
    ("info program", None),
    ("info pc", ["cycle 0  pc 0  load (2)", "bundle 0 of 8: load (2)"]),
    ("help step", ["step [N]", "  N bundles on.", "Short: s."]),
    ("apropos mark", None),
    ("# nothing", []),
    ("s # two", ["cycle 1  pc 1  load (1)"]),
    ("s; ; ", ["cycle 3  pc 3  alu (1) | store (1)"]),
]


@pytest.mark.parametrize("row", RIGHT, ids=lambda row: row[0])
def test_right(row: tuple[str, list[str] | None]) -> None:
    out, err, code = execute(*(line.strip() for line in row[0].split(";")))
    assert (err, code) == ([], 0)
    if row[1] is not None:
        assert out[len(out) - len(row[1]) :] == row[1]


WRONG = [
    ("foo", "No command is called 'foo'"),
    ("who", "Write who PLACE [@CYCLE]"),
    ("who nobody", "no scratch is called nobody"),
    ("uses acc @99", "The run ends at cycle 13; there is no cycle 99."),
    ("writes", "Write writes RANGE"),
    ("find", "Write find EXPR [A..B]"),
    ("find v", "one word is wanted"),
    ("why x", "CYCLE is a whole number, not 'x'"),
    ("why 3 gpu", "No engine is called 'gpu'"),
    ("why 1 2 3", "Write why [CYCLE [ENGINE]]"),
    ("stats 3", "stats takes no argument"),
    ("whatif nope", "'nope' is no change"),
    ("lint nonsense", "lint has no rule 'nonsense'"),
    ("st", "ambiguous: start, stats, step"),
    ("!", "'!' is no command"),
    ("s x", "The count is a whole number, not 'x'"),
    ("s 0", "at least 1"),
    ("n -1", "not '-1'"),
    ("rs", "No more reverse-execution history."),
    ("reverse-next", "No more reverse-execution history."),
    ("rc", "No more reverse-execution history."),
    ("reverse-finish", "No more reverse-execution history."),
    ("-1", "No more reverse-execution history."),
    ("goto end; s", "The program has ended at cycle 13."),
    ("goto end; c", "The program has ended at cycle 13."),
    ("goto end; finish", "The program has ended at cycle 13."),
    ("goto end; until 3", "The program has ended at cycle 13."),
    ("goto end; +1", "The program has ended at cycle 13."),
    ("until", "until LOC"),
    ("until nowhere", "no scratch is called nowhere"),
    ("finish x", "takes no argument"),
    ("run x", "takes no argument"),
    ("goto", "A cycle to go to"),
    ("goto x", "A cycle to go to"),
    ("goto 101%", "100%"),
    ("goto 'a", "No mark is called 'a'"),
    ("mark 1", "letters"),
    ("checkpoint x", "takes no argument"),
    ("restart 1", "No checkpoint 1"),
    ("b pc 8", "there is no bundle at pc 8"),
    ("b engine gpu", "no engine is called gpu"),
    ("b valu:jump", "valu has no opcode jump"),
    ("b acc if", "something is missing at the end"),
    ("b acc if nobody == 1", "no scratch is called nobody"),
    ("b acc if v == 1", "one word is wanted here"),
    ("watch acc if v[8]", "v has 8 words"),
    ("tb mem 4", "memory has 4 words"),
    ("watch", "something is missing"),
    ("watch acc == 3", "'==' is not understood here"),
    ("rwatch 1536", "scratch has 1536 words"),
    ("awatch ac", "did you mean acc?"),
    ('dprintf 3, "%d"', "does not fit"),
    ('dprintf 3, "%9999d", 1', "at most 3 digits"),
    ('dprintf 3, "%*d", 9, 1', "at most 3 digits"),
    ("condition 1 acc", "No breakpoint number 1"),
    ("b acc; condition 1 v", "one word is wanted here"),
    ("ignore 1 1", "No breakpoint number 1"),
    ("commands 3", "No breakpoint number 3"),
    ("commands", "The breakpoint's number|No breakpoint"),
    ("d 1", "No breakpoint number 1"),
    ("disable x", "is a whole number"),
    ("enable 2", "No breakpoint number 2"),
    ("clear acc", "No breakpoint at acc"),
    ("save bananas f", "No thing to save"),
    ("save breakpoints", "save breakpoints FILE"),
    ("source", "source FILE"),
    ("source /nowhere/at/all", "/nowhere/at/all: no such file"),
    ("save breakpoints /nowhere/at/all", "/nowhere/at/all: no such file"),
    ("l pc 99", "no bundle at pc 99"),
    ("l 99", "The program has ended at cycle 13"),
    ("p", "Say what"),
    ("p n +", "something is missing at the end"),
    ("p/q n", "is no format"),
    ("p/i n", "/i shows bundles"),
    ("p 1 / 0", "division by zero"),
    ("p v[8]", "v has 8 words"),
    ("p $9", "the value history has no"),
    ("x", "Say which words"),
    ("x/9 mem[0]", "memory has 4 words"),
    ("display n +", "something is missing"),
    ("undisplay 4", "No display 4"),
    (
        "set n",
        "No setting is called 'n'; there are pauses, debug, radix; words are set with PLACE = EXPR",
    ),
    ("set v[0]", "write PLACE = EXPR"),
    ("set debug", "Say which value: on, off."),
    ("set n = v", "8 words do not fill the 1 of n"),
    ("set $cycle = 3", "cannot be set"),
    ("set debug maybe", "No value is called 'maybe'"),
    ("info", "Say about what"),
    ("info bananas", "No subject of info"),
    ("info scratch mem 0", "This is memory"),
    ("help foo", "No command is called 'foo'"),
    ("apropos", "apropos WORD"),
    ("apropos xyzzy", "No command is about"),
    ("file", "file PROGRAM"),
    ("file -", "nothing to return to"),
    ("file /nowhere.json", "nowhere.json"),
    ("reload", "loop.json"),
    ("check", "no reference"),
    ("dump", "Say which thing to dump: memory, scratch."),
    ("dump bananas f", "No thing to dump"),
    ("dump memory", "dump memory FILE"),
    ("rebuild --scheduler nope", "no scheduler is called 'nope'"),
    ("rebuild --fast", "does not know '--fast'"),
    ("rebuild rounds=x", "whole number"),
    ("rebuild rounds", "needs a value"),
    ("quit x", "whole number"),
    ("quit 256", "at most 255"),
    ("p " + "-" * 500 + "1", "nested more than"),
]


@pytest.mark.parametrize(("lines", "message"), WRONG, ids=lambda row: row)
def test_wrong(lines: str, message: str) -> None:
    _, err, code = execute(*(line.strip() for line in lines.split(";")))
    assert code == 1
    assert any(part in "\n".join(err) for part in message.split("|"))


def test_going_past_the_end_goes_there_and_fails() -> None:
    assert execute("goto 99", "step") == (
        ["The program has ended at cycle 13.", "cycle 13  pc 8  end"],
        [],
        1,
    )


def test_a_session_goes_on_after_a_failure_only_if_it_is_to() -> None:
    assert execute("foo", "s")[0] == []
    out, _, code = execute("foo", "s", keep_going=True)
    assert (out, code) == (["cycle 1  pc 1  load (1)"], 1)


def test_quit_gives_the_exit_code() -> None:
    assert execute("quit 3", "s") == ([], [], 3)
    assert execute("q") == ([], [], 0)


def test_commands_of_a_breakpoint_are_executed_when_it_stops() -> None:
    out, _, code = execute("b pc 3", "commands 1", "p acc", "c", "end", "c")
    assert code == 0
    assert [line for line in out if line.startswith("$")] == ["$1 = 3", "$2 = 5", "$3 = 6"]
    assert execute("b pc 3", "commands 1", "p acc")[2] == 1


def test_dprintf_prints_and_goes_on() -> None:
    out, _, _ = execute('dprintf pc 3, "n=%d acc=%x", n, acc', "c")
    assert out[1:] == ["n=3 acc=3", "n=2 acc=5", "n=1 acc=6", "cycle 12  pc 7  pause  valu (1)"]


def test_breakpoints_are_saved_and_sourced(tmp_path: Path) -> None:
    file = tmp_path / "stops"
    execute("b acc if acc > 3", "watch mem 2", "commands", "p 1", "end", f"save breakpoints {file}")
    assert read_lines(str(file)) == [
        "break acc if acc > 3",
        "watch mem 2",
        "commands",
        "p 1",
        "end",
    ]
    out, _, code = execute(f"source {file}", "i b")
    assert code == 0
    assert out[-1].startswith("2    watchpoint  y    0     mem[2]")


def test_a_file_that_sources_itself_ends(tmp_path: Path) -> None:
    file = tmp_path / "again.txt"
    file.write_text(f"p n\nsource {file}\n")
    _, err, code = execute(f"source {file}")
    assert (code, err) == (1, ["Files source each other more than 50 deep."])


def test_words_are_dumped(tmp_path: Path) -> None:
    file = tmp_path / "words.json"
    execute("s 4", f"dump memory {file}")
    assert json.loads(file.read_text()) == [7, 8, 3, 10]
    execute("s 4", f"dump scratch {file} 0:4")
    assert json.loads(file.read_text()) == [2, 1, 2, 3]


def test_json_has_the_same_in_data() -> None:
    out, _, _ = execute("b 5", "c", "foo", as_json=True)
    told = [json.loads(line) for line in out]
    assert [reply["ok"] for reply in told] == [True, True, False]
    wanted = {"kind": "moved", "cycle": 5, "pc": 2, "step": 5, "stop": "breakpoint"}
    assert told[1]["data"].items() >= wanted.items()
    assert told[1]["data"]["breakpoints"] == [1]


def test_rebuild_keeps_breakpoints_and_file_returns(tmp_path: Path) -> None:
    out, err, code = execute(
        "b engine store", "b acc", "rebuild --kernel baseline --scheduler serial rounds=1 "
        "height=2 batch=2", "i b", "check", "file -", "c", keep_going=True,
    )  # fmt: skip
    assert "cycles 13 →" in out[2]
    assert "takes the place of loop.json" in out[3]
    assert "breakpoint 2 cannot be met here" in out[4]
    assert "The program has not ended: cycle 0, pc 0." in err
    assert code == 1
    assert out[-1] == "cycle 2  pc 2  breakpoint 2  alu (1)"


def test_reload_reads_the_file_again(tmp_path: Path) -> None:
    file = tmp_path / "loop.json"
    file.write_text(json.dumps({"bundles": BUNDLES, "memory": [7, 8, 9, 10]}))
    console = Console(Session(program()), Choice(str(file)))
    said = [lines_of(reply.view) for line in ("s 3", "b pc 2") for reply in console.execute(line)]
    file.write_text(json.dumps({"bundles": BUNDLES[:1], "memory": [7]}))
    (reply,) = console.execute("reload")
    first, second = lines_of(reply.view)
    assert first.startswith("Loaded ")
    assert first.endswith(": 1 bundles, at the start.")
    assert "breakpoint 1 cannot be met here" in second
    assert (said[0][0], console.session.core.position) == ("cycle 3  pc 3  alu (1) | store (1)", 0)


def test_check_says_that_a_result_is_correct() -> None:
    problem = Problem(2, 1, 2)
    built = build("baseline", "serial", problem)
    out: list[str] = []
    err: list[str] = []
    batch = Batch(Loaded(built, problem.memory(), False), Choice(), out.append, err.append)
    assert batch.execute(["goto end", "check"]) == 0
    assert (out[-1], err) == ("Correct: values are what the reference has.", [])


def test_an_interrupt_ends_a_batch() -> None:
    endless = Loaded(Program.from_bundles([{"flow": [["jump", 0]]}]), [], False)
    out: list[str] = []
    err: list[str] = []

    def interrupt(_progress: Progress) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    batch = Batch(endless, Choice(), out.append, err.append, on_slice=interrupt)
    assert batch.execute(["s 3", "c", "s"]) == 130
    assert len(out) == 2
    assert "interrupt" in out[-1]


def test_a_fault_stops_and_repeats_and_a_compare_is_gone_past() -> None:
    bundles = [
        {"debug": [["compare", 0, [0, 0, "idx"]]]},
        {"load": [["const", 0, 1]]},
        {"debug": [["compare", 0, [0, 0, "idx"]]], "flow": [["coreid", 2]]},
        {"alu": [["//", 1, 0, 1]]},
    ]
    faulty = Program.from_bundles(bundles)
    console = Console(Session(faulty, [0] * 9, reference={(0, 0, "idx"): 0}))

    def last(line: str) -> Sequence[str]:
        return list(console.execute(line))[-1].lines[-2:]

    assert last("c")[1] == "cycle 1  pc 2  fault  debug (1) | flow (1)"
    assert "is 1 where the reference has 0" in last("rs")[0] + last("s")[0]
    last("set radix hex")
    assert "is 0x1 where the reference has 0x0, at cycle" in last("rs")[0] + last("s")[0]
    last("set radix decimal")
    assert last("c")[0].startswith("division by zero")
    assert last("c")[1] == "cycle 2  pc 3  fault  alu (1)"
    assert last("goto end")[1] == "cycle 2  pc 3  fault  alu (1)"
    assert last("rc")[1] == "cycle 1  pc 2  fault  debug (1) | flow (1)"


def test_every_command_has_a_transcript() -> None:
    typed = {line.split()[0] for row in RIGHT for line in row[0].split(";") if line.split()}
    shown = {COMMANDS[w.split("/")[0]].name for w in typed if w.split("/")[0] in COMMANDS}
    elsewhere = {
        "diff",
        "diverge",
        "explain",
        "commands",
        "save",
        "source",
        "dump",
        "export",
        "check",
        "rebuild",
        "file",
        "reload",
    }
    assert {row.name for row in COMMANDS.values()} - shown - elsewhere <= {
        "next", "reverse-next", "reverse-step", "reverse-continue", "quit", "tbreak", "disable",
        "enable", "delete", "list", "continue", "break", "print",
    }  # fmt: skip


def test_completion() -> None:
    console = Console(Session(program()))
    assert complete(console, "reverse-c") == ["reverse-continue"]
    assert complete(console, "print a") == ["print acc"]
    assert "break engine valu" in complete(console, "break engine v")
    assert complete(console, "info sch") == ["info schedulers"]
    assert complete(console, "nope x") == []


def test_a_file_that_is_no_text_cannot_be_sourced(tmp_path: Path) -> None:
    file = tmp_path / "binary"
    file.write_bytes(b"\xff\xfe\x00")
    _, err, code = execute(f"source {file}")
    assert (code, err) == (1, [f"{file} is not UTF-8 text; source reads lines of commands."])


def test_a_wrong_result_of_an_assumed_problem_says_so(tmp_path: Path) -> None:
    file = tmp_path / "program.json"
    file.write_text('[{"flow": [["halt"]]}]')
    choice = Choice(str(file))
    out: list[str] = []
    err: list[str] = []
    code = Batch(load(choice), choice, out.append, err.append).execute(["check"])
    assert code == 1
    assert err[0] == "note: the program tells no problem, so the standard one is assumed"
    assert "the standard one is assumed" in err[-1]
