"""The site is built from the pages, and a link that leads nowhere fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("material", reason="mkdocs-material is not installed")
pytest.importorskip("mkdocs_awesome_nav")
ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def built(folder: Path) -> subprocess.CompletedProcess[str]:
    """What `make docs` says of a folder with pages."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder / "site")],
        cwd=folder,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )


def test_every_page_is_in_the_site(tmp_path: Path) -> None:
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    done = built(tmp_path)
    assert done.returncode == 0, done.stderr
    start = (tmp_path / "site" / "index.html").read_text("utf-8")
    pages = (page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md"))
    for page in pages:
        parts = page.parts[:-1] if page.stem in ("index", "README") else page.with_suffix("").parts
        assert f'href="{"/".join([*parts, ""]) or "."}"' in start, page


def test_a_dead_link_fails(tmp_path: Path) -> None:
    dead = ["nowhere.md", "#nowhere", "index.md#nobody", "../README.md", "/absolute.md"]
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    (tmp_path / "docs").mkdir()
    text = "\n".join(f"[there]({link})" for link in dead)
    (tmp_path / "docs" / "index.md").write_text(f"# Start\n\n{text}\n")
    done = built(tmp_path)
    assert done.returncode == 1
    assert [link for link in dead if f"'{link}'" not in done.stderr] == []


def test_links_of_pages_outside_the_site() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / ".github").rglob("*.md")]
    assert len(pages) > 1
    for page in pages:
        for link in LINK.findall(page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
