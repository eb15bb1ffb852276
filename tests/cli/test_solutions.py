"""Python files that build programs, as their authors build them; and how their process ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import PATIENCE, Command

SMALL = ["--forest-height", "1", "--rounds", "1", "--batch-size", "8"]
HEAD = """
class KernelBuilder:
    def __init__(self):
        self.instrs = []
"""
BUILD = "\n    def build_kernel(self, height, n_nodes, batch, rounds):\n        "
ADD = """self.instrs.append({"alu": [("+", 0, 0, 0)]})\n"""


def builder(body: str = ADD, methods: str = "", before: str = "") -> str:
    """A file whose builder does this to build its kernel."""
    return before + HEAD + methods + BUILD + body


def built(vliwdbg: Command, source: str, *options: str) -> Any:
    """What `exec` says of the program, as a file holds it."""
    name = vliwdbg.file(source, "mine.py")
    ended = vliwdbg("run", "--json", name, *SMALL, "--no-check", *options)
    assert ended.code == 0, ended.err
    return ended


# --- what it needs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "methods", ["", "    def debug_info(self): return None\n", "    debug_info = lambda self: 7\n"]
)
def test_names_are_not_needed(vliwdbg: Command, methods: str) -> None:
    assert built(vliwdbg, builder(methods=methods)).json["cycles"] == 1


IMPORTS = "from problem import LENGTH\n"
MULTIPLE = "self.instrs += [{'alu': []}] * LENGTH\n"


@pytest.mark.parametrize("place", ["theirs/mine", "theirs", ".", "elsewhere"])
@pytest.mark.parametrize("path", ["elsewhere", ""])
def test_problem_is_found_beside_it_above_it_or_on_the_path(
    vliwdbg: Command, place: str, path: str
) -> None:
    for folder in ("theirs", "theirs/mine", "elsewhere"):
        (vliwdbg.folder / folder).mkdir(exist_ok=True)
    vliwdbg.file("LENGTH = 3\n", f"{place}/problem.py")
    name = vliwdbg.file(builder(MULTIPLE, before=IMPORTS), "theirs/mine/kernel.py")
    env = {"PYTHONPATH": path} if path else {}
    ended = vliwdbg("run", "-q", name, *SMALL, "--no-check", env=env)
    if place == "elsewhere" and not path:
        assert (ended.code, "No module named 'problem'" in ended.err) == (2, True)
    else:
        assert (ended.code, ended.out) == (0, "3\n")


def test_nearer_places_and_the_library_come_first(vliwdbg: Command) -> None:
    (vliwdbg.folder / "theirs").mkdir()
    vliwdbg.file("LENGTH = 3\n", "theirs/problem.py")
    vliwdbg.file("LENGTH = 4\n", "problem.py")
    vliwdbg.file("raise SystemExit('taken from above')\n", "random.py")
    before = IMPORTS + "import random\n"
    name = vliwdbg.file(builder(MULTIPLE, before=before), "theirs/kernel.py")
    assert vliwdbg("run", "-q", name, *SMALL, "--no-check").out == "3\n"


def test_nothing_is_taken_from_a_folder_that_anybody_may_write_to(vliwdbg: Command) -> None:
    (vliwdbg.folder / "theirs").mkdir()
    vliwdbg.file("LENGTH = 4\n", "problem.py")
    name = vliwdbg.file(builder(MULTIPLE, before=IMPORTS), "theirs/kernel.py")
    vliwdbg.folder.chmod(0o1777)
    assert vliwdbg("run", "-q", name, *SMALL, "--no-check").code == 2


def test_it_is_a_module_of_its_own_name(vliwdbg: Command) -> None:
    before = "import pickle, sys\nclass Part: pass\n"
    body = "assert type(pickle.loads(pickle.dumps(Part()))) is Part and __name__ == 'mine'\n"
    assert built(vliwdbg, builder(body, before=before)).json["cycles"] == 0
    assert sorted(path.name for path in vliwdbg.folder.iterdir()) == ["mine.py"]


def test_integers_of_other_libraries_are_integers(vliwdbg: Command) -> None:
    before = """
class Integer:
    def __init__(self, value): self.value = value
    def __index__(self): return self.value
"""
    body = "self.instrs.append({'load': [('const', Integer(3), Integer(4))]})\n"
    assert built(vliwdbg, builder(body, before=before)).json["scratch_high_water"] == 4


# --- which interpreter ----------------------------------------------------------------------------


def interpreter(path: Path) -> Path:
    """An interpreter that leaves a trace of having been used."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho used "$0"\nexec {sys.executable} "$@"\n')
    path.chmod(0o755)
    return path


