"""The tables of docs/kernel.md, as Markdown, line by line as they are measured.

Nothing is run here: whoever wants a table passes in how a program is measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from kernels.ablation import left_out, techniques, walk
from kernels.analysis.floors import floors
from kernels.bound import work_of
from kernels.build_request import BuildRequest
from kernels.catalog import build
from kernels.schedule.pack_input import Kind
from kernels.sketches import SKETCHES
from kernels.tune.explore import parse_design
from machine.isa import SLOT_LIMITS
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
BOUNDED = (
    "whole",
    "without single-lanes",
    "forest-buffers=4",
    "forest-buffers=8",
    "without three-blocks",
)
"""Designs of which the bound over all modes is told, beside the sketches."""
END = 40
"""Bundles at either end of a schedule in which engines wait for work, or have none left."""
SCARCE = (Kind.FLOW, Kind.LOAD, Kind.ALU, Kind.VALU)
"""Not so stores, which could all be done in the middle."""
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


def bounds_table(_measure: Measure, problem: Problem, outputs: tuple[str, ...]) -> Iterator[str]:
    """How low designs could come in any modes, built ones and sketches."""
    yield from _head("design", "bound", "with the ends of the best schedule")
    ends = idle_ends(build("treehash", "tuned", problem, outputs=outputs))
    whole = BuildRequest(problem, outputs=outputs)
    designs = [parse_design(text) for text in BOUNDED]
    works = {
        d.name: work_of(BuildRequest(problem, "treehash", outputs, d.without, d.settings))
        for d in designs
    }
    works |= {f"{name}, a sketch": change(work_of(whole)) for name, change in SKETCHES.items()}
    for name, work in works.items():
        yield _line((name, f"{work.least():.1f}", f"{work.least(ends):.1f}"))


def idle_ends(program: Program) -> dict[Kind, float]:
    """For how many cycles each engine idles in the first and last bundles, all slots counted."""
    bundles = [Counter(slot.engine for slot in bundle) for bundle in program]
    ends = bundles[:END] + bundles[-END:]
    limits = {kind: SLOT_LIMITS[kind.name.lower()] for kind in SCARCE}
    idle = {
        kind: sum(limit - bundle[kind.name.lower()] for bundle in ends)
        for kind, limit in limits.items()
    }
    return {kind: idle[kind] / limit for kind, limit in limits.items()}


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
    "bounds": bounds_table,
    "proofs": proofs_table,
}
NEEDS_CPSAT = ("bounds", "proofs")
"""Tables for which OR-Tools has to be installed."""
