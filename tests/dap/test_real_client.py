"""The client that VS Code's makers test adapters with, where node has it:

npm install --no-save --no-package-lock @vscode/debugadapter-testsupport
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import COMMAND
from tests.dap.client import PATIENCE

SCRIPT = Path(__file__).with_name("real_client.js")
PACKAGE = "@vscode/debugadapter-testsupport"


def node(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["node", *words], cwd=SCRIPT.parent, capture_output=True, text=True, timeout=PATIENCE
    )


@pytest.fixture
def with_client() -> None:
    if shutil.which("node") is None:
        pytest.skip("there is no node here")
    if node("-e", f"require.resolve('{PACKAGE}')").returncode:
        pytest.skip(f"node does not find {PACKAGE} here; npm installs it")


@pytest.mark.usefixtures("with_client")
def test_a_real_client(loop: str) -> None:
    ended = node(str(SCRIPT), str(COMMAND), loop)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [line[:3] for line in ended.stdout.splitlines()] == ["ok "] * 4
