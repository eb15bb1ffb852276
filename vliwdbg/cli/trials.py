"""`vliwdbg run --trials`: a program on many inputs, and with `--shapes` in many sizes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from kernels.errors import BuildError
from machine.errors import Complaint, ProgramError
from machine.machine import NO_LIMIT
from machine.patterns import PATTERNS, RANDOM, SHAPES, Inputs
from machine.trials import Progress, Trials, run_trials
from vliwdbg import trial_report
from vliwdbg.cli.loading import load_shown
from vliwdbg.cli.options import OutputOptions, TrialOptions
from vliwdbg.cli.parameters import UsageError
from vliwdbg.cli.streams import print_out
from vliwdbg.programs import Choice, Loaded
from vliwdbg.trial_report import ShapeTrials

STARTS = ("zero", "random")


def run_trials_of(
    choice: Choice,
    options: TrialOptions,
    output: OutputOptions,
    max_cycles: int | None,
    *,
    strict: bool,
) -> int:
    """Try a program on many inputs, print what came of it, and return the exit code."""
    if options.starts not in (None, *STARTS):
        raise UsageError(f"--starts is one of {', '.join(STARTS)}, not {options.starts!r}")
    limit = NO_LIMIT if max_cycles is None else max_cycles
    trying = Trying(options, limit, strict, bar=not output.quiet)
    if options.shapes:
        if not (choice.bundled or choice.is_python):
            raise UsageError("--shapes builds the program anew, which a program file cannot be")
        shapes = trying.shapes(choice)
        _print(output, trial_report.shapes_json(shapes), trial_report.shapes_text(shapes))
        return trial_report.shapes_exit_code(shapes)
    loaded = load_shown(choice, quiet=output.quiet)
    trials = trying.inputs(loaded)
    if output.quiet == 1 and not output.as_json:
        print_out(str(max(trials.cycles)))
    else:
        text = trial_report.as_text(loaded.program, trials)
        _print(output, trial_report.as_json(trials), text)
    return trial_report.exit_code(trials)


def _print(output: OutputOptions, as_json: Mapping[str, object], as_text: str) -> None:
    if output.as_json:
        print_out(json.dumps(as_json))
    elif not output.quiet:
        print_out(as_text)


@dataclass(frozen=True)
class Trying:
    """How inputs are tried. `bar` shows progress where there is a terminal."""

    options: TrialOptions
    max_cycles: int
    strict: bool
    bar: bool

    def inputs(self, loaded: Loaded) -> Trials:
        """What a program comes to. Raises ProgramError where it has no problem."""
        count, jobs = self.options.trials, self.options.jobs
        assert count is not None
        inputs = self._inputs(loaded)
        with _bar(count, wanted=self.bar) as progress:
            return run_trials(
                loaded.program, inputs, count, jobs, progress, self.max_cycles, strict=self.strict
            )

    def _inputs(self, loaded: Loaded) -> Inputs:
        problem = loaded.program.problem
        if problem is None:
            raise ProgramError.at("problem", "the program tells none, so there are no fresh inputs")
        patterns = tuple(PATTERNS) if self.options.patterns else (RANDOM,)
        return Inputs(problem, patterns, random_starts=self.options.starts == "random")

    def shapes(self, choice: Choice) -> Sequence[ShapeTrials]:
        """What a program comes to that is built for one size after the other."""
        return [self._shape(replace(choice, sizes={**choice.sizes, **s})) for s in SHAPES]

    def _shape(self, choice: Choice) -> ShapeTrials:
        problem = choice.problem
        try:
            return ShapeTrials(problem, self.inputs(load_shown(choice, quiet=not self.bar)))
        except ProgramError as error:
            return ShapeTrials(problem, None, error.complaints)
        except BuildError as error:
            return ShapeTrials(problem, None, [Complaint("build", str(error))])


@contextmanager
def _bar(trials: int, *, wanted: bool) -> Iterator[Progress | None]:
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    from vliwdbg.cli.progress import bar

    with bar("inputs", trials) as update:
        yield update
