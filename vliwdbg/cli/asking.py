"""What the subcommands that ask a question about a run have in common.

The answer goes to standard output, as text or, with `--json`, as one object. An answer that is a
"no" (nothing was found, a lint error) ends with exit code 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated

from vliwdbg.cli.exit_codes import INTERRUPTED
from vliwdbg.cli.load_options import choice_of
from vliwdbg.cli.loading import load_shown
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.parameters import Argument, Option
from vliwdbg.cli.streams import print_out
from vliwdbg.inspect.progress import told_to
from vliwdbg.inspect.questions import MOST_CYCLES, Questions
from vliwdbg.render import lines_of
from vliwdbg.views.answers import Answer
from vliwdbg.views.base import View

_SHOWN_AFTER = 1.0
"""Seconds before work is worth a line."""


@dataclass
class Asking:
    """How much of a run is looked at, and how the answer is told."""

    max_cycles: Annotated[
        int, Option(min=0, metavar="N", help="Look at the first N cycles, if there are more.")
    ] = MOST_CYCLES
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False


def ask(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    question: Callable[[Questions], View],
    scratch: int | None = None,
) -> int:
    """Load a program, ask a question about its run, and tell the answer."""
    asked = questions_about(source, building, sizes, asking, scratch)
    with progress_shown():
        view = question(asked)
    return tell_view(view, asking.as_json)


@contextmanager
def progress_shown() -> Iterator[None]:
    """While it lasts, a terminal on standard error sees how far questions have come."""
    if not sys.stderr.isatty():
        yield
        return
    from vliwdbg.cli.progress import SlowWork

    with SlowWork(_SHOWN_AFTER, "looking at") as work, told_to(work.update):
        yield


def questions_about(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    scratch: int | None = None,
) -> Questions:
    """The questions about the program that was chosen, with so many words of scratch, if given."""
    choice = choice_of(source, building, sizes)
    if scratch is not None:
        choice = replace(choice, scratch_size=scratch)
    loaded = load_shown(choice)
    return Questions(loaded.program, loaded.memory, max_cycles=asking.max_cycles)


def tell_view(view: View, as_json: bool) -> int:
    """Print a view, and give the exit code that goes with it."""
    if as_json:
        fields = {name: value for name, value in view.to_json().items() if name != "kind"}
        print_out(json.dumps({"schema": f"vliwdbg.{view.kind}/1", "ok": view.ok, **fields}))
    else:
        for line in lines_of(view):
            print_out(line)
    if isinstance(view, Answer) and view.interrupted:
        return INTERRUPTED
    return 0 if view.ok else 1


def words_argument(metavar: str) -> Argument:
    """An argument that names words."""
    return Argument(metavar, "Words, like v_val[3] or mem[2310:2318].", completes="place")


def at_cycle(help: str) -> Argument:
    """An argument `@CYCLE`, which `cycle_of` reads."""
    return Argument(metavar="@CYCLE", help=help)


def cycle_of(text: str | None) -> int | None:
    """The cycle of `@CYCLE`, also without its @. Raises DebuggerError."""
    from vliwdbg.session.errors import wrong_number

    if text is None:
        return None
    digits = text.removeprefix("@")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 19):
        raise wrong_number("CYCLE", text)
    return int(digits)
