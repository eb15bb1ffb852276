"""The pictures of the documentation are those that the program draws."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from vliwdbg.tui.picture import PICTURES, draw

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = re.compile(r"!\[[^]]+\]\((?:docs/)?([^)]+)\.svg\)")
TEXT = re.compile(r"<text [^>]*>([^<]*)</text>")


def texts(svg: str) -> list[str]:
    """What stands on a picture, whatever its colours."""
    return [unescape(text) for text in TEXT.findall(svg)]


def test_each_is_shown_and_there() -> None:
    pages = [DOCS.parent / "README.md", *DOCS.rglob("*.md")]
    shown = {name for page in pages for name in SHOWN.findall(page.read_text("utf-8"))}
    assert shown == set(PICTURES) == {file.stem for file in DOCS.rglob("*.svg")}


@pytest.mark.parametrize(
    "name",
    [name if name == "tour-small" else pytest.param(name, marks=pytest.mark.soak)
     for name in PICTURES],
)  # fmt: skip
async def test_it_shows_what_the_program_shows(name: str) -> None:
    drawn = texts((DOCS / f"{name}.svg").read_text("utf-8"))
    assert len(drawn) > 20
    assert drawn == texts(await draw(PICTURES[name])), "python -m vliwdbg.tui.picture"
