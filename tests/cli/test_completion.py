"""What a shell is told could come next, asked by a real bash, and as the shells ask."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kernels.ablation import techniques
from kernels.catalog import KERNELS, SCHEDULERS
from tests.cli.command import COMMAND, Command
from vliwdbg.cli import app
from vliwdbg.cli.parameters import ASKED_BY_SHELL, parameters_of

BUNDLES = [{"load": [["const", 0, 1]]}, {"alu": [["+", 8, 0, 0]]}]
PROGRAM = {
    "bundles": BUNDLES,
    "memory": [0] * 16,
    "scratch_map": {"0": ["one", 1], "8": ["v_val", 8]},
    "tags": [{"pc": 0, "name": "set up", "end": 1}],
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    Command(tmp_path).file(PROGRAM)
    Command(tmp_path).file("raise SystemExit('it was run')", "mine.py")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def completed(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    """What bash is told for the last word of a line."""
    monkeypatch.setenv(ASKED_BY_SHELL, "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    assert app.complete() == 0
    return capsys.readouterr().out.split("\n")[:-1]


CASES = {
    "vliwdbg ru": ["run"],
    "vliwdbg build --scheduler ": list(SCHEDULERS),
    "vliwdbg build --kernel t": [name for name in KERNELS if name[0] == "t"],
    "vliwdbg build --without ": list(techniques()),
    "vliwdbg build --kernel vectors --without si": [],
    "vliwdbg build --kernel vectors --without scr": ["scratch-state"],
    "vliwdbg build --set tr": ["tree-cache="],
    "vliwdbg program.json --bre": ["--break"],
    "vliwdbg program.json --break v": ["v_val", "valu:+"],
    "vliwdbg run program.json --break 's": ["scratch ", "store:store"],
    "vliwdbg run program.json --break en": ["engine\\ alu", "engine\\ valu"],
    "vliwdbg run program.json --watch o": ["one"],
    "vliwdbg who program.json v": ["v_val"],
    "vliwdbg exec program.json -ex reverse-c": ["reverse-continue"],
    "vliwdbg lint --explain u": ["useless"],
    "vliwdbg config radix s": ["signed"],
    "vliwdbg config ra": ["radix"],
    "vliwdbg run p": [],
    "vliwdbg run mine.py --watch ": [],
    "vliwdbg run nowhere.json --watch ": [],
    "vliwdbg run --nope ": [],
}


@pytest.mark.parametrize("line", CASES)
def test_candidates(
    line: str,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [text for text in completed(line, monkeypatch, capsys) if text]
    expected = CASES[line]
    assert found[: len(expected)] == expected
    assert bool(found) == bool(expected)


def test_a_tag_has_the_quotes_that_a_place_needs(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "vliwdbg run program.json --break "
    assert "\\'set\\ up\\'" in completed(line, monkeypatch, capsys)


def test_every_kind_is_known() -> None:
    from vliwdbg.cli.completing import _KINDS

    named = {
        p.declared.completes for name in app.names() for p in parameters_of(app.command_of(name))
    }
    assert named - {""} == set(_KINDS)


ASKS_BASH = """
eval "$(vliwdbg --show-completion bash)"
COMP_WORDS=(vliwdbg build --scheduler gr) COMP_CWORD=3
_vliwdbg_completion vliwdbg
printf '%s\\n' "${COMPREPLY[@]}"
complete -p vliwdbg
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_real_bash(tmp_path: Path) -> None:
    path = f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"
    told = subprocess.run(
        ["bash", "--norc", "-c", ASKS_BASH],
        env={"PATH": path, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.splitlines() == [
        "greedy", "complete -o default -F _vliwdbg_completion vliwdbg"
    ]  # fmt: skip


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(shell: str, vliwdbg: Command) -> None:
    told = vliwdbg("--show-completion", shell)
    assert told.code == 0
    assert ASKED_BY_SHELL in told.out


def test_what_shells_of_other_kinds_ask(vliwdbg: Command) -> None:
    asked = {ASKED_BY_SHELL: "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    told = vliwdbg(env=asked | {"_TYPER_COMPLETE_ARGS": "vliwdbg build --scheduler gr"})
    assert (told.code, told.out, told.err) == (0, "greedy\n", "")
    told = vliwdbg(env={ASKED_BY_SHELL: "complete_nope", "COMP_WORDS": "vliwdbg "})
    assert (told.code, told.out) == (1, "")
