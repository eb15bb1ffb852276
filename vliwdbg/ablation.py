"""Prints what each technique of the bundled kernel is worth: `python -m vliwdbg.ablation`.

Every program is run on the problem's words and on words from the whole range of 32 bits, and its
result held against the reference. `--update docs/kernel.md` writes the tables into that page,
between `<!-- table: walk -->` and `<!-- end -->`, and so on.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from kernels.tables import TABLES
from machine.machine import Machine
from machine.problem import Problem
from machine.program import Program
from machine.verdict import check


class WrongResultError(Exception):
    """A program of the bundled kernel that computes something else: a mistake of ours."""


def measured(program: Program) -> int:
    """Cycles of the program, which is right on all words tried. Raises WrongResultError."""
    (cycles,) = {_cycles(program, words) for words in _inputs(program)}
    return cycles


def _cycles(program: Program, words: Sequence[int]) -> int:
    assert program.problem
    machine = Machine(program, list(words), debug=False, pauses=False)
    stop = machine.run()
    layout = program.problem.layout
    if stop.fault or not check(layout, words, machine.memory, program.outputs).correct:
        raise WrongResultError(f"{program.name} is wrong: {stop}, build {dict(program.build)}")
    return machine.cycle


def _inputs(program: Program) -> Iterator[Sequence[int]]:
    assert program.problem
    random, layout = Random(program.problem.seed), program.problem.layout
    words = list(program.problem.memory())
    yield words
    full = list(words)
    for address in (*layout.nodes, *layout.values):
        full[address] = random.getrandbits(32)
    yield full


def table(name: str, problem: Problem, outputs: tuple[str, ...]) -> Iterator[str]:
    """The lines of one of the tables."""
    return TABLES[name](measured, problem, outputs)


def update(page: str, name: str, lines: Sequence[str]) -> str:
    """The page with these lines as its table of that name."""
    start, rest = page.split(marker(name))
    _, end = rest.split(END, 1)
    return "".join((start, marker(name), *(f"{line}\n" for line in lines), END, end))


def marker(name: str) -> str:
    """What stands before a table in a page."""
    return f"<!-- table: {name} -->\n"


END = "<!-- end -->"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = ArgumentParser(prog="python -m vliwdbg.ablation", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"{', '.join(TABLES)}; all")
    parser.add_argument("--indices", action="store_true", help="the indices are an output too")
    parser.add_argument("--update", type=Path, metavar="PAGE", help="write the tables there")
    asked = parser.parse_args(arguments)
    outputs = ("values", "indices") if asked.indices else ("values",)
    for name in asked.tables or TABLES:
        if name not in TABLES:
            parser.error(f"no table is called {name!r}; there are {', '.join(TABLES)}")
        lines = []
        for line in table(name, Problem(), outputs):
            print(line, flush=True)
            lines.append(line)
        print()
        if asked.update:
            page = asked.update.read_text("utf-8")
            asked.update.write_text(update(page, name, lines), "utf-8")


if __name__ == "__main__":
    main()
