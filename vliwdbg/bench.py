"""Many programs, each run, checked, and held against its floor.

    for found in bench(programs_in(["kernels", "mine.json"]), Measuring(strict=True), jobs=4):
        ...

A file that is no program is a `Refused`, and the others go on. Several jobs are several processes,
which are started anew and run nothing that lies in the current folder.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import NamedTuple

from kernels.errors import BuildError
from machine.errors import ProgramError
from machine.machine import NO_LIMIT
from machine.patterns import PATTERNS, Inputs
from machine.problem import Problem
from machine.stops import ENDINGS, Reason
from machine.trials import Failure, run_trials
from machine.workers import safe_path
from vliwdbg import __version__, report, runner
from vliwdbg.inspect.questions import Questions
from vliwdbg.ledger import Entry, Ledger
from vliwdbg.programs import DEFAULT, Choice, Loaded, load
from vliwdbg.runner import Outcome, RunOptions
from vliwdbg.trial_report import failure_line
from vliwdbg.views.bench import (
    THRESHOLDS,
    Benched,
    KernelHistory,
    LedgerHistory,
    Measured,
    Refused,
    Result,
)

MOST_CYCLES = 500_000
_BUILDER = re.compile(rb"^class\s+KernelBuilder\b", re.MULTILINE)
_STOPPED: dict[Reason, Result] = {Reason.FAULT: "fault"}


class Measuring(NamedTuple):
    """How programs are measured: `timeout` in seconds for each, its build included."""

    strict: bool = False
    trials: int = 0
    max_cycles: int = MOST_CYCLES
    timeout: float | None = None


def programs_in(names: Sequence[str]) -> list[str]:
    """The programs that names of files and folders mean: of a folder the JSON files, and the Python
    files that define a KernelBuilder. Raises ProgramError for a folder without any."""
    return [program for name in names for program in _programs_of(name)]


def _programs_of(name: str) -> list[str]:
    if not os.path.isdir(name):
        return [name]
    try:
        files = sorted(
            os.path.normpath(entry.path) for entry in os.scandir(name) if entry.is_file()
        )
    except OSError as error:
        raise ProgramError.at(name, (error.strerror or str(error)).lower()) from None
    programs = [file for file in files if file.endswith(".json") or _builds(file)]
    if not programs:
        raise ProgramError.at(name, "has no program: no JSON file, no Python file that builds one")
    return programs


def _builds(file: str) -> bool:
    """Whether it is a Python file that defines a KernelBuilder."""
    if not file.endswith(".py"):
        return False
    try:
        with open(file, "rb") as stream:
            return _BUILDER.search(stream.read()) is not None
    except OSError:
        return False


def bench(
    programs: Sequence[str], measuring: Measuring, jobs: int = 1
) -> Iterator[tuple[int, Benched | Refused]]:
    """What each program came to, with its number, as soon as it is known."""
    if min(jobs, len(programs)) <= 1:
        for number, program in enumerate(programs):
            yield number, measure(Choice(program), measuring)
        return
    with safe_path():
        pool = ProcessPoolExecutor(
            min(jobs, len(programs)), get_context("spawn"), _ignore_interrupts
        )
        try:
            asked = {
                pool.submit(measure, Choice(program), measuring): number
                for number, program in enumerate(programs)
            }
            for future in as_completed(asked):
                yield asked[future], future.result()
        finally:
            # Where somebody has lost patience, a program may have no end to wait for.
            for process in list((pool._processes or {}).values()):
                process.terminate()
            pool.shutdown(cancel_futures=True)


def _ignore_interrupts() -> None:
    """Ctrl+C is for who started the workers; it ends them itself."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def measure(choice: Choice, measuring: Measuring) -> Benched | Refused:
    """What a program comes to."""
    program = choice.program or DEFAULT
    began = time.monotonic()
    deadline = None if measuring.timeout is None else began + measuring.timeout
    try:
        loaded = load(choice, deadline=deadline)
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        options = RunOptions(measuring.max_cycles, left, strict=measuring.strict)
        outcome = runner.run(loaded, options)
        if outcome.stop.reason is Reason.INTERRUPT:
            raise KeyboardInterrupt
        return _benched(program, outcome, measuring)
    except ProgramError as error:
        return Refused(program, tuple(_reasons(program, error)))
    except BuildError as error:
        return Refused(program, (str(error),))


def _reasons(program: str, error: ProgramError) -> Iterator[str]:
    """What is wrong with a file, without its name, which stands before it anyway."""
    for line in error.lines():
        yield line.removeprefix(f"{program}: ")


