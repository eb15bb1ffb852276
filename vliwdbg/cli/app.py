"""The subcommands. Each takes its options, calls the room that does the work, and prints."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from typer import BadParameter, Exit, Option, Typer
from typer.main import get_command

from machine.errors import ProgramError
from vliwdbg import __version__
from vliwdbg.cli.options import (
    Building,
    Dimensions,
    Script,
    Sizes,
    Source,
    Stopping,
    choice_of,
    in_one_list,
    takes_groups,
    verify_named,
)
from vliwdbg.cli.streams import answer, tell

if TYPE_CHECKING:
    from machine.program import Program
    from vliwdbg.programs import Choice
    from vliwdbg.runner import Outcome, RunOptions, Stops

app = Typer(
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Debug kernels for a VLIW SIMD machine. `vliwdbg [PROGRAM]` opens the debugger.",
)

AsJson = Annotated[bool, Option("--json", help="Print one JSON object.")]
Quiet = Annotated[
    int, Option("--quiet", "-q", count=True, help="Print the cycle count alone; -qq: nothing.")
]
STDIN = STDOUT = "-"
_PROGRESS_AFTER = 0.5


def _print_version(wanted: bool) -> None:
    if wanted:
        answer(f"vliwdbg {__version__}")
        raise Exit


@app.callback()
def root(
    version: Annotated[
        bool, Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before any subcommand."""


@app.command()
@takes_groups
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
) -> int:
    """Run a program to its end or to a stop, and check its result."""
    from vliwdbg.runner import RunOptions

    options = RunOptions(max_cycles, timeout, check, debug, stop_on_pause)
    telling = Telling(quiet, as_json, dump_memory, dump_scratch)
    choice = choice_of(source, building, sizes)
    if trials is None:
        return _run(choice, stopping, options, telling)
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
        }
    )
    return _try(choice, trials, jobs, max_cycles, telling)


def _refuse_beside_trials(options: Mapping[str, object]) -> None:
    for option, value in options.items():
        if value:
            raise BadParameter(f"{option} is about one run, --trials about many")


def _try(choice: Choice, trials: int, jobs: int, max_cycles: int | None, telling: Telling) -> int:
    from machine.machine import NO_LIMIT
    from machine.trials import run_trials
    from vliwdbg import report
    from vliwdbg.programs import load

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


@dataclass(frozen=True)
class Telling:
    """How the outcome of a run is told: in how many words, and which files get its state."""

    quiet: int = 0
    as_json: bool = False
    dump_memory: str | None = None
    dump_scratch: str | None = None


def _run(choice: Choice, stopping: Stopping, options: RunOptions, telling: Telling) -> int:
    from vliwdbg import runner
    from vliwdbg.programs import load

    _verify_writable("--dump-memory", telling.dump_memory)
    _verify_writable("--dump-scratch", telling.dump_scratch)
    loaded = load(choice)
    if loaded.printed and not telling.quiet:
        tell(loaded.printed.rstrip("\n"))
    with _progress(wanted=not telling.quiet) as on_slice:
        stops = _stops(loaded.program, stopping)
        outcome = runner.run(loaded, replace(options, stops=stops, on_slice=on_slice))
    _tell_outcome(outcome, telling)
    if choice.bundled and not telling.quiet and not telling.as_json:
        tell("Open it in the debugger: vliwdbg")
    return outcome.exit_code


def _tell_outcome(outcome: Outcome, telling: Telling) -> None:
    from vliwdbg import report

    quiet, as_json = telling.quiet, telling.as_json
    _dump(telling.dump_memory, outcome.machine.memory)
    _dump(telling.dump_scratch, outcome.machine.scratch)
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


def _verify_writable(option: str, file: str | None) -> None:
    """Find out before a long run, not after it, that its result has no place to go."""
    verify_named(option, file)
    if file is None or file == STDOUT:
        return
    folder = os.path.dirname(os.path.abspath(file))
    if os.path.isdir(file):
        raise ProgramError.at(file, "is a folder, not a file to write")
    if not os.path.isdir(folder):
        raise ProgramError.at(file, "its folder does not exist")
    needed = {file} if os.path.exists(file) else {folder}
    if _replaces(file):
        needed.add(folder)
    if not all(os.access(place, os.W_OK) for place in needed):
        raise ProgramError.at(file, "cannot be written")


def _dump(file: str | None, words: Sequence[int]) -> None:
    if file is not None:
        _write(file, json.dumps(list(words)) + "\n")


def _write(file: str, text: str) -> None:
    """Write a file whole or not at all; `-` is standard output."""
    if file == STDOUT:
        answer(text, end="")
        return
    unfinished = f"{file}.{os.getpid()}.tmp" if _replaces(file) else file
    try:
        with open(unfinished, "w", encoding="utf-8") as stream:
            stream.write(text)
        if unfinished != file:
            os.replace(unfinished, file)
    except BrokenPipeError:  # whoever reads there has had enough
        return
    except OSError as error:
        raise ProgramError.at(file, (error.strerror or str(error)).lower()) from None
    finally:
        if unfinished != file and os.path.exists(unfinished):
            os.unlink(unfinished)


def _replaces(file: str) -> bool:
    """Whether a file is written beside its place first; not so a link, a pipe or a device."""
    return not os.path.lexists(file) or (os.path.isfile(file) and not os.path.islink(file))