def test_an_interpreter_that_is_asked_for(vliwdbg: Command) -> None:
    interpreter(vliwdbg.folder / "other" / "python")
    interpreter(vliwdbg.folder / ".venv" / "bin" / "python")
    ended = built(vliwdbg, builder(), "--python", "other/python")
    assert ended.err == f"used {vliwdbg.folder / 'other' / 'python'}\n"


def test_the_projects_own_interpreter_is_taken_and_told(vliwdbg: Command) -> None:
    own = interpreter(vliwdbg.folder / ".venv" / "bin" / "python")
    ended = built(vliwdbg, builder())
    assert ended.err.startswith(f"used {own}\nnote: built with .venv/bin/python beside mine.py; ")
    assert "--python" in ended.err


@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_other_versions_of_python(vliwdbg: Command, version: str) -> None:
    found = sorted(Path(sys.base_prefix).parent.glob(f"{version}*/bin/python"))
    if not found:
        pytest.skip(f"there is no Python {version} here")
    before = f"import sys\nassert sys.version.startswith('{version}.')\n"
    assert built(vliwdbg, builder(before=before), "--python", str(found[0])).json["cycles"] == 1


def test_an_interpreter_for_something_else_is_refused(vliwdbg: Command) -> None:
    assert vliwdbg("run", vliwdbg.file([]), "--python", "python3").code == 2
    ended = vliwdbg("run", vliwdbg.file(builder(), "mine.py"), "--python", "nowhere/python")
    assert (ended.code, ended.err.splitlines()[0]) == (
        2,
        "vliwdbg: --python: there is no interpreter 'nowhere/python'",
    )


# --- what it may tell -----------------------------------------------------------------------------

TELLS = """
self.instrs += [
            {"debug": [("tag", "begin"), ("comment", "same"), ("compare", 0, (0, 0, "val"))]},
            {"load": [("const", 0, 1, {"round": 0}), ("const", 1, 1)]},
            {"debug": [("tag", "rest")], "alu": [("+", 2, 0, 1, {"op": "hash"})]},
        ]
        self.vliwdbg = {"name": "mine", "outputs": ["values", "indices"],
                        "tags": [{"pc": 1, "name": "load", "end": 2}]}
"""


def test_tags_notes_and_claims(vliwdbg: Command) -> None:
    told = builder(TELLS.strip() + "\n", "    def debug_info(self):\n        return self\n")
    told += "    scratch_map = {0: ('one', 1)}\n"
    name = vliwdbg.file(told, "mine.py")
    script = "from vliwdbg.programs import Choice, load\nfrom machine.codec import write_program\n"
    script += f"import sys\nwrite_program(load(Choice({name!r})).program, sys.stdout)\n"
    written = vliwdbg.folder / "write.py"
    written.write_text(script)
    document = _written_by(vliwdbg, written)
    assert document["name"] == "mine"
    assert document["outputs"] == ["values", "indices"]
    assert document["scratch_map"] == {"0": ["one", 1]}
    assert document["bundles"] == [
        {"debug": [["comment", "same"], ["compare", 0, [0, 0, "val"]]]},
        {"load": [["const", 0, 1], ["const", 1, 1]]},
        {"debug": [], "alu": [["+", 2, 0, 1]]},
    ]
    tags = {(tag["pc"], tag["name"]) for tag in document["tags"]}
    assert tags == {(0, "begin"), (0, "same"), (1, "load"), (2, "rest")}
    assert document["slots"] == [None, None, {"round": 0}, None, {"op": "hash"}]


