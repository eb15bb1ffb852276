"""The pages of questions and of hunts: each command on them prints what stands there.

`python -m tests.cli.test_questions_page` writes the pages anew, where kernels have changed: what
each command prints now, with as much left out after the same number of lines.
"""

import re
import shlex
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kernels.catalog import build
from machine.codec import write_program
from tests.inspect.mutations import wrong_and_right
from vliwdbg.cli import asking
from vliwdbg.cli.app import do
from vliwdbg.programs import Choice, Loaded, load

DOCS = Path(__file__).parents[2] / "docs"
QUESTIONS, HUNTS = DOCS / "questions.md", DOCS / "hunts.md"
EXAMPLE = re.compile(r"```text\n\$ vliwdbg (.*)\n((?:.*\n)*?)```")
CUT = "…"
EXAMPLES = [
    example for page in (QUESTIONS, HUNTS) for example in EXAMPLE.findall(page.read_text("utf-8"))
]
FINDS_IT_WRONG = {"run wrong.json", "diverge wrong.json"}


def printed(words: str) -> list[str]:
    """The lines that a command prints; one that finds a program wrong says so by its exit code."""
    with redirect_stdout(StringIO()) as out:
        assert do(shlex.split(words)) == (words in FINDS_IT_WRONG)
    return out.getvalue().splitlines()


def write_programs(folder: Path) -> None:
    """The programs that the page makes."""
    wrong, right = wrong_and_right(5)
    programs = {
        "wrong": wrong,
        "right": right,
        "list": build("treehash", "list"),
        "slow": build("treehash", "list", without=("tree-cache",)),
    }
    for name, program in programs.items():
        with (folder / f"{name}.json").open("w") as stream:
            write_program(program, stream)


def cut_like(shown: list[str], lines: list[str]) -> list[str]:
    """What stands on the page of these lines: all, or as many as now before or after the cut."""
    if CUT not in shown:
        return lines
    before, after = shown.index(CUT), len(shown) - shown.index(CUT) - 1
    return [*lines[:before], CUT, *lines[len(lines) - after :]]


@pytest.fixture(scope="module", autouse=True)
def each_program_is_loaded_once(tmp_path_factory: pytest.TempPathFactory) -> object:
    known: dict[str, Loaded] = {}

    def load_once(choice: Choice) -> Loaded:
        return known.get(repr(choice)) or known.setdefault(repr(choice), load(choice))

    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("page")
        write_programs(folder)
        patch.chdir(folder)
        patch.setattr(asking, "load_shown", load_once)
        yield


@pytest.mark.parametrize(("words", "shown"), EXAMPLES, ids=[words for words, _ in EXAMPLES])
def test_example(words: str, shown: str) -> None:
    lines = shown.splitlines()
    assert cut_like(lines, printed(words)) == lines


def test_there_is_an_example_of_each_question() -> None:
    asked = {words.split()[0] for words, _ in EXAMPLE.findall(QUESTIONS.read_text("utf-8"))}
    assert asked == {
        "who", "uses", "writes", "find", "stats", "floor", "critical", "slack", "why", "whatif",
        "live", "lint", "diverge", "explain", "diff",
    }  # fmt: skip


def write_anew(example: re.Match[str]) -> str:
    words, shown = example.groups()
    lines = cut_like(shown.splitlines(), printed(words))
    return "\n".join(["```text", f"$ vliwdbg {words}", *lines, "```"])


if __name__ == "__main__":
    with TemporaryDirectory() as folder, chdir(folder):
        write_programs(Path(folder))
        for page in (QUESTIONS, HUNTS):
            page.write_text(EXAMPLE.sub(write_anew, page.read_text("utf-8")), "utf-8")
