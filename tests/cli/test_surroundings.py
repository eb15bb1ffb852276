"""What is around the command: terminals, encodings, closed and full streams, folders, modules."""

import json
import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import ALU, ENDLESS, FAULT, Command, unchecked

SMALL = ["--forest-height", "1", "--rounds", "1", "--batch-size", "8"]
STEERING = "\x1b[2J\x07\x9b31m\x7f\u202e\ud800\r\nresult   correct"


@pytest.fixture
def program(vliwdbg: Command) -> str:
    return vliwdbg.file(unchecked(ALU))


# --- streams --------------------------------------------------------------------------------------

UNBUFFERED = [{}, {"PYTHONUNBUFFERED": "1"}]


@pytest.fixture(params=UNBUFFERED, ids=["buffered", "unbuffered"])
def env(request: pytest.FixtureRequest) -> dict[str, str]:
    return dict(request.param)


@pytest.fixture
def closed_pipe() -> Iterator[int]:
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["run"], 0),
        (["run", "--json", "--dump-memory", "-"], 0),
        (["run", "--seed", "1"], 1),
        (["run", "--json", "--kernel", "x"], 2),
        (["build", *SMALL], 0),
        (["--help"], 0),
    ],
    ids=str,
)
def test_closed_pipe_changes_nothing(
    vliwdbg: Command,
    program: str,
    env: dict[str, str],
    closed_pipe: int,
    words: list[str],
    code: int,
) -> None:
    given = [*words, program] if words[0] == "run" else words
    ended = vliwdbg(*given, env=env, stdout=closed_pipe)
    assert ended.code == code
    assert_no_complaint(ended.err)


def assert_no_complaint(err: str) -> None:
    for word in ("Traceback", "Exception", "our bug"):
        assert word not in err


@pytest.mark.parametrize(
    "words", [["run", "--json"], ["run", "-q"], ["spec"], ["run", "--help"]], ids=str
)
def test_full_standard_output(
    vliwdbg: Command, program: str, env: dict[str, str], words: list[str]
) -> None:
    given = [*words, program] if words[0] == "run" else words
    with Path("/dev/full").open("wb") as full:
        ended = vliwdbg(*given, env=env, stdout=full)
    assert ended.code == 2
    assert ended.err == "vliwdbg: standard output: no space left on device\n"


@pytest.mark.parametrize("options", [[], ["--json"]], ids=str)
def test_full_standard_error_changes_nothing(
    vliwdbg: Command, env: dict[str, str], options: list[str]
) -> None:
    fault = vliwdbg.file(unchecked(FAULT, colour="red"))
    with Path("/dev/full").open("wb") as full:
        ended = vliwdbg("run", fault, *options, env=env, stderr=full)
        assert vliwdbg("run", "nowhere", env=env, stderr=full).code == 2
    assert ended.code == 3
    assert ended.out


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_closed_streams(vliwdbg: Command, tmp_path: Path, program: str, closed: Any) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    ended = vliwdbg("run", program, "--dump-memory", "words", preexec_fn=close)
    assert ended.code == 0
    assert_no_complaint(ended.err)
    assert ("end at cycle 1" in ended.out) is (1 not in closed)
    assert json.loads((tmp_path / "words").read_text()) == [0] * 16


def test_closed_standard_input_is_empty(vliwdbg: Command) -> None:
    ended = vliwdbg("run", "-", preexec_fn=lambda: os.close(0))
    assert ended.code == 2
    assert "empty" in ended.err


# --- what reaches a terminal ----------------------------------------------------------------------

