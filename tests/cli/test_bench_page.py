"""The page of `bench` and `export`: its commands, one after the other, print what stands there.

`python -m tests.cli.test_bench_page` writes the page anew.
"""

import os
import re
import shlex
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cli.test_questions_page import EXAMPLE, printed

PAGE = Path(__file__).parents[2] / "docs" / "bench.md"


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text("utf-8")
    assert EXAMPLE.sub(written_anew, text) == text
    assert {shlex.split(words)[0] for words, _ in EXAMPLE.findall(text)} == {
        "build", "bench", "ledger", "export",
    }  # fmt: skip


def written_anew(example: re.Match[str]) -> str:
    words, _ = example.groups()
    return "\n".join(["```text", f"$ vliwdbg {words}", *printed(words), "```"])


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        PAGE.write_text(EXAMPLE.sub(written_anew, PAGE.read_text("utf-8")), "utf-8")