def _written_by(vliwdbg: Command, script: Path) -> Any:
    done = subprocess.run(
        [sys.executable, script], cwd=vliwdbg.folder, capture_output=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


WRONG_WORDS = {
    "outputs": "['nothing']",
    "tags": "[{'pc': -1, 'name': 'x'}]",
    "scratch_map": "{'5000': ['x', 1]}",
    "slots": "7",
}


@pytest.mark.parametrize("key", WRONG_WORDS)
def test_what_is_wrong_in_it_is_refused_with_its_place(vliwdbg: Command, key: str) -> None:
    source = builder(f"self.vliwdbg = {{{key!r}: {WRONG_WORDS[key]}}}\n")
    ended = vliwdbg("run", vliwdbg.file(source, "mine.py"), "--no-check")
    assert ended.code == 2
    assert ended.err.startswith(f"vliwdbg: {key}")


# --- how long it takes ----------------------------------------------------------------------------

SLEEPS = builder("import time; time.sleep(60)\n")


@pytest.mark.parametrize("seconds", ["0", "0.5", "1.5"])
def test_time_counts_while_it_builds(vliwdbg: Command, seconds: str) -> None:
    ended = vliwdbg("run", vliwdbg.file(SLEEPS, "mine.py"), "--json", "--timeout", seconds)
    assert ended.code == 4
    assert "still building" in ended.json["errors"][0]["message"]
    assert ended.seconds < float(seconds) + 1.5


def test_time_that_the_build_took_is_not_left_for_the_run(vliwdbg: Command) -> None:
    body = "import time; time.sleep(0.6); self.instrs.append({'flow': [('jump', 0)]})\n"
    ended = vliwdbg("run", vliwdbg.file(builder(body), "mine.py"), "--json", "--timeout", "1")
    assert (ended.code, ended.json["stop"]["reason"]) == (4, "timeout")
    assert ended.seconds < 2


@pytest.mark.parametrize(("options", "said"), [([], True), (["-q"], False)])
def test_a_long_build_says_so(vliwdbg: Command, options: list[str], said: bool) -> None:
    ended = vliwdbg("run", vliwdbg.file(SLEEPS, "mine.py"), "--timeout", "1.3", *options)
    assert ("building mine.py" in ended.err) is said


# --- how it ends ----------------------------------------------------------------------------------

FOREVER = """
import os, time
if os.fork() == 0:  # the family of the process goes with it
    while True: time.sleep(1)
with open("pipe", "w") as pipe:
    print(os.getpid(), file=pipe, flush=True)
    while True: print("x" * 1000 if loud else "", end="")
"""


@pytest.fixture
def folder_of_ours(vliwdbg: Command, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where temporary files go; nothing may be left there."""
    folder = tmp_path_factory.mktemp("temporary")
    yield folder
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("loud", [False, True])
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGKILL"])
def test_whatever_ends_us_ends_it(
    vliwdbg: Command, folder_of_ours: Path, number: str, loud: bool
) -> None:
    vliwdbg.file(f"loud = {loud}\n{FOREVER}", "mine.py")
    os.mkfifo(vliwdbg.folder / "pipe")
    process = vliwdbg.start("run", "mine.py", env={"TMPDIR": str(folder_of_ours)})
    with (vliwdbg.folder / "pipe").open() as pipe:
        pipe.readline()
        process.send_signal(getattr(signal, number))
        process.communicate(timeout=PATIENCE)
        assert pipe.read() == ""  # comes when nobody holds the other end, forked children included


ENDLESS_OUTPUT = """
while True: print("x" * 10_000)
"""


def test_endless_output_is_not_held(vliwdbg: Command) -> None:
    name = vliwdbg.file(ENDLESS_OUTPUT, "mine.py")
    process = vliwdbg.start("run", name, "--timeout", "2")
    most = 0
    while process.poll() is None:
        most = max(most, _resident(process.pid))
        time.sleep(0.02)
    process.communicate()
    assert process.returncode == 4
    assert most < 100 * 2**20


def _resident(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("printed", [1_000, 1_000_000])
def test_the_last_of_what_it_printed_is_shown(vliwdbg: Command, printed: int) -> None:
    before = f"print('first'); print('x' * {printed}); print('last')\n"
    err = built(vliwdbg, builder(before=before)).err
    assert err.endswith("x\nlast\n")
    assert ("first" in err) is (printed < 100_000)
    assert ("bytes before" in err) is (printed > 100_000)
    assert len(err) < 200_000


def test_a_forked_child_does_not_hold_the_load(vliwdbg: Command) -> None:
    before = "import os, time\nif os.fork() == 0: time.sleep(50); os._exit(0)\n"
    ended = built(vliwdbg, builder(before=before))
    assert ended.json["cycles"] == 1
    assert ended.seconds < 10


def test_it_may_clear_up_behind_itself(vliwdbg: Command) -> None:
    before = "import atexit, pathlib\natexit.register(pathlib.Path('cleared').touch)\n"
    built(vliwdbg, builder(before=before))
    assert (vliwdbg.folder / "cleared").exists()
