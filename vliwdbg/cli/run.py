"""`vliwdbg run`: a program to its end or to a stop, and on many inputs with `--trials`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from typer import BadParameter, Option

from vliwdbg import report, runner
from vliwdbg.cli.load_options import choice_of
from vliwdbg.cli.options import (
    AsJson,
    Building,
    OutputOptions,
    Quiet,
    Sizes,
    Source,
    Stopping,
    TrialOptions,
)
from vliwdbg.cli.output_files import verify_output, write_output
from vliwdbg.cli.streams import print_err, print_out
from vliwdbg.files import format_words
from vliwdbg.programs import Choice, load
from vliwdbg.runner import Outcome, RunOptions

_PROGRESS_AFTER = 0.5


def run(
    source: Source,
    building: Building,
    sizes: Sizes,
    stopping: Stopping,
    trying: TrialOptions,
    quiet: Quiet = 0,
    as_json: AsJson = False,
    max_cycles: Annotated[
        int | None, Option(min=0, metavar="N", help="Stop where a cycle past N would begin.")
    ] = None,
    timeout: Annotated[
        float | None, Option(min=0, metavar="S", help="Stop after S seconds.")
    ] = None,
    check: Annotated[
        bool | None,
        Option("--check/--no-check", help="Hold the result against the reference kernel."),
    ] = None,
    strict: Annotated[
        bool,
        Option("--strict", help="Wrong indices, and any other changed word, are failures too."),
    ] = False,
    debug: Annotated[bool, Option("--debug/--no-debug", help="Check compare slots.")] = False,
    stop_on_pause: Annotated[bool, Option("--stop-on-pause", help="Stop at pauses.")] = False,
    dump_memory: Annotated[
        str | None, Option(metavar="FILE", help="Write the words of memory, as a JSON list.")
    ] = None,
    dump_scratch: Annotated[
        str | None, Option(metavar="FILE", help="Write the words of scratch, as a JSON list.")
    ] = None,
) -> int:
    """Run a program to its end or to a stop, and check its result."""
    output = OutputOptions(quiet, as_json, dump_memory, dump_scratch)
    choice = choice_of(source, building, sizes)
    if trying.trials is None:
        trying.refuse()
        options = RunOptions(max_cycles, timeout, check, strict, debug, stop_on_pause)
        return run_once(choice, stopping, options, output)
    _refuse_beside_trials(
        {
            "--memory": source.memory,
            "--break": stopping.breaks,
            "--watch": stopping.watches,
            "--timeout": timeout is not None,
            "--no-check": check is False,
            "--debug": debug,
            "--stop-on-pause": stop_on_pause,
            "--dump-memory": dump_memory,
            "--dump-scratch": dump_scratch,
        }
    )
    from vliwdbg.cli.trials import run_trials_of

    return run_trials_of(choice, trying, output, max_cycles, strict=strict)


def _refuse_beside_trials(options: Mapping[str, object]) -> None:
    for option, value in options.items():
        if value:
            raise BadParameter(f"{option} is about one run, --trials about many")


def run_once(choice: Choice, stopping: Stopping, options: RunOptions, output: OutputOptions) -> int:
    """Run a program, tell what came of it, and return the exit code."""
    verify_output("--dump-memory", output.dump_memory)
    verify_output("--dump-scratch", output.dump_scratch)
    loaded = load(choice)
    if loaded.printed and not output.quiet:
        print_err(loaded.printed.rstrip("\n"))
    with _progress(wanted=not output.quiet) as on_slice:
        breaks, watches = stopping.breaks or (), stopping.watches or ()
        outcome = runner.run(
            loaded, options._replace(breaks=breaks, watches=watches, on_slice=on_slice)
        )
    _print_outcome(outcome, output)
    if choice.bundled and not output.quiet and not output.as_json:
        print_err("Open it in the debugger: vliwdbg")
    return outcome.exit_code


def _print_outcome(outcome: Outcome, output: OutputOptions) -> None:
    quiet, as_json = output.quiet, output.as_json
    _dump(output.dump_memory, outcome.machine.memory)
    _dump(output.dump_scratch, outcome.machine.scratch)
    if as_json:
        print_out(json.dumps(report.as_json(outcome)))
    elif quiet == 1:
        print_out(str(outcome.machine.cycle))
    elif not quiet:
        print_out(report.as_text(outcome))
    for line in report.narration(outcome, quiet=quiet, told=not (quiet or as_json)):
        print_err(line)


def _dump(file: str | None, words: Sequence[int]) -> None:
    if file is not None:
        write_output(file, format_words(words))


@contextmanager
def _progress(*, wanted: bool) -> Iterator[Callable[[Any], None] | None]:
    """A progress line on stderr for runs that take a while, where stderr is a terminal."""
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    from vliwdbg.cli.progress import SlowRun

    with SlowRun(after=_PROGRESS_AFTER) as slow_run:
        yield slow_run.update
