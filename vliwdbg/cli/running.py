"""`vliwdbg run`: a program to its end or to a stop, and on many inputs with `--trials`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, NamedTuple

from typer import BadParameter, Option

from machine.errors import ProgramError
from machine.machine import NO_LIMIT
from machine.program import Program
from vliwdbg import report, runner
from vliwdbg.cli.choosing import choice_of
from vliwdbg.cli.files import verify_writable, write_trace, write_words
from vliwdbg.cli.options import AsJson, Building, Quiet, Sizes, Source, Stopping
from vliwdbg.cli.streams import answer, tell
from vliwdbg.programs import Choice, load
from vliwdbg.runner import Outcome, RunOptions, Stops

_PROGRESS_AFTER = 0.5


def run(
    source: Source,
    building: Building,
    sizes: Sizes,
    stopping: Stopping,
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
    debug: Annotated[bool, Option("--debug/--no-debug", help="Check compare slots.")] = False,
    stop_on_pause: Annotated[bool, Option("--stop-on-pause", help="Stop at pauses.")] = False,
    trials: Annotated[
        int | None, Option(min=1, metavar="N", help="Check it on N fresh inputs instead.")
    ] = None,
    jobs: Annotated[
        int, Option(min=1, max=256, metavar="J", help="Processes that share the trials.")
    ] = 1,
    dump_memory: Annotated[
        str | None, Option(metavar="FILE", help="Write the words of memory, as a JSON list.")
    ] = None,
    dump_scratch: Annotated[
        str | None, Option(metavar="FILE", help="Write the words of scratch, as a JSON list.")
    ] = None,
    trace: Annotated[
        str | None, Option(metavar="FILE", help="Write the run for Perfetto (Chrome's trace).")
    ] = None,
) -> int:
    """Run a program to its end or to a stop, and check its result."""
    options = RunOptions(max_cycles, timeout, check, debug, stop_on_pause)
    telling = Telling(quiet, as_json, dump_memory, dump_scratch, trace)
    choice = choice_of(source, building, sizes)
    if trials is None:
        return run_once(choice, stopping, options, telling)
    _refuse_beside_trials(
        {
            "--memory": source.memory,
            "--break": stopping.breaks,
            "--watch": stopping.watches,
            "--timeout": timeout,
            "--no-check": check is False,
            "--debug": debug,
            "--stop-on-pause": stop_on_pause,
            "--dump-memory": dump_memory,
            "--dump-scratch": dump_scratch,
            "--trace": trace,
        }
    )
    return _run_trials(choice, trials, jobs, max_cycles, telling)


def _refuse_beside_trials(options: Mapping[str, object]) -> None:
    for option, value in options.items():
        if value:
            raise BadParameter(f"{option} is about one run, --trials about many")


def _run_trials(
    choice: Choice, trials: int, jobs: int, max_cycles: int | None, telling: Telling
) -> int:
    from machine.trials import run_trials

    loaded = load(choice)
    problem = loaded.program.problem
    if problem is None:
        raise ProgramError.at("problem", "the program tells none, so there are no fresh inputs")
    limit = NO_LIMIT if max_cycles is None else max_cycles
    with _trials_bar(trials, wanted=not telling.quiet) as progress:
        tried = run_trials(loaded.program, problem, trials, jobs, progress, limit)
    if telling.as_json:
        answer(json.dumps(report.trials_json(tried)))
    elif telling.quiet == 1:
        answer(str(max(tried.cycles)))
    elif not telling.quiet:
        answer(report.trials_text(loaded.program, tried))
    return report.trials_exit_code(tried)


@contextmanager
def _trials_bar(trials: int, *, wanted: bool) -> Iterator[Callable[[int, int], object] | None]:
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    from vliwdbg.cli.progress import bar

    with bar("inputs", trials) as update:
        yield update


class Telling(NamedTuple):
    """How the outcome of a run is told: in how many words, and which files get its state."""

    quiet: int = 0
    as_json: bool = False
    dump_memory: str | None = None
    dump_scratch: str | None = None
    trace: str | None = None


def run_once(choice: Choice, stopping: Stopping, options: RunOptions, telling: Telling) -> int:
    """Run a program, tell what came of it, and return the exit code."""
    verify_writable("--dump-memory", telling.dump_memory)
    verify_writable("--dump-scratch", telling.dump_scratch)
    verify_writable("--trace", telling.trace)
    loaded = load(choice)
    if loaded.printed and not telling.quiet:
        tell(loaded.printed.rstrip("\n"))
    with _progress(wanted=not telling.quiet) as on_slice:
        stops = _stops(loaded.program, stopping)
        outcome = runner.run(loaded, options._replace(stops=stops, on_slice=on_slice))
    _tell_outcome(outcome, telling)
    if choice.bundled and not telling.quiet and not telling.as_json:
        tell("Open it in the debugger: vliwdbg")
    return outcome.exit_code


def _tell_outcome(outcome: Outcome, telling: Telling) -> None:
    quiet, as_json = telling.quiet, telling.as_json
    write_words(telling.dump_memory, outcome.machine.memory)
    write_words(telling.dump_scratch, outcome.machine.scratch)
    write_trace(telling.trace, outcome)
    if as_json:
        answer(json.dumps(report.as_json(outcome)))
    elif quiet == 1:
        answer(str(outcome.machine.cycle))
    elif not quiet:
        answer(report.as_text(outcome))
    for line in report.narration(outcome, quiet=quiet, told=not (quiet or as_json)):
        tell(line)


def _stops(program: Program, stopping: Stopping) -> Stops | None:
    if not stopping.breaks and not stopping.watches:
        return None
    from vliwdbg.session.breakpoints import RunStops

    return RunStops(program, stopping.breaks or (), stopping.watches or ())


@contextmanager
def _progress(*, wanted: bool) -> Iterator[Callable[[Any], None] | None]:
    """A progress line on stderr for runs that take a while, where stderr is a terminal."""
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    from vliwdbg.cli.progress import SlowRun

    with SlowRun(after=_PROGRESS_AFTER) as slow_run:
        yield slow_run.update
