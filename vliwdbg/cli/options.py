"""The options of the command line, each declared once, in groups that subcommands share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Annotated, NamedTuple

from vliwdbg.cli.parameters import Argument, Option, UsageError

if TYPE_CHECKING:
    from vliwdbg.scripts import Entry

AsJson = Annotated[bool, Option("--json", help="Print one JSON object.")]
Quiet = Annotated[
    int, Option("--quiet", "-q", count=True, help="Print the cycle count alone; -qq: nothing.")
]


@dataclass
class Source:
    """Which program, and which words it starts with."""

    program: Annotated[
        str | None,
        Argument(
            metavar="PROGRAM",
            help="A JSON file, - for standard input, a Python file with a KernelBuilder (which "
            "is run), or nothing for the bundled kernel.",
        ),
    ] = None
    memory: Annotated[
        str | None,
        Option(metavar="FILE", help="Words to start with, as --dump-memory writes them."),
    ] = None
    python: Annotated[
        str | None,
        Option(
            metavar="EXE",
            help="The interpreter for a Python file; without it that of a .venv beside the file.",
        ),
    ] = None


@dataclass
class Building:
    """How the bundled kernel is built."""

    kernel: Annotated[
        str | None, Option(metavar="K", help="Which bundled kernel.", completes="kernel")
    ] = None
    scheduler: Annotated[
        str | None,
        Option(
            metavar="S", help="Which scheduler builds it; see `schedulers`.", completes="scheduler"
        ),
    ] = None
    indices: Annotated[
        bool, Option("--indices", help="It leaves the final indices right, too.")
    ] = False
    without: Annotated[
        list[str] | None,
        Option(metavar="P", help="Leave a pass out (repeatable).", completes="technique"),
    ] = None
    settings: Annotated[
        list[str] | None,
        Option("--set", metavar="P=V", help="Set a parameter (repeatable).", completes="setting"),
    ] = None

    def given(self) -> list[str]:
        """The options that were given, as they are typed."""
        typed = {
            "--kernel": self.kernel,
            "--scheduler": self.scheduler,
            "--indices": self.indices,
            "--without": self.without,
            "--set": self.settings,
        }
        return [option for option, value in typed.items() if value not in (None, False, [])]


@dataclass
class Dimensions:
    """The problem's sizes."""

    forest_height: Annotated[int | None, Option(metavar="N", help="Height of the tree.")] = None
    rounds: Annotated[int | None, Option(metavar="N", help="Rounds of the walk.")] = None
    batch_size: Annotated[int | None, Option(metavar="N", help="Elements of the batch.")] = None

    def given(self) -> dict[str, int]:
        """The fields of the problem that were given."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass
class Sizes(Dimensions):
    """The problem's sizes and seed."""

    seed: Annotated[int | None, Option(metavar="N", help="Seed of the words in memory.")] = None


@dataclass
class Stopping:
    """Where a run stops."""

    breaks: Annotated[
        list[str] | None,
        Option(
            "--break",
            metavar="LOC",
            help="Stop before a bundle there (repeatable).",
            completes="location",
        ),
    ] = None
    watches: Annotated[
        list[str] | None,
        Option(
            "--watch",
            metavar="RANGE",
            help="Stop after a change there (repeatable).",
            completes="place",
        ),
    ] = None


@dataclass
class TrialOptions:
    """On which inputs a program is tried, in place of the one run."""

    trials: Annotated[
        int | None, Option(min=1, metavar="N", help="Check it on N fresh inputs instead.")
    ] = None
    jobs: Annotated[
        int, Option(min=1, max=256, metavar="J", help="Processes that share the trials.")
    ] = 1
    patterns: Annotated[
        bool,
        Option(
            "--patterns",
            help="Trials with words all equal, of one bit, descending, zero, of full 32 bits "
            "in turn with random ones.",
        ),
    ] = False
    starts: Annotated[
        str | None,
        Option(metavar="zero|random", help="The indices that the trials begin with."),
    ] = None
    shapes: Annotated[
        bool,
        Option("--shapes", help="Trials in several sizes; the program is built for each."),
    ] = False

    def refuse(self) -> None:
        """Raise UsageError for what says which inputs to try, where none are."""
        asked = {"--patterns": self.patterns, "--starts": self.starts, "--shapes": self.shapes}
        for option, value in asked.items():
            if value:
                raise UsageError(f"{option} is about the inputs that --trials N tries")


class OutputOptions(NamedTuple):
    """How an outcome is told: in how many words, and which files get a state or the whole run."""

    quiet: int = 0
    as_json: bool = False
    dump_memory: str | None = None
    dump_scratch: str | None = None
    trace: str | None = None


@dataclass
class Script:
    """Debugger commands, from files and from the command line, in the order given."""

    commands: Annotated[
        list[str] | None,
        Option(
            "-ex",
            metavar="CMD",
            help="A debugger command, or @FILE for a file of them, which -x FILE says too "
            "(repeatable, done in the order given).",
            completes="line",
        ),
    ] = None

    def entries(self) -> list[Entry]:
        """The commands, those of files in their places; a list that a file leaves open ends there.

        Raises ProgramError for a lost file.
        """
        from vliwdbg.batch import read_lines
        from vliwdbg.scripts import entries

        found: list[Entry] = []
        for is_file, texts in groupby(self.commands or (), _is_file):
            given = list(texts)
            parts = [read_lines(text[1:]) for text in given] if is_file else [given]
            found += (entry for lines in parts for entry in entries(lines))
        return found


FILE_MARK = "@"


def _is_file(text: str) -> bool:
    return text.startswith(FILE_MARK)


def in_one_list(words: Sequence[str]) -> list[str]:
    """Arguments with each `-x FILE` spelled `-ex @FILE`: one list keeps its order, two do not."""
    spelled: list[str] = []
    left = iter(words)
    for word in left:
        if word == "-ex":
            spelled += [word, *islice(left, 1)]
        elif word == "-x":
            spelled += ["-ex", *(FILE_MARK + file for file in islice(left, 1))]
        else:
            spelled.append(word)
    return spelled