@app.command()
@takes_groups
def build(
    building: Building,
    sizes: Sizes,
    output: Annotated[
        str | None, Option("--output", "-o", metavar="FILE", help="Where the program file goes.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Build the bundled kernel and write it as a program file.

    The file goes to standard output unless -o names another place or a terminal would get it.
    """
    from io import StringIO

    from machine.codec import write_program
    from vliwdbg import report
    from vliwdbg.programs import load

    _verify_writable("--output", output)
    program = load(choice_of(Source(), building, sizes)).program
    if output is None and not sys.stdout.isatty() and not as_json:
        output = STDOUT
    if output is not None:
        text = StringIO()
        write_program(program, text)
        _write(output, text.getvalue())
    summary = report.built(program)
    if as_json:
        answer(json.dumps(summary))
    else:
        tell(report.built_text(summary, output))
    return 0


@app.command()
@takes_groups
def tune(
    dimensions: Dimensions,
    indices: Annotated[
        bool, Option("--indices", help="For the kernel that leaves the final indices right, too.")
    ] = False,
    seconds: Annotated[
        float | None, Option("--time", min=0, metavar="S", help="Search for S seconds.")
    ] = None,
    tries: Annotated[
        int | None, Option(min=1, metavar="N", help="Search for N tries; one job repeats exactly.")
    ] = None,
    jobs: Annotated[int, Option(min=1, max=256, metavar="J", help="Processes that search.")] = 1,
    seed: Annotated[int, Option(metavar="N", help="Seed of the search.")] = 0,
    from_scratch: Annotated[
        bool, Option("--from-scratch", help="Read no stored parameters.")
    ] = False,
    dask: Annotated[
        str | None, Option(metavar="ADDRESS", help="Search on the workers of a Dask scheduler.")
    ] = None,
    output: Annotated[
        str | None,
        Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where the parameters go; the search goes on from those that are there.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Search better parameters for the scheduler `tuned`; Ctrl+C keeps the best.

    `vliwdbg build --scheduler tuned --set tuning=FILE` builds the kernel with those of a file.
    """
    from vliwdbg.cli.tuning import Search

    _verify_writable("--output", output)
    search = Search(
        dimensions.given(), indices, seconds, tries, jobs, seed, from_scratch, dask, output
    )
    result = search.run()
    if output is not None:
        _write(output, search.written(result))
    answer(json.dumps(search.as_json(result)) if as_json else search.as_text(result))
    return search.exit_code(result)


@app.command()
def info(as_json: AsJson = False) -> int:
    """Versions, kernels, the machine's limits."""
    from vliwdbg import report

    facts = report.facts()
    answer(json.dumps(facts) if as_json else report.facts_text(facts))
    return 0


@app.command()
def schedulers(as_json: AsJson = False) -> int:
    """The schedulers, with a line each."""
    from kernels.catalog import DEFAULT_SCHEDULER, SCHEDULERS

    lines = {name: row.help for name, row in SCHEDULERS.items()}
    if as_json:
        answer(json.dumps({"default": DEFAULT_SCHEDULER, "schedulers": lines}))
        return 0
    for name, line in lines.items():
        answer(f"{name:<8} {line}{' (the default)' if name == DEFAULT_SCHEDULER else ''}")
    return 0


@app.command()
def spec() -> int:
    """The program file as a JSON Schema."""
    from machine.schema import json_schema

    answer(json.dumps(json_schema(), indent=1))
    return 0


@app.command("open", hidden=True)
@takes_groups
def open_debugger(
    source: Source, building: Building, sizes: Sizes, stopping: Stopping, script: Script
) -> int:
    """Open a program in the debugger; without a terminal, run it."""
    from vliwdbg.runner import RunOptions

    if not _in_terminal(source.program):
        tell("note: there is no terminal here, so this does what `vliwdbg run` does")
        return _run(choice_of(source, building, sizes), stopping, RunOptions(), Telling())
    from vliwdbg.programs import load
    from vliwdbg.tui.start import run_app

    choice = choice_of(source, building, sizes)
    loaded = load(choice)
    if loaded.printed:
        tell(loaded.printed.rstrip("\n"))
    return run_app(loaded, choice, [*_stop_lines(stopping), *script.lines()])


def _stop_lines(stopping: Stopping) -> Iterator[str]:
    """The commands that set the stops which options asked for."""
    for location in stopping.breaks or ():
        yield f"break {location}"
    for place in stopping.watches or ():
        yield f"watch {place}"


@app.command("exec")
@takes_groups
def execute(
    source: Source,
    building: Building,
    sizes: Sizes,
    stopping: Stopping,
    script: Script,
    keep_going: Annotated[
        bool, Option("--keep-going", help="Go on after a command that fails.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Run debugger commands on a program, in the order given, without a terminal."""
    from vliwdbg.batch import Batch
    from vliwdbg.programs import load

    lines = [*_stop_lines(stopping), *script.lines()]
    choice = choice_of(source, building, sizes)
    loaded = load(choice)
    if loaded.printed:
        tell(loaded.printed.rstrip("\n"))
    return Batch(loaded, choice, answer, tell, keep_going=keep_going, as_json=as_json).execute(
        lines
    )


def _in_terminal(program: str | None) -> bool:
    """Whether somebody can see the debugger and give it keys.

    With the program on standard input, keys come from the controlling terminal.
    """
    return sys.stdout.isatty() and (sys.stdin.isatty() or program == STDIN)


def call(words: Sequence[str]) -> int | None:
    """Do what these arguments say; whatever goes wrong is raised, for `cli.ends` to judge."""
    # Not by calling `app`, which would turn an interrupt or a closed pipe into an exit of its own.
    command = get_command(app)
    with command.make_context("vliwdbg", in_one_list(words)) as context:
        code: int | None = command.invoke(context)
        return code


SUBCOMMANDS = frozenset(
    command.name or command.callback.__name__
    for command in app.registered_commands
    if command.callback is not None and not command.hidden
)
