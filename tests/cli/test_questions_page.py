"""The page of questions: each command on it prints what stands there.

`python -m tests.cli.test_questions_page` writes the page anew, where kernels have changed: what
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
from machine import Problem
from machine.codec import write_program
from tests.inspect.mutations import SMALL, mutants
from vliwdbg.cli import asking
from vliwdbg.cli.app import do
from vliwdbg.programs import Choice, Loaded, load

PAGE = Path(__file__).parents[2] / "docs" / "questions.md"
EXAMPLE = re.compile(r"```text\n\$ vliwdbg (.*)\n((?:.*\n)*?)```")
CUT = "…"
EXAMPLES = EXAMPLE.findall(PAGE.read_text("utf-8"))


def printed(words: str) -> list[str]:
    """The lines that a command prints; one that finds a program wrong says so by its exit code."""
    with redirect_stdout(StringIO()) as out:
        assert do(shlex.split(words)) == (words == "diverge wrong.json")
    return out.getvalue().splitlines()


def write_programs(folder: Path) -> None:
    """The programs that the page makes."""
    wrong = next(mutants(build("vectors", "list", SMALL), 5)).program
    for name, program in (("wrong", wrong), ("list", build("treehash", "list", Problem()))):
        with (folder / f"{name}.json").open("w") as stream:
            write_program(program, stream)


def cut_like(shown: list[str], lines: list[str]) -> list[str]:
    """What stands on the page of these lines: all, or as many as now before the cut."""
    return [*lines[: shown.index(CUT)], CUT] if CUT in shown else lines


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
    asked = {words.split()[0] for words, _ in EXAMPLES}
    assert asked == {
        "who", "uses", "writes", "find", "slots", "stats", "floor", "critical", "slack", "why",
        "whatif", "live", "lint", "diverge", "explain", "diff",
    }  # fmt: skip


def write_anew(example: re.Match[str]) -> str:
    words, shown = example.groups()
    lines = cut_like(shown.splitlines(), printed(words))
    return "\n".join(["```text", f"$ vliwdbg {words}", *lines, "```"])


if __name__ == "__main__":
    with TemporaryDirectory() as folder, chdir(folder):
        write_programs(Path(folder))
        PAGE.write_text(EXAMPLE.sub(write_anew, PAGE.read_text("utf-8")), "utf-8")
