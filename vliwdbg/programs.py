"""What PROGRAM means: the bundled kernel, a JSON file, standard input, or a Python solution.

    nothing, default    the bundled kernel, built for the sizes asked for
    FILE, -             a program file (machine.codec)
    FILE.py             a KernelBuilder, run in a process of its own (this runs the user's code)

`load` gives a `Loaded`: the program, the words it starts with, and what they mean.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from machine.codec import disagreements, read_program, read_words
from machine.errors import ProgramError
from machine.isa import SCRATCH_SIZE
from machine.machine import starting_memory
from machine.problem import Layout, Problem
from machine.program import Program

DEFAULT = "default"
FEW_PAYLOADS = 10_000
"""Of a program: so many are left where they lie."""
Progress = Callable[[str, float | None], None]
"""Told what is being done, and which part of it is over, None where nobody knows."""


@dataclass(frozen=True)
class Choice:
    """What to load: a PROGRAM, how to build it where it is the bundled kernel, and overrides.

    `sizes` are fields of `Problem` to override; `memory` is a file of words; `python` the
    interpreter that runs a Python file; `scratch_size` may be more words than the machine has, to
    see what they are worth. `kept` False is for who may not look into the user's cache.
    """

    program: str | None = None
    kernel: str | None = None
    scheduler: str | None = None
    indices: bool = False
    without: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    memory: str | None = None
    python: str | None = None
    scratch_size: int = SCRATCH_SIZE
    kept: bool = True

    @property
    def bundled(self) -> bool:
        """Whether it is the bundled kernel."""
        return self.program in (None, DEFAULT)

    @property
    def is_python(self) -> bool:
        """Whether it is a Python file, which builds the program."""
        return self.program is not None and self.program.endswith(".py")

    @property
    def problem(self) -> Problem:
        """The problem that a program is built for. Raises ProgramError for invalid sizes."""
        return Problem(**self.sizes)


@dataclass(frozen=True)
class Loaded:
    """A program ready to run.

    `problem_assumed` says that neither the program nor its user told which problem it solves;
    `printed` is what a Python file printed while it built the program.
    """

    program: Program
    memory: Sequence[int]
    problem_assumed: bool
    printed: str = ""

    @cached_property
    def layout(self) -> Layout | None:
        """Where the parts of its memory are; None where its header tells no problem."""
        return Layout.read(self.memory)

    @property
    def has_meaning(self) -> bool:
        """Whether it is known what the result should be, be it by assumption."""
        return self.program.problem is not None and self.layout is not None


def load(
    choice: Choice, *, deadline: float | None = None, progress: Progress | None = None
) -> Loaded:
    """Load what was chosen, a Python file until a time of `time.monotonic`.

    `progress` is told now and then what is being built, and which part of it is over; what it
    raises ends the build. Raises ProgramError, and BuildError for the bundled kernel.
    """
    program, printed = _chosen(choice, deadline, progress)
    if len(program.columns.payloads) > FEW_PAYLOADS:
        _repack(program.columns.payloads)
    program = _overridden(program, choice)
    return loaded_from(program, printed)


def _repack(payloads: list[Any]) -> None:
    """Copy what was read with a file, now that the rest of its document is gone: each of them keeps
    a page in use that is empty but for it, which of 200,000 bundles is half of all memory."""
    with suppress(ValueError):  # what a Python file makes may be anything
        payloads[:] = marshal.loads(marshal.dumps(payloads))


def loaded_from(program: Program, printed: str = "") -> Loaded:
    """A program, ready to run; the standard problem is its where it brings none, and no words."""
    assumed = program.problem is None and program.memory is None
    if assumed:
        program = replace(program, problem=Problem())
    loaded = Loaded(program, starting_memory(program), assumed, printed)
    if program.problem and loaded.layout is None:
        program = replace(program, notes=(*program.notes, _NO_START))
    return replace(loaded, program=program)


_NO_START = (
    "the memory has words among its indices that are no nodes, as kernels leave them there; "
    "the reference kernel cannot start from it, so nothing is checked"
)


def _chosen(
    choice: Choice, deadline: float | None, progress: Progress | None
) -> tuple[Program, str]:
    """The program as it comes, and what was printed while it was built."""
    if choice.program is None or choice.bundled:
        return build_bundled(choice, progress), ""
    if choice.is_python:
        from vliwdbg.solutions import Solution

        solution = Solution(
            choice.program, choice.problem, choice.python, choice.scratch_size, deadline, progress
        )
        return solution.build()
    return read_program(choice.program, choice.scratch_size), ""


def build_bundled(choice: Choice, progress: Progress | None = None) -> Program:
    """The bundled kernel as chosen; `progress` is told what is being done, and which part is over.

    What was built before with the default scheduler is kept, and read. Raises BuildError, and
    ProgramError for invalid sizes.
    """

    outputs = ("values", "indices") if choice.indices else ("values",)

    def build() -> Program:
        from kernels import catalog

        return catalog.build(
            catalog.DEFAULT_KERNEL if choice.kernel is None else choice.kernel,
            choice.scheduler,
            choice.problem,
            outputs=outputs,
            without=choice.without,
            settings=choice.settings,
            progress=progress,
        )

    named = choice.kernel is not None or choice.scheduler is not None
    if named or choice.without or choice.settings or not choice.kept:
        return build()
    from vliwdbg.kernel_cache import kept

    return kept(choice.problem, outputs, build)


def _overridden(program: Program, choice: Choice) -> Program:
    program = replace(program, scratch_size=choice.scratch_size)
    if choice.sizes and not choice.bundled:
        # Other sizes or another seed mean other words than those the program brought.
        problem = replace(program.problem or Problem(), **choice.sizes)
        program = replace(program, problem=problem, memory=None)
    if choice.memory is not None:
        program = replace(program, memory=read_words(choice.memory))
        if program.problem and (wrong := disagreements(program.problem, starting_memory(program))):
            raise ProgramError(wrong)
    return program
