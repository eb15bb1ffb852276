"""The subcommands. Each takes its options, calls the room that does the work, and prints."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from typer import Exit, Option, Typer

from machine.errors import ProgramError
from vliwdbg import __version__
from vliwdbg.cli.options import Building, Sizes, Source, Stopping, choice_of, takes_groups

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
STDOUT = "-"
_PROGRESS_AFTER = 0.5


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"vliwdbg {__version__}")
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
    dump_memory: Annotated[
        str | None, Option(metavar="FILE", help="Write the words of memory, as a JSON list.")
    ] = None,
    dump_scratch: Annotated[
        str | None, Option(metavar="FILE", help="Write the words of scratch, as a JSON list.")
    ] = None,
) -> int:
    """Run a program to its end or to a stop, and check its result."""
    from vliwdbg import report, runner
    from vliwdbg.programs import load

    choice = choice_of(source, building, sizes)
    for file in (dump_memory, dump_scratch):
        _verify_writable(file)
    loaded = load(choice)
    with _progress(wanted=not quiet) as on_slice:
        options = runner.RunOptions(
            max_cycles=max_cycles,
            timeout=timeout,
            check=check,
            debug=debug,
            stop_on_pause=stop_on_pause,
            stops=_stops(loaded.program, stopping),
            on_slice=on_slice,
        )
        outcome = runner.run(loaded, options)
    _dump(dump_memory, outcome.machine.memory)
    _dump(dump_scratch, outcome.machine.scratch)
    if as_json:
        print(json.dumps(report.as_json(outcome)))
    elif quiet == 1:
        print(outcome.machine.cycle)
    elif not quiet:
        print(report.as_text(outcome))
    for line in report.narration(outcome, quiet=quiet, told=not (quiet or as_json)):
        print(line, file=sys.stderr)
    if choice.bundled and not quiet and not as_json:
        print("Open it in the debugger: vliwdbg", file=sys.stderr)
    return outcome.exit_code


def _stops(program: Any, stopping: Stopping) -> Any:
    return None


@contextmanager
def _progress(*, wanted: bool) -> Iterator[Callable[[Any], None] | None]:
    """A progress line on stderr for runs that take a while, where stderr is a terminal."""
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    from vliwdbg.cli.progress import SlowRun

    with SlowRun(after=_PROGRESS_AFTER) as slow_run:
        yield slow_run.update


def _verify_writable(file: str | None) -> None:
    """Find out before a long run, not after it, that its result has no place to go."""
    if file is None or file == STDOUT:
        return
    folder = os.path.dirname(os.path.abspath(file))
    if os.path.isdir(file):
        raise ProgramError.at(file, "is a folder, not a file to write")
    if not os.path.isdir(folder):
        raise ProgramError.at(file, "its folder does not exist")
    if not os.access(file if os.path.exists(file) else folder, os.W_OK):
        raise ProgramError.at(file, "cannot be written")


def _dump(file: str | None, words: Sequence[int]) -> None:
    if file is not None:
        _write(file, json.dumps(list(words)) + "\n")


def _write(file: str, text: str) -> None:
    """Write a file whole or not at all; `-` is standard output."""
    if file == STDOUT:
        sys.stdout.write(text)
        return
    if not os.path.isfile(file) and os.path.exists(file):  # a pipe or a device: no renaming
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(text)
        return
    unfinished = f"{file}.{os.getpid()}.tmp"
    try:
        with open(unfinished, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(unfinished, file)
    finally:
        if os.path.exists(unfinished):
            os.unlink(unfinished)


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

    _verify_writable(output)
    program = load(choice_of(Source(), building, sizes)).program
    if output is None and not sys.stdout.isatty() and not as_json:
        output = STDOUT
    if output is not None:
        text = StringIO()
        write_program(program, text)
        _write(output, text.getvalue())
    summary = report.built(program)
    if as_json:
        print(json.dumps(summary))
    else:
        print(report.built_text(summary, output), file=sys.stderr)
    return 0


@app.command()
def info(as_json: AsJson = False) -> int:
    """Versions, kernels, the machine's limits."""
    from vliwdbg import report

    facts = report.facts()
    print(json.dumps(facts) if as_json else report.facts_text(facts))
    return 0


@app.command()
def schedulers(as_json: AsJson = False) -> int:
    """The schedulers, with a line each."""
    from kernels.catalog import DEFAULT_SCHEDULER, SCHEDULERS

    lines = {name: row.help for name, row in SCHEDULERS.items()}
    if as_json:
        print(json.dumps({"default": DEFAULT_SCHEDULER, "schedulers": lines}))
        return 0
    for name, line in lines.items():
        print(f"{name:<8} {line}{' (the default)' if name == DEFAULT_SCHEDULER else ''}")
    return 0


@app.command()
def spec() -> int:
    """The program file as a JSON Schema."""
    from machine.schema import json_schema

    print(json.dumps(json_schema(), indent=1))
    return 0


@app.command("open", hidden=True)
@takes_groups
def open_debugger(source: Source, building: Building, sizes: Sizes, stopping: Stopping) -> int:
    """Open a program in the debugger; without a terminal, run it."""
    raise NotImplementedError


SUBCOMMANDS = frozenset(
    command.name or command.callback.__name__
    for command in app.registered_commands
    if command.callback is not None
)