PLAIN: tuple[dict[str, str], ...] = (
    {},
    {"LC_ALL": "C"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONUTF8": "0", "LC_ALL": "POSIX"},
)


def assert_harmless(text: str) -> None:
    assert all(c.isprintable() or c == "\n" for c in text)


@pytest.mark.parametrize("env", PLAIN, ids=str)
def test_names_do_not_steer_the_terminal(vliwdbg: Command, env: dict[str, str]) -> None:
    fields = {"name": f"é{STEERING}", STEERING: 1, "problem": {STEERING: 1, "batch_size": 0}}
    fine = vliwdbg("run", vliwdbg.file({"bundles": ALU, **fields}), env=env)
    assert fine.code == 0
    assert fine.out.count("\nresult ") == 1
    assert "\\x1b[2J" in fine.out
    wrong = [{STEERING: []}, {"alu": [[STEERING, 0, 0, 0]]}, {"alu": STEERING}]
    refused = vliwdbg("run", vliwdbg.file(wrong, "wrong.json"), env=env)
    assert refused.code == 2
    key = {"debug": [["compare", 0, STEERING]]}
    fault = vliwdbg("run", vliwdbg.file([key], "fault.json"), "--debug", *SMALL, env=env)
    assert fault.code == 3
    for ended in (fine, refused, fault):
        assert_harmless(ended.out + ended.err)


@pytest.mark.parametrize(
    "words",
    [
        ["run", b"\x1b[2J\xff.json"],
        ["run", b"\x1b[2J\xff.py"],
        [b"\x1b[2J\xff"],
        ["run", b"--\x1b[2J\xff"],
        ["run", "--kernel", b"\x1b[2J\xff"],
        ["run", "x.json", b"\x1b[2J\xff"],
        ["run", "--seed", b"\x1b[2J\xff"],
        ["run", "--memory", b"\x1b[2J\xff"],
        ["run", "--dump-memory", b"\x1b[2J\xff/x"],
        ["build", "-o", b"\x1b[2J\xff/x"],
        ["build", "--set", b"\x1b[2J\xff"],
        ["build", "--without", b"\x1b[2J\xff"],
    ],
    ids=str,
)
def test_words_do_not_steer_the_terminal(vliwdbg: Command, words: list[str | bytes]) -> None:
    ended = vliwdbg(*words)
    assert ended.code == 2
    assert ended.err.startswith(("vliwdbg: ", "note: "))
    assert_harmless(ended.err)


def test_what_the_users_code_prints_does_not_steer_the_terminal(vliwdbg: Command) -> None:
    source = """
print("\\x1b[2J", end="")
class KernelBuilder:
    instrs = []
    scratch_map = {}
    def debug_info(self):
        return self
    def build_kernel(self, *sizes):
        pass
"""
    name = vliwdbg.file(source, "mine.py")
    for quiet, printed in (("--json", "\\x1b[2J\n"), ("-q", ""), ("-qq", "")):
        assert vliwdbg("run", name, *SMALL, "--no-check", quiet).err == printed


@pytest.mark.parametrize("env", [{"FORCE_COLOR": "1", "TERM": "xterm-256color"}], ids=str)
def test_no_colour_without_a_terminal(vliwdbg: Command, env: dict[str, str]) -> None:
    endless = vliwdbg.file(ENDLESS)
    for words in (["--help"], ["run", "--nope"], ["run", endless, "--timeout", "0.8"]):
        assert_harmless("".join([(ended := vliwdbg(*words, env=env)).out, ended.err]))


@pytest.mark.parametrize(
    ("env", "escapes"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True),
        ({"TERM": "dumb"}, False),
    ],
    ids=str,
)
def test_progress_in_a_terminal(vliwdbg: Command, env: dict[str, str], escapes: bool) -> None:
    terminal, theirs = pty.openpty()
    endless = vliwdbg.file(ENDLESS)
    ended = vliwdbg("run", "--json", endless, "--timeout", "2", env=env, stderr=theirs)
    shown = read(terminal)
    assert ("\x1b" in shown) is escapes
    assert ("\x1b[3" in shown) is (escapes and "NO_COLOR" not in env)
    assert ended.json["stop"]["reason"] == "timeout"


def test_no_progress_if_quiet(vliwdbg: Command) -> None:
    terminal, theirs = pty.openpty()
    ended = vliwdbg("run", "-q", vliwdbg.file(ENDLESS), "--timeout", "1", stderr=theirs)
    assert ended.code == 4
    assert "\x1b" not in read(terminal)


def read(terminal: int) -> str:
    os.set_blocking(terminal, False)
    try:
        return os.read(terminal, 2**20).decode()
    except BlockingIOError:
        return ""


# --- no terminal to open a debugger in ------------------------------------------------------------

NOTE = "note: there is no terminal here to show it, so this does what `vliwdbg run` does\n"


@pytest.mark.parametrize(
    "words",
    [
        ["program.json"],
        ["--max-cycles", "1"],
        ["fault.json"],
        ["program.json", *SMALL, "--seed", "4"],
        ["program.json", "--memory", "words.json"],
        SMALL,
        ["--kernel", "baseline", "--scheduler", "serial", *SMALL],
        ["nowhere.json"],
    ],
    ids=str,
)
def test_without_a_terminal_it_runs(vliwdbg: Command, program: str, words: list[str]) -> None:
    vliwdbg.file(unchecked(FAULT), "fault.json")
    vliwdbg.file([1, 2], "words.json")
    opened, run = vliwdbg(*words), vliwdbg("run", *words)
    if "--max-cycles" in words:  # belongs to `run` alone
        assert (opened.code, run.code) == (2, 4)
    else:
        assert (opened.code, opened.out) == (run.code, run.out)
        assert opened.err == NOTE + run.err


def test_without_a_terminal_commands_are_executed(vliwdbg: Command) -> None:
    wrong = vliwdbg.file({"bundles": ALU, "problem": {"batch_size": 1}})
    script = vliwdbg.file("check\n", "script")
    for words in (["-ex", "goto end", "-ex", "check"], ["-x", script]):
        opened, executed = vliwdbg(wrong, *words), vliwdbg("exec", wrong, *words)
        assert (opened.code, opened.out) == (executed.code, executed.out)
        assert opened.code == 1
        assert opened.err == NOTE.replace("run`", "exec`") + executed.err


def test_standard_input_without_a_terminal(vliwdbg: Command) -> None:
    ended = vliwdbg("-", stdin=json.dumps(unchecked(ALU)).encode())
    assert (ended.code, ended.err) == (0, NOTE)
    assert "end at cycle 1" in ended.out


