"""`vliwdbg bench`: many programs side by side."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

from vliwdbg.bench import MOST_CYCLES, Measuring, note, programs_in
from vliwdbg.bench import bench as measure_all
from vliwdbg.cli.asking import tell_view
from vliwdbg.cli.load_options import verify_named
from vliwdbg.cli.options import AsJson
from vliwdbg.cli.output_files import STDOUT
from vliwdbg.cli.parameters import Argument, Option, UsageError
from vliwdbg.ledger import DEFAULT_FILE, Ledger
from vliwdbg.views.bench import Bench, Benched, Refused

INTERRUPTED = 130
Found = dict[int, Benched | Refused]


def bench(
    files: Annotated[
        list[str] | None,
        Argument(
            metavar="FILES…",
            help="Programs, as PROGRAM of `run`, and folders: their JSON files, and their Python "
            "files with a KernelBuilder (which are run).",
        ),
    ] = None,
    ledger: Annotated[
        str | None,
        Option(
            metavar="FILE",
            help=f"Append what they come to; without it to {DEFAULT_FILE}, if there is one here.",
        ),
    ] = None,
    strict: Annotated[
        bool,
        Option("--strict", help="Wrong indices, and any other changed word, are failures too."),
    ] = False,
    trials: Annotated[
        int, Option(min=0, metavar="N", help="Check each on N fresh inputs and patterns, too.")
    ] = 0,
    jobs: Annotated[
        int | None,
        Option(min=1, max=256, metavar="J", help="Processes; without it one for each CPU."),
    ] = None,
    max_cycles: Annotated[
        int, Option(min=0, metavar="N", help="Stop each where a cycle past N would begin.")
    ] = MOST_CYCLES,
    timeout: Annotated[
        float | None, Option(min=0, metavar="S", help="Stop each after S seconds.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Run and check many programs, and hold them against their floors.

    Files that are refused are listed, and the others go on. Exit code 1: one was refused, or is not
    right.
    """
    _verify_files(files)
    programs = programs_in(files or ())
    book = _ledger(ledger)
    found: Found = {}
    interrupted = False
    try:
        with _bar(len(programs)) as progress:
            measuring = Measuring(strict, trials, max_cycles, timeout)
            for number, came in measure_all(programs, measuring, jobs or os.cpu_count() or 1):
                if book and isinstance(came, Benched):
                    came = note(book, came, strict=strict)
                found[number] = came
                progress(len(found), sum(not _is_right(one) for one in found.values()))
    except KeyboardInterrupt:
        interrupted = True
    code = tell_view(_view(found, len(programs), book, strict=strict), as_json)
    return INTERRUPTED if interrupted else code


def _verify_files(files: Sequence[str] | None) -> None:
    if not files:
        raise UsageError("bench takes files of programs, or folders of them")
    for file in files:
        verify_named("FILES", file)
        if file == STDOUT:
            raise UsageError("bench takes files; `vliwdbg run -` takes standard input")


def _ledger(file: str | None) -> Ledger | None:
    """Where to note what comes. Raises ProgramError before any work where that is no ledger."""
    verify_named("--ledger", file)
    if file is None and not os.path.exists(DEFAULT_FILE):
        return None
    ledger = Ledger(file or DEFAULT_FILE)
    ledger.verify()
    return ledger


def _is_right(came: Benched | Refused) -> bool:
    return isinstance(came, Benched) and came.ok


def _view(found: Found, programs: int, ledger: Ledger | None, *, strict: bool) -> Bench:
    in_order = [found[number] for number in sorted(found)]
    return Bench(
        tuple(one for one in in_order if isinstance(one, Benched)),
        tuple(one for one in in_order if isinstance(one, Refused)),
        programs - len(found),
        strict,
        ledger.file if ledger else None,
    )


@contextmanager
def _bar(programs: int) -> Iterator[Callable[[int, int], object]]:
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from vliwdbg.cli.progress import bar

    with bar("programs", programs) as update:
        yield update
