"""`vliwdbg.debug` in a real terminal: from a script, and from a test whose streams are caught."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.tui.test_terminal import Terminal, terminal

__all__ = ["terminal"]
pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
ROOT = Path(__file__).parents[2]
SCRIPT = """
import vliwdbg

BUNDLES = [{"load": [("const", 0, 6)]}, {"alu": [("+", 1, 0, 0)]}, {"flow": [("halt",)]}]


def test_it():
    print("caught")
    assert vliwdbg.debug(BUNDLES, "step", "print s[0] * 7") == 5
    print("and on")
    assert False


if __name__ == "__main__":
    assert vliwdbg.debug(BUNDLES, "step 2", "print s[1] * 7") == 3
    print("the script goes on")
"""


def test_from_a_script_and_from_a_test(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.tui.test_terminal.PATIENCE", 90)  # two processes start after it
    file = tmp_path / "test_it.py"
    file.write_text(SCRIPT)
    python, script = shlex.quote(sys.executable), shlex.quote(str(file))
    path = f"cd {ROOT} && export PYTHONDONTWRITEBYTECODE=1"
    test = f"{python} -m pytest -p no:cacheprovider -p no:xdist --rootdir {tmp_path} -q {script}"
    terminal.start(f"{path}; {python} {script}; {test} --no-header", 120, 40)
    terminal.wait_for("$1 = 0x54", "s[1]")
    terminal.type("quit 3")
    terminal.wait_for("$1 = 0x2a")
    terminal.type("quit 5")
    screen = terminal.wait_for("1 failed", "left with 1")
    assert "and on" in screen
    assert "assert False" in screen
