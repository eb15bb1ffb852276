"""`vliwdbg config` lists and sets; runs and scripts read none of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import ALU, Command, Ended, unchecked

Config = Callable[..., Ended]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "vliwdbg" / "settings.toml"


@pytest.fixture
def config(vliwdbg: Command, tmp_path: Path) -> Config:
    env = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    return lambda *words: vliwdbg("config", *words, env=env)


def test_a_setting_from_start_to_end(config: Config, file: Path) -> None:
    assert config("--path").out == f"{file}\n"
    assert config("radix", "decimal").code == 0
    assert file.read_text() == 'radix = "decimal"\n'
    header, *rows = [line.split() for line in config().out.splitlines()]
    assert header == ["key", "value", "default", "from"]
    assert ["radix", "decimal", "hex", f"{file}:1"] in rows
    assert ["layout", "all", "all", "default"] in rows
    shown = config("radix", "--unset").out
    assert shown.startswith("radix = hex  (default)\n")
    assert "one of hex, decimal, signed" in shown
    assert file.read_text() == ""


def test_as_json(config: Config, file: Path) -> None:
    file.parent.mkdir()
    file.write_text('# mine\nradix = "signed"\nquick = 1\n')
    listed = config("--json").json
    assert {name: listed[name] for name in ("schema", "ok", "path", "complaints")} == {
        "schema": "vliwdbg.config/1",
        "ok": True,
        "path": str(file),
        "complaints": [{"place": f"{file}:3", "message": "no setting is called 'quick'"}],
    }
    rows = {row["key"]: row for row in listed["settings"]}
    assert rows["radix"] == {
        "key": "radix",
        "value": "signed",
        "default": "hex",
        "line": 2,
        "type": "one of",
        "choices": ["hex", "decimal", "signed"],
        "help": "how words are written at first",
    }
    assert rows["keys.step"]["line"] is None
    assert [row["key"] for row in config("radix", "--json").json["settings"]] == ["radix"]


def test_wrong_lines_are_told_and_no_failure(config: Config, file: Path) -> None:
    file.parent.mkdir()
    file.write_text('radix = 3\n[keys]\nstep = "q"\n')
    ended = config("keys.step")
    assert ended.code == 0
    assert ended.out.startswith(f"keys.step = q  ({file}:3)\n")
    assert ended.err.splitlines() == [
        f'vliwdbg: {file}:1: radix takes a text in quotes, like "hex"',
        "vliwdbg: q is the key of step and of quit",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["radix", "three"], "vliwdbg: radix takes hex, decimal, signed, not 'three'\n"),
        (["radixx"], "vliwdbg: no setting is called 'radixx'; radix is one; `vliwdbg config`"),
        (["keys.step", ""], "vliwdbg: keys.step takes keys like"),
        (["--unset"], "vliwdbg: command line: --unset takes a KEY and no VALUE"),
        (["radix", "hex", "--unset"], "vliwdbg: command line: --unset takes"),
    ],
    ids=str,
)
def test_what_cannot_be_set(config: Config, file: Path, words: list[str], message: str) -> None:
    ended = config(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(message)
    assert not file.exists()


def test_a_folder_that_cannot_be_written(config: Config, file: Path) -> None:
    file.parent.write_text("")
    ended = config("radix", "hex", "--json")
    assert ended.code == 2
    assert ended.json["errors"] == [{"place": str(file), "message": "file exists"}]


@pytest.mark.parametrize("words", [["run"], ["exec", "-ex", "print/x 255", "-ex", "info b"]])
def test_nothing_else_reads_a_users_files(
    vliwdbg: Command, tmp_path: Path, words: list[str]
) -> None:
    program = vliwdbg.file(unchecked(ALU))
    outputs = []
    for home in ("empty", "full"):
        folder = tmp_path / home / "vliwdbg"
        folder.mkdir(parents=True)
        if home == "full":
            (folder / "settings.toml").write_text('oops\nradix = "decimal"\n')
            (folder / "history").symlink_to("/dev/zero")
            (folder / "workspaces").symlink_to("/dev/zero")
        variables = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
        env = dict.fromkeys(variables, str(folder.parent))
        ended = vliwdbg(words[0], program, *words[1:], env=env)
        outputs.append((ended.code, ended.out, ended.err))
    assert outputs[0] == outputs[1]
