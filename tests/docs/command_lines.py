"""Every command line on a page: in a list of them, or within a sentence.

vliwdbg why|stats program.json        what it is about        two commands
`vliwdbg mcp [FOLDER]`                                        with and without the part
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LISTED = re.compile(r"^    (vliwdbg(?: .*)?)$", re.MULTILINE)
SPOKEN = re.compile(r"`(vliwdbg [^`]+)`")
DESCRIBED = re.compile(r"\s{2,}.*")
DIAGRAM = "──>"
PLACEHOLDERS = {
    "FILE": "program.json",
    "FILES…": "program.json",
    "PROGRAM": "program.json",
    "FOLDER": ".",
    "PLACE": "v_val",
    "HOST": "localhost",
}
"""What a word in capitals stands for."""


def command_lines(page: Path) -> list[str]:
    """The commands that a page shows, each once, as one would type them."""
    text = page.read_text("utf-8")
    shown = [*LISTED.findall(text), *SPOKEN.findall(text)]
    typed = (line for text in shown if DIAGRAM not in text for line in _typed(text))
    return list(dict.fromkeys(typed))


def _typed(shown: str) -> Iterator[str]:
    line = DESCRIBED.sub("", " ".join(shown.split("\n")))
    optional = re.search(r" \[([A-Z]+)\]", line)
    if optional:
        yield from _typed(line.replace(optional[0], ""))
        yield from _typed(line.replace(optional[0], f" {optional[1]}"))
        return
    _, _, rest = line.partition(" ")
    first, *others = rest.split(" ")
    for name in first.split("|"):
        words = (PLACEHOLDERS.get(word, word) for word in (name, *others))
        yield " ".join(["vliwdbg", *words]).strip()
