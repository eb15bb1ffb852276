"""Pages that walk through something, command by command; what each prints stands on the page.

`python -m tests.docs.walks` writes them anew.
"""

from __future__ import annotations

import re
import shlex
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.inspect import mutations
from vliwdbg.cli.app import do

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted((DOCS / "howto").glob("*.md"))
EXAMPLE = re.compile(r"```text\n\$ (.*)\n((?:.*\n)*?)```")
WRONG = re.compile(r"python -m tests\.inspect\.mutations (\d+) > (\S+)")
CUT = "…"


def written_anew(page: str) -> str:
    """The page with what its commands print now, each cut after as many lines as it was."""
    return EXAMPLE.sub(_asked_anew, page)


def _asked_anew(example: re.Match[str]) -> str:
    words, shown = example.groups()
    lines = printed(words)
    before = shown.splitlines()
    if CUT in before:
        lines = [*lines[: before.index(CUT)], CUT]
    return "\n".join(["```text", f"$ {words}", *lines, "```"])


def printed(words: str) -> list[str]:
    """What a command of a page prints to standard output; it has to be fine, or a "no"."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()):
        if made := WRONG.fullmatch(words):
            mutations.main(int(made[1]))
            Path(made[2]).write_text(out.getvalue())
            return []
        command, *rest = shlex.split(words)
        assert command == "vliwdbg"
        assert do(rest) in (0, 1)
    return out.getvalue().splitlines()


if __name__ == "__main__":
    for file in PAGES:
        text = file.read_text("utf-8")
        with TemporaryDirectory() as folder, chdir(folder):
            file.write_text(written_anew(text), "utf-8")
