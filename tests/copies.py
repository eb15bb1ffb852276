"""Copies of the sources that a test may edit, as somebody does who adds to them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy_of(packages: tuple[str, ...], folder: Path) -> Path:
    """The folder, with these packages in it."""
    for package in packages:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    return folder


def add(file: Path, before: str, text: str) -> None:
    """Write a text before another one, which has to be there once."""
    written = file.read_text(encoding="utf-8")
    assert written.count(before) == 1
    file.write_text(written.replace(before, text + before), encoding="utf-8")


def run(sources: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code on a copy."""
    # Where an editable install finds its packages, the copy has to come first.
    first = "import sys; sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in str(f)]"
    return subprocess.run(
        [sys.executable, "-c", f"{first}; sys.path.insert(0, {str(sources)!r})\n{code}"],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=sources,
        capture_output=True,
        text=True,
        check=False,
    )
