"""Prints the table of docs/kernel.md: `python -m tests.kernels.ladder`."""

from __future__ import annotations

from collections.abc import Iterator

from kernels.catalog import build
from kernels.ladder import LADDER, Rung
from machine.problem import Problem
from tests.kernels.running import run


def cycles(rung: Rung) -> int:
    """Of a run at the standard size; the result is checked on the way."""
    program = build(rung.kernel, rung.scheduler, Problem(), without=rung.without)
    result = run(program, debug=False)
    assert result.check.correct, rung
    return result.cycles


def table() -> Iterator[str]:
    """The rows, as Markdown."""
    yield "| what is added | kernel | scheduler | cycles |"
    yield "| --- | --- | --- | --- |"
    for rung in LADDER:
        yield f"| {rung.adds} | {rung.kernel} | {rung.scheduler} | {cycles(rung):,} |"


if __name__ == "__main__":
    print("\n".join(table()))
