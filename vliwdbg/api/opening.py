"""What can be opened, and as which program."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Protocol

from machine.codec import parse_json, program_of
from machine.errors import ProgramError
from machine.problem import Layout, Problem
from machine.program import Program
from vliwdbg.api.session import OpenSession
from vliwdbg.builder_notes import document_of
from vliwdbg.programs import Choice, Loaded, load, loaded_from
from vliwdbg.solution_runner import as_integer, handed_over


class Builder(Protocol):
    """What people's builders have: the bundles. `debug_info()` may give names to scratch, and
    `vliwdbg`, a mapping, more fields of a program file."""

    @property
    def instrs(self) -> Sequence[Any]: ...


Bundle = Mapping[str, Sequence[Sequence[Any]]]
Source = Program | Builder | Sequence[Bundle] | str | os.PathLike[str]


def open(
    source: Source, *, memory: Sequence[int] | None = None, problem: Problem | None = None
) -> OpenSession:
    """Debug a program: a file (a Python file is run, in a process of its own), `default`, a
    `Program`, bundles, or a builder that has built them.

    `memory` are the words it starts with; without a `problem` their header tells it. Without both
    a program that brings neither solves the standard problem. Raises ProgramError.
    """
    loaded, choice = loaded_of(source, memory, problem)
    return OpenSession(loaded, choice)


def loaded_of(
    source: Source, memory: Sequence[int] | None = None, problem: Problem | None = None
) -> tuple[Loaded, Choice]:
    """The program of a source, ready to run, and what it is called. Raises as `open`."""
    if isinstance(source, (str, os.PathLike)):
        choice = Choice(os.fspath(source), sizes=asdict(problem) if problem else {})
        loaded = load(choice)
        return (loaded, choice) if memory is None else (_with(loaded.program, memory), choice)
    program = source if isinstance(source, Program) else _program_of(source)
    if problem is not None:
        program = replace(program, problem=problem, memory=None)
    name = f"<{program.name or type(source).__name__}>"
    loaded = loaded_from(program) if memory is None else _with(program, memory)
    return loaded, Choice(name)


def _with(program: Program, memory: Sequence[int]) -> Loaded:
    """A program that starts with other words, which tell its problem where nobody else does."""
    try:
        words = array("I", memory)
    except (TypeError, OverflowError):
        raise ProgramError.at("memory", "is not a list of words of 32 bits") from None
    return loaded_from(replace(program, memory=words, problem=program.problem or problem_of(words)))


def problem_of(memory: Sequence[int]) -> Problem | None:
    """The problem whose sizes a memory's header tells; None where it tells none."""
    layout = Layout.read(memory)
    if layout is None:
        return None
    return Problem(layout.forest_height, layout.rounds, layout.batch_size)


def _program_of(source: Builder | Sequence[Bundle]) -> Program:
    """What is built is handed over as it is to `vliwdbg FILE.py`: through JSON."""
    built = hasattr(source, "instrs")
    name = type(source).__name__ if built else "bundles"
    told = handed_over(source) if built else {"bundles": source}
    try:
        text = json.dumps(told, default=as_integer)
    except (TypeError, ValueError, RecursionError) as wrong:
        raise ProgramError.at(name, str(wrong)) from None
    return program_of(document_of(parse_json(text.encode(), name)), name=name)
