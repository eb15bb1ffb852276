"""The tables of docs/kernel.md, as Markdown, line by line as they are measured.

Nothing is run here: whoever wants a table passes in how a program is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kernels.ablation import left_out, techniques, walk
from kernels.analysis.floors import floors
from kernels.build_request import BuildRequest
from kernels.catalog import build
from machine.problem import Problem
from machine.program import Program

Measure = Callable[[Program], int]
"""Runs a program, makes sure that its result is right, and returns cycles."""
Table = Callable[[Measure, Problem, tuple[str, ...]], Iterator[str]]
"""Its lines, for programs of these sizes and outputs."""

COMPARED = ("serial", "greedy", "list", "tuned")
BEFORE = "block-tables"
"""The last technique of the walk that the kernel had before blocks began at level 3."""
SIZES = (
    (10, 16, 256),
    (10, 16, 100),
    (10, 3, 64),
    (9, 20, 128),
    (8, 8, 64),
    (4, 6, 10),
    (3, 5, 16),
    (1, 4, 8),
    (12, 14, 96),
    (11, 13, 43),
    (7, 20, 256),
    (6, 12, 67),
)
SMALL = ((1, 4, 8), (4, 5, 8), (3, 1, 16), (2, 2, 16), (3, 2, 16))
"""(height, rounds, batch); small ones are those of which a proof takes seconds."""
MEANINGS = {
    "lanes": "8 · valu + alu slots, 60 a cycle",
    "valu": "what only valu can do, 6 a cycle",
    "alu": "what only alu can do, 12 a cycle",
    "load": "2 a cycle",
    "store": "2 a cycle",
    "flow": "1 a cycle",
    "path": "the longest chain of operations that wait for each other",
}


def walk_table(measure: Measure, problem: Problem, outputs: tuple[str, ...]) -> Iterator[str]:
    """From the baseline to the best, a technique more in each row."""
    yield from _head("technique", "what it is", "kernel", "scheduler", "cycles", "saved")
    before = None
    for row in walk():
        cycles = measure(row.build(problem, outputs))
        saved = "" if before is None else f"{before - cycles:,}"
        yield _line((row.name, row.text, row.kernel, row.scheduler, f"{cycles:,}", saved))
        before = cycles


def without_table(measure: Measure, problem: Problem, outputs: tuple[str, ...]) -> Iterator[str]:
    """The best without one technique."""
    yield from _head("left out", "and with it", "cycles", "worth")
    best = None
    for row in left_out(problem):
        cycles = measure(row.build(problem, outputs))
        best = cycles if best is None else best
        yield _line((row.name, row.text, f"{cycles:,}", f"{cycles - best:,}"))


def floors_table(_measure: Measure, problem: Problem, outputs: tuple[str, ...]) -> Iterator[str]:
    """The least cycles that each engine needs for the kernel's operations."""
    yield from _head("engine", "limit", "at least cycles")
    for name, cycles in floors(BuildRequest(problem, outputs=outputs).compile()).items():
        yield _line((name, MEANINGS[name], f"{cycles:.1f}"))


def sizes_table(measure: Measure, _problem: Problem, outputs: tuple[str, ...]) -> Iterator[str]:
    """Other sizes, the schedulers compared, and `list` without what has come since."""
    yield from _head("height", "rounds", "batch", *COMPARED, "list before")
    for sizes in SIZES:
        cycles = (measure(program) for program in builds_of(Problem(*sizes), outputs))
        yield _line((*map(str, sizes), *map("{:,}".format, cycles)))


def builds_of(problem: Problem, outputs: tuple[str, ...]) -> Iterator[Program]:
    """Those of a line of the table of sizes."""
    known = list(techniques())
    since = tuple(known[known.index(BEFORE) + 1 :])
    for name in COMPARED:
        yield build("treehash", name, problem, outputs=outputs)
    yield build("treehash", "list", problem, outputs=outputs, without=since)


def proofs_table(measure: Measure, _problem: Problem, outputs: tuple[str, ...]) -> Iterator[str]:
    """Small sizes, of which `cpsat` says whether fewer cycles are possible."""
    yield from _head("height", "rounds", "batch", "list", "cpsat", "proved optimal")
    for sizes in SMALL:
        best = build("treehash", "cpsat", Problem(*sizes), outputs=outputs)
        before = measure(build("treehash", "list", Problem(*sizes), outputs=outputs))
        proved = "yes" if best.build["cpsat"]["optimal"] else "no"
        yield _line((*map(str, sizes), f"{before:,}", f"{measure(best):,}", proved))


def _head(*names: str) -> Iterator[str]:
    yield _line(names)
    yield _line("---" for _ in names)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


TABLES: dict[str, Table] = {
    "walk": walk_table,
    "without": without_table,
    "floors": floors_table,
    "sizes": sizes_table,
    "proofs": proofs_table,
}
NEEDS_CPSAT = ("proofs",)
"""Tables for which OR-Tools has to be installed."""
