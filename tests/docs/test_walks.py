"""The walks print what stands on their pages."""

from pathlib import Path

import pytest

from tests.docs.walks import EXAMPLE, PAGES, written_anew

WALKS = [page for page in PAGES if EXAMPLE.search(page.read_text("utf-8"))]


@pytest.mark.parametrize("page", WALKS, ids=lambda page: page.stem)
def test_walk(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = page.read_text("utf-8")
    assert written_anew(text) == text


def test_there_are_walks() -> None:
    assert len(WALKS) > 2
