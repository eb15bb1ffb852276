"""Every command line that the documentation shows does what it is shown for.

They run as they stand, but for sizes and times: kernels are built for a small problem, searches
end after one try, and servers when they would begin to wait.
"""

from __future__ import annotations

import asyncio
import io
import shlex
import shutil
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from glob import glob
from pathlib import Path

import pytest
from platformdirs import user_cache_dir

from kernels.catalog import build
from machine.codec import write_program
from tests.docs.command_lines import PAGES, ROOT, command_lines
from tests.docs.test_walks import WALKS
from tests.inspect.mutations import SMALL, mutants
from vliwdbg.cli.app import FIRST_WORDS, OPEN, do
from vliwdbg.cli.exit_codes import exit_code_of

LINES = {line: page.relative_to(ROOT).as_posix() for page in PAGES for line in command_lines(page)}
COMPARED = {page.name for page in WALKS} | {"questions.md", "bench.md"}
SIZES = ["--forest-height", "3", "--rounds", "2", "--batch-size", "16"]
SMALLER = {"build": SIZES, "tune": [*SIZES, "--tries", "1"]}
WAITING = {
    "dap": ("vliwdbg.dap.server.serve_streams", "vliwdbg.dap.server.serve_port"),
    "serve": ("asyncio.run",),
}
"""What a server does for as long as it is wanted."""
SOLUTION = """
from vliwdbg.programs import Choice, load
class KernelBuilder:
    def build_kernel(self, *sizes):
        self.instrs = list(load(Choice()).program.written())
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the pages speak of."""
    folder = tmp_path_factory.mktemp("programs")
    good = build("vectors", "list", SMALL)
    wrong = next(mutants(good, 5)).program
    names = {
        at: ("v_val", size) if name == "val0" else (name, size)
        for at, (name, size) in good.scratch_map.items()
    }
    good = replace(good, scratch_map=names)
    named = {"program": good, "a": good, "b": build("vectors", "greedy", SMALL), "wrong": wrong}
    for name, program in named.items():
        with (folder / f"{name}.json").open("w") as stream:
            write_program(program, stream)
    for copy in ("good", "nameless", "list"):
        shutil.copy(folder / "a.json", folder / f"{copy}.json")
    (folder / "solution.py").write_text(SOLUTION)
    (folder / "kernels").mkdir()
    for words in (
        ["bench", f"{folder}/b.json", "--jobs", "1", "--ledger", f"{folder}/runs.ledger"],
        ["tune", *SMALLER["tune"], "-o", f"{folder}/found.json", "--log", f"{folder}/run.log"],
    ):
        with redirect_stdout(io.StringIO()):
            assert do(words) == 0
    return folder


@pytest.fixture
def here(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder as the current one, without a terminal, with its own home."""
    folder = tmp_path / "here"
    shutil.copytree(programs, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path(user_cache_dir()).absolute()))
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(sys, stream, io.TextIOWrapper(io.BytesIO(), "utf-8"))
    return folder


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[:60])
def test_it_is_done(
    line: str,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [found for word in shlex.split(line)[1:] for found in sorted(glob(word)) or [word]]
    if not words or words[0] not in FIRST_WORDS:
        words = [OPEN, *words]
    words += SMALLER.get("build" if "--scheduler" in words else words[0], [])
    for waiting in WAITING.get(words[0], ()):
        monkeypatch.setattr(waiting, _leave)
    no = 1 if words[0] in ("diverge", "bench") and "wrong.json" in words else 0
    code = exit_code_of(lambda: do(words), words[0])
    assert code == no, f"{LINES[line]}: {capsys.readouterr().err}"


def _leave(*waited_for: object) -> None:
    for coroutine in filter(asyncio.iscoroutine, waited_for):
        coroutine.close()


def test_the_pages_have_command_lines() -> None:
    assert len(LINES) > 50


def test_what_a_command_prints_is_compared_wherever_it_is_shown() -> None:
    assert {page.name for page in PAGES if "\n$ vliwdbg" in page.read_text("utf-8")} == COMPARED