@pytest.mark.parametrize("stream", ["stdin", "stdout"])
def test_half_a_terminal_is_none(vliwdbg: Command, program: str, stream: str) -> None:
    terminal, theirs = pty.openpty()
    streams: Any = {stream: theirs}
    ended = vliwdbg(program, **streams)
    assert (ended.code, ended.err) == (0, NOTE)
    assert "end at cycle 1" in ended.out + read(terminal)


def test_a_terminal_that_shows_only_lines_is_none(vliwdbg: Command, program: str) -> None:
    terminal, theirs = pty.openpty()
    ended = vliwdbg(program, env={"TERM": "dumb"}, stdin=theirs, stdout=theirs)
    assert (ended.code, ended.err) == (0, NOTE)
    assert "end at cycle 1" in read(terminal)


# --- modules and folders --------------------------------------------------------------------------

LISTING = """
import gc, json, sys
gc.collect()
collections = []
gc.callbacks.append(lambda phase, info: collections.append(phase))
from vliwdbg.cli import main
try:
    main(sys.argv[1:])
finally:
    gc.callbacks.clear()
    told = {"modules": sorted(sys.modules), "collections": len(collections)}
    print(json.dumps(told), file=sys.stderr)
"""


HEAVY = {
    "typer",
    "pydantic",
    "textual",
    "rich.console",
    "numpy",
    "asyncio",
    "lark",
    "multiprocessing",
    "machine.schema",
    "machine.trials",
}
NEEDED = {
    "vliwdbg.cli",
    "vliwdbg.cli.app",
    "vliwdbg.cli.load_options",
    "vliwdbg.cli.loading",
    "vliwdbg.cli.exit_codes",
    "vliwdbg.cli.output_files",
    "vliwdbg.cli.options",
    "vliwdbg.cli.parameters",
    "vliwdbg.cli.run",
    "vliwdbg.cli.streams",
    "vliwdbg.files",
    "vliwdbg.printable",
    "vliwdbg.programs",
    "vliwdbg.report",
    "vliwdbg.runner",
    "vliwdbg.session",
    "vliwdbg.session.debuggee",
    "vliwdbg.session.detection",
    "vliwdbg.session.moves",
    "vliwdbg.session.navigation",
}


@pytest.mark.parametrize("words", [["run", "-q"], ["run"], ["run", "--json"]], ids=str)
def test_a_run_starts_with_no_more_than_it_needs(
    vliwdbg: Command, program: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.cli.command.COMMAND", sys.executable)
    ended = vliwdbg(vliwdbg.file(LISTING, "listing.py"), *words, program)
    assert ended.code == 0
    told = json.loads(ended.err)
    modules = set(told["modules"])
    assert modules & HEAVY == set()
    assert {name for name in modules if name.startswith(("kernels", "vliwdbg."))} == NEEDED
    assert told["collections"] == 0


HOSTILE = [
    "json",
    "typer",
    "sitecustomize",
    "usercustomize",
    "vliwdbg",
    "machine",
    "kernels",
    "conftest",
    "array",
    "multiprocessing",
    "concurrent",
    "kernel_cache",
    "platformdirs",
]


def test_nothing_of_the_current_folder_is_executed(vliwdbg: Command, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    trap = "import os; open('executed', 'w').write(__file__); os._exit(66)"
    for module in HOSTILE:
        (folder / f"{module}.py").write_text(trap)
        (folder / module).mkdir()
        (folder / module / "__init__.py").write_text(trap)
        (folder / module / "__main__.py").write_text(trap)
    (folder / "pyproject.toml").write_text("[tool.vliwdbg]\nbreak = 1\n")
    program = (folder / "program.json").write_text(json.dumps(unchecked(ALU))) and "program.json"
    (tmp_path / "mine.py").write_text(
        "class KernelBuilder:\n instrs = []\n scratch_map = {}\n"
        " def debug_info(self): return self\n def build_kernel(self, *_): pass\n"
    )
    for words in (
        ["run", "-q", program],
        ["run", program, "--json"],
        ["run", "-q", *SMALL],
        [program],
        ["build", *SMALL],
        ["info"],
        ["spec"],
        ["run", "../mine.py", "--no-check", *SMALL],
        ["run", *SMALL, "--trials", "33", "--jobs", "2"],
        ["tune", *SMALL, "--tries", "2", "--jobs", "2"],
    ):
        assert vliwdbg(*words, cwd=folder).code == 0
    assert not (folder / "executed").exists()
    assert not (tmp_path / "executed").exists()


def test_a_core_that_there_is_not(vliwdbg: Command, program: str) -> None:
    ended = vliwdbg("run", program, "--json", env={"VLIWDBG_CORE": "quick"})
    assert ended.code == 2
    assert ended.err.startswith("vliwdbg: VLIWDBG_CORE: no core is called 'quick'; there are ")
    assert ended.json["errors"][0]["place"] == "VLIWDBG_CORE"
