"""The installed program in a real terminal, which tmux provides: keys in, the screen out."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.driving import small_program

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

INSTALLED = shlex.quote(str(Path(sys.executable).with_name("vliwdbg")))
PATIENCE = 20


class Terminal:
    """A tmux session of its own server."""

    def __init__(self, name: str) -> None:
        self._tmux = ["tmux", "-L", name, "-f", "/dev/null"]

    def start(self, command: str, width: int, height: int) -> None:
        # The size is the terminal's, whatever a shell believes.
        shell = f"unset COLUMNS LINES; {command}; echo left with $?; sleep 60"
        size = ["-x", str(width), "-y", str(height)]
        self._run("new-session", "-d", *size, shell)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._tmux, *arguments], capture_output=True, text=True, check=True, timeout=PATIENCE
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def type(self, line: str) -> None:
        self._run("send-keys", "-l", ":" + line)
        self.press("Enter")

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def wait_for(self, *texts: str) -> str:
        """The screen, once it says all of these."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            screen = self.screen()
            if all(text in screen for text in texts):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{texts} did not appear:\n{self.screen()}")

    def end(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, timeout=PATIENCE)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    # A home of its own: no history of the user's, no keys of the user's.
    for variable in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setenv("TMUX_TMPDIR", str(tmp_path))
    monkeypatch.setenv("LANG", "C.UTF-8")
    terminal = Terminal("vliwdbg")
    yield terminal
    terminal.end()


@pytest.fixture
def program_file(tmp_path: Path) -> Path:
    """What the public builder dumps, with names and sizes."""
    program = small_program()
    path = tmp_path / "small.json"
    document = {
        "bundles": list(program.written()),
        "scratch_map": {str(at): list(entry) for at, entry in program.scratch_map.items()},
        "problem": {"forest_height": 3, "rounds": 1, "batch_size": 8},
    }
    path.write_text(json.dumps(document))
    return path


def test_a_session_from_start_to_end(terminal: Terminal, program_file: Path) -> None:
    terminal.start(f"{INSTALLED} {shlex.quote(str(program_file))}", 80, 24)
    terminal.wait_for(" 1 code ", "cycle 0", "v_val=vload mem[from]")
    terminal.type("break engine store")
    terminal.wait_for("Breakpoint 1")
    terminal.type("watch v_val")
    terminal.wait_for("atchpoint 2")
    terminal.press("p", "3", "c")
    stopped = terminal.wait_for("watchpoint 2", "cycle 3")
    terminal.press("S")
    before = terminal.wait_for("cycle 2/9", "pc 2")
    assert _row(before, "v_val") != _row(stopped, "v_val")
    terminal.press("c", "c")
    terminal.wait_for("breakpoint 1", "●▶")
    terminal.type("rebuild --kernel treehash --scheduler greedy height=3 rounds=2 batch=8")
    terminal.wait_for("treehash (greedy)", "9 → ")
    terminal.press("c")
    terminal.wait_for("breakpoint 1")
    terminal.press("q")
    terminal.wait_for("left with 0")


def _row(screen: str, name: str) -> str:
    return next(line for line in screen.splitlines() if line.startswith(name))


def test_a_program_on_standard_input(terminal: Terminal, program_file: Path) -> None:
    terminal.start(f"cat {shlex.quote(str(program_file))} | {INSTALLED} -", 80, 24)
    terminal.wait_for("cycle 0", "v_val=vload mem[from]")
    terminal.press("s")
    terminal.wait_for("cycle 1")
    terminal.press(":")
    terminal.press("q", "u", "i", "t", " ", "3", "Enter")
    terminal.wait_for("left with 3")


@pytest.mark.parametrize(("width", "height"), [(200, 50), (20, 5)])
def test_other_sizes(terminal: Terminal, program_file: Path, width: int, height: int) -> None:
    terminal.start(f"{INSTALLED} {shlex.quote(str(program_file))}", width, height)
    terminal.wait_for("1 code")
    terminal.press("s", "q")
    terminal.wait_for("left with 0")


BUGS = {
    "a key": ("screens.main", "MainScreen.action_radix", "x"),
    "drawing": ("widgets.bars", "ReplyLine.left_pieces", ""),
    "a worker": ("edits", "Edits.changed", "s"),
    "the debugger's thread": ("user", "User.keep", "s"),
}
"""Where a bug is: the module, the function that has it, and the key that it is met by, if any."""


@pytest.mark.parametrize("where", BUGS)
def test_a_bug_of_ours_is_told_in_two_lines(
    terminal: Terminal, program_file: Path, tmp_path: Path, where: str
) -> None:
    module, function, key = BUGS[where]
    script = tmp_path / "buggy.py"
    script.write_text(
        f"import vliwdbg.tui.{module} as module\n"
        "from vliwdbg.cli import main\n"
        "def buggy(*_): return {}['nothing']\n"
        f"module.{function} = buggy\n"
        "main()\n"
    )
    words = shlex.join([sys.executable, str(script), str(program_file)])
    terminal.start(words, 100, 24)
    if key:
        terminal.wait_for("cycle 0")
        terminal.press(key)
    said = terminal.wait_for("left with 70").split("\n")
    told = [line for line in said if line.strip()]
    assert told[0].startswith(
        "vliwdbg: this is our bug: KeyError: 'nothing' (buggy.py:3 in buggy)."
    )
    assert told[1].startswith("Please report it")
    # And what the shell says: nothing of the screen, no traceback.
    assert told[2:] == ["left with 70"]
