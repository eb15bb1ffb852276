"""What `serve` refuses before it serves anything."""

import socket

import pytest

from tests.cli.command import ALU, Command, unchecked
from vliwdbg.cli.app import do
from vliwdbg.cli.exit_codes import exit_code_of


@pytest.fixture
def vliwdbg(tmp_path: object) -> Command:
    return Command(tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--token", "short"], "8 characters"),
        (["--host", ""], "--host is empty"),
        (["--port", "70000"], "--port"),
        (["--limit", "0"], "--limit"),
        (["-"], "standard input"),
        (["nowhere.json"], "nowhere.json"),
        (["--kernel", "nope"], "nope"),
    ],
    ids=str,
)
def test_refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(lambda: do(["serve", *words]), "serve") == 2
    assert said in capsys.readouterr().err


def test_without_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("vliwdbg.cli.serve.find_spec", lambda name: None)
    assert exit_code_of(lambda: do(["serve"]), "serve") == 2
    assert (
        capsys.readouterr().err == "vliwdbg: command line: serve needs the extra vliwdbg[serve]\n"
    )


def test_an_address_that_cannot_be_had(vliwdbg: Command) -> None:
    pytest.importorskip("textual_serve")
    name = vliwdbg.file(unchecked(ALU))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = vliwdbg("serve", name, "--port", port)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"vliwdbg: 127.0.0.1:{port}: ")
    assert vliwdbg("serve", name, "--host", "no.such.host.invalid").code == 2
