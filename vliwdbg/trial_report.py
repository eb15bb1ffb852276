"""What a program came to on many inputs, and in many sizes, in words and in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from machine.errors import SHOWN, Complaint
from machine.patterns import RANDOM
from machine.problem import Problem
from machine.program import Program
from machine.stops import Reason
from machine.trials import Failure, Trials
from vliwdbg import __version__
from vliwdbg.report import headline, wrong_word
from vliwdbg.runner import EXIT_CODES, EXIT_WRONG

TRIALS_SCHEMA = "vliwdbg.trials/1"
SHAPES_SCHEMA = "vliwdbg.shapes/1"
_RANK = (EXIT_CODES[Reason.FAULT], EXIT_CODES[Reason.MAX_CYCLES], EXIT_WRONG)


class ShapeTrials(NamedTuple):
    """What came out for one size of the problem; no trials, but complaints, where nothing was
    built for it."""

    problem: Problem
    trials: Trials | None
    complaints: Sequence[Complaint] = ()

    @property
    def exit_code(self) -> int:
        return EXIT_WRONG if self.trials is None else exit_code(self.trials)


def exit_code(trials: Trials) -> int:
    """That of the worst input, in the order in which exit codes outrank each other."""
    return _worst(_failure_code(failure) for failure in trials.failures)


def shapes_exit_code(shapes: Sequence[ShapeTrials]) -> int:
    """That of the worst size."""
    return _worst(shape.exit_code for shape in shapes)


def _failure_code(failure: Failure) -> int:
    return EXIT_CODES.get(failure.stop.reason, EXIT_WRONG) if failure.stop else EXIT_WRONG


def _worst(codes: Iterable[int]) -> int:
    found = set(codes)
    return next((code for code in _RANK if code in found), 0)


# In JSON


def as_json(trials: Trials) -> dict[str, Any]:
    """What `vliwdbg run --trials N --json` prints: seeds, cycles, and each input that failed."""
    return {
        "schema": TRIALS_SCHEMA,
        "ok": trials.correct,
        **_counts_json(trials),
        "failures": [_failure_json(failure) for failure in trials.failures],
        "version": __version__,
    }


def shapes_json(shapes: Sequence[ShapeTrials]) -> dict[str, Any]:
    """What `--shapes --json` prints: for each size what the trials came to, or why none ran."""
    return {
        "schema": SHAPES_SCHEMA,
        "ok": shapes_exit_code(shapes) == 0,
        "shapes": [_shape_json(shape) for shape in shapes],
        "version": __version__,
    }


def _shape_json(shape: ShapeTrials) -> dict[str, Any]:
    trials = shape.trials
    return {
        "problem": asdict(shape.problem),
        "ok": shape.exit_code == 0,
        **(_counts_json(trials) if trials else {}),
        "failures": [_failure_json(failure) for failure in trials.failures] if trials else [],
        "errors": [complaint._asdict() for complaint in shape.complaints],
    }


def _counts_json(trials: Trials) -> dict[str, Any]:
    fewest, most = trials.cycles
    return {
        "trials": len(trials.seeds),
        "first_seed": trials.seeds.start,
        "cycles": {"fewest": fewest, "most": most},
        "indices_wrong": trials.indices_wrong,
        "forest_changed": trials.forest_changed,
    }


def _failure_json(failure: Failure) -> dict[str, Any]:
    return {
        "seed": failure.seed,
        "pattern": failure.pattern,
        "reason": failure.stop.reason.value if failure.stop else "wrong",
        "wrong": failure.wrong and failure.wrong._asdict(),
    }


# For people


def as_text(program: Program, trials: Trials) -> str:
    """What `run --trials N` prints."""
    first, last = trials.seeds.start, trials.seeds.stop - 1
    rows = {
        "program": headline(program),
        "inputs": f"{len(trials.seeds)}, seeds {first} to {last}",
        "cycles": _cycles(trials),
        "result": _result(trials),
        "indices": _of_inputs(trials, "differ", trials.indices_wrong, "right"),
        "forest": _of_inputs(trials, "changed", trials.forest_changed, "unchanged"),
    }
    lines = [f"{name:<9}{text}" for name, text in rows.items()]
    return "\n".join([*lines, *map(failure_line, trials.failures[:SHOWN])])


def shapes_text(shapes: Sequence[ShapeTrials]) -> str:
    """What `--shapes` prints: a line for each size, and under it what failed."""
    return "\n".join(line for shape in shapes for line in _shape_lines(shape))


def _shape_lines(shape: ShapeTrials) -> Iterable[str]:
    problem, trials = shape.problem, shape.trials
    size = f"height {problem.forest_height}, rounds {problem.rounds}, batch {problem.batch_size}"
    if trials is None:
        yield f"{size}: NOT built"
        yield from (f"  {complaint}" for complaint in shape.complaints[:SHOWN])
        return
    yield f"{size}: {_cycles(trials)} cycles, {_result(trials)}"
    yield from (f"  {failure_line(failure)}" for failure in trials.failures[:SHOWN])


def _cycles(trials: Trials) -> str:
    fewest, most = trials.cycles
    return str(most) if fewest == most else f"{fewest} to {most}"


def _result(trials: Trials) -> str:
    right = len(trials.seeds) - len(trials.failures)
    return f"{right} correct" + (f", {len(trials.failures)} NOT" if trials.failures else "")


def _of_inputs(trials: Trials, what: str, count: int, otherwise: str) -> str:
    return f"{what} on {count} of {len(trials.seeds)} inputs" if count else otherwise


def failure_line(failure: Failure) -> str:
    """Which input failed, and how."""
    pattern = "" if failure.pattern == RANDOM else f" ({failure.pattern})"
    return f"seed {failure.seed}{pattern}: {_failure_reason(failure)}"


def _failure_reason(failure: Failure) -> str:
    if failure.stop:
        return f"{failure.stop.reason.value} at cycle {failure.stop.cycle}"
    assert failure.wrong
    return wrong_word(failure.wrong)