def _benched(program: str, outcome: Outcome, measuring: Measuring) -> Benched:
    loaded, cycles = outcome.loaded, outcome.machine.cycle
    result, detail = _result(outcome)
    if result == "right" and measuring.trials:
        result, detail = _tried(loaded, measuring)
    benched = Benched(
        program,
        _problem_text(loaded),
        cycles,
        result,
        detail,
        measuring.trials if result in ("right", "wrong") else 0,
        floor=None,
        binds=None,
        gap=None,
        best=None,
        below=_below(cycles, loaded) if result == "right" else None,
        program_sha256=loaded.program.sha256(),
    )
    if outcome.stop.reason not in ENDINGS:
        return benched
    floor = Questions(loaded.program, loaded.memory, max_cycles=measuring.max_cycles).floor()
    return replace(benched, floor=floor.floor, binds=floor.binds, gap=floor.gap)


def _result(outcome: Outcome) -> tuple[Result, str]:
    """What a run came to, and what is to be said about it."""
    reason, verdict = outcome.stop.reason, outcome.verdict
    if reason not in ENDINGS:
        told = outcome.detail or f"{reason.value} at cycle {outcome.stop.cycle}"
        return _STOPPED.get(reason, "limit"), told
    if verdict is None:
        return "unchecked", "nothing says what is right"
    if verdict.ok:
        return "right", ""
    return "wrong", report.differing(verdict)


def _tried(loaded: Loaded, measuring: Measuring) -> tuple[Result, str]:
    """What a program comes to on fresh inputs, patterns among them."""
    problem = loaded.program.problem
    assert problem is not None
    trials = run_trials(
        loaded.program,
        Inputs(problem, tuple(PATTERNS)),
        measuring.trials,
        max_cycles=min(measuring.max_cycles, NO_LIMIT),
        strict=measuring.strict,
    )
    if trials.correct:
        return "right", ""
    return "wrong", _failed(trials.failures, measuring.trials)


def _failed(failures: Sequence[Failure], tried: int) -> str:
    return f"{len(failures)} of {tried} inputs, first {failure_line(failures[0])}"


def _problem_text(loaded: Loaded) -> str:
    """The sizes, in which results compare; the seed does not matter."""
    layout = loaded.layout
    if layout is None:
        return "no problem"
    return f"height {layout.forest_height}, rounds {layout.rounds}, batch {layout.batch_size}"


def _below(cycles: int, loaded: Loaded) -> int | None:
    """The least public threshold that a run is below."""
    problem = loaded.program.problem
    if problem is None or replace(problem, seed=Problem().seed) != Problem():
        return None
    return min((t.cycles for t in THRESHOLDS if cycles < t.cycles), default=None)


# The ledger


def note(ledger: Ledger, benched: Benched, *, strict: bool) -> Benched:
    """Append what a program came to, and give it with the best so far. Raises ProgramError."""
    entry = Entry(
        datetime.now(UTC).isoformat(timespec="seconds"),
        _name_in(ledger, benched.program),
        benched.problem,
        benched.cycles,
        {"right": True, "unchecked": None}.get(benched.result, False),
        benched.result,
        strict,
        benched.trials,
        benched.floor,
        benched.program_sha256,
        __version__,
    )
    return replace(benched, best=ledger.append(entry))


def _name_in(ledger: Ledger, program: str) -> str:
    return program if Choice(program).bundled else ledger.name_of(program)


def history(ledger: Ledger, wanted: str | None = None) -> LedgerHistory:
    """What a ledger tells of all kernels, or of one. Raises ProgramError where it has it not."""
    kernels: dict[tuple[str, str], list[Entry]] = {}
    for entry in ledger.entries():
        key = (entry.kernel, entry.problem)
        kernels[key] = [*kernels.pop(key, ()), entry]
    told = {key: of for key, of in kernels.items() if wanted in (None, key[0])}
    if wanted is not None and not told:
        known = ", ".join(sorted({kernel for kernel, _ in kernels})) or "nothing"
        raise ProgramError.at(ledger.file, f"has no kernel {wanted!r}; there is {known}")
    return LedgerHistory(ledger.file, tuple(_history(*key, of) for key, of in told.items()))


def _history(kernel: str, problem: str, entries: Sequence[Entry]) -> KernelHistory:
    best = min((entry.cycles for entry in entries if entry.ok), default=None)
    measured = (Measured(e.at, e.cycles, e.result, e.floor, e.program_sha256) for e in entries)
    return KernelHistory(kernel, problem, best, tuple(measured))
