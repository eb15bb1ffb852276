"""What VS Code's makers test adapters and package extensions with, where node has it:

npm install --no-save --no-package-lock @vscode/debugadapter-testsupport @vscode/vsce
"""

import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.cli.command import COMMAND
from tests.dap.client import PATIENCE

SCRIPT = Path(__file__).with_name("real_client.js")
EXTENSION = Path(__file__).parents[2] / "editors" / "vscode"


def node(*words: str, cwd: Path = SCRIPT.parent) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["node", *words], cwd=cwd, capture_output=True, text=True, timeout=2 * PATIENCE
    )


def found(package: str) -> str:
    """Where node finds a package; the test is skipped where it does not."""
    if shutil.which("node") is None:
        pytest.skip("there is no node here")
    resolved = node("-p", f"require.resolve('{package}')")
    if resolved.returncode:
        pytest.skip(f"node does not find {package} here; npm installs it")
    return resolved.stdout.strip()


def test_a_real_client(loop: str) -> None:
    found("@vscode/debugadapter-testsupport")
    ended = node(str(SCRIPT), str(COMMAND), loop)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [line[:3] for line in ended.stdout.splitlines()] == ["ok "] * 4


def test_the_extension_is_packaged(tmp_path: Path) -> None:
    vsce = Path(found("@vscode/vsce/package.json")).with_name("vsce")
    options = ("--skip-license", "--allow-missing-repository", "-o", str(tmp_path / "made.vsix"))
    ended = node(str(vsce), "package", *options, cwd=EXTENSION)
    assert ended.returncode == 0, ended.stderr
    with ZipFile(tmp_path / "made.vsix") as made:
        names = {Path(name).name for name in made.namelist() if name.startswith("extension/")}
    assert names == {"package.json", "program.schema.json", "readme.md"}
