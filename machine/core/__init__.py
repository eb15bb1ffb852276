"""The cores that can execute a program, and which one does.

    model       plain Python, always there (machine.model)
    compiled    the same interface some hundred times faster, where it was built

`VLIWDBG_CORE=model` in the environment chooses the model, `VLIWDBG_CORE=compiled` insists on the
compiled core. What is driven is a core with its history, a `machine.timeline.Timeline`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from machine.program import Program
    from machine.protocol import Core

VARIABLE = "VLIWDBG_CORE"
NAMES = ("compiled", "model")


class CoreError(Exception):
    """There is no such core here."""


class CoreChoice(NamedTuple):
    """Which core is in use, how one is made, and why it is this one."""

    name: str
    make_core: Callable[..., Core]
    why: str


def choose_core(name: str | None = None) -> CoreChoice:
    """The core called `name`, or the one the environment names, or the fastest that there is.

    Raises CoreError for a name there is none of, and where the compiled core is asked for but
    missing.
    """
    asked = name or os.environ.get(VARIABLE) or None
    if asked not in (None, *NAMES):
        raise CoreError(f"no core is called {asked!r}; there are {' and '.join(NAMES)}")
    if asked == "model":
        return _model("asked for")
    problem = _load_problem()
    if problem is None:
        from machine.core.compiled import CompiledCore

        return CoreChoice(
            "compiled", CompiledCore, "asked for" if asked else "the fastest there is"
        )
    if asked:
        raise CoreError(f"the compiled core is not there: {problem}")
    return _model(f"the compiled core is not there: {problem}")


def core_for(program: Program, name: str | None = None) -> CoreChoice:
    """The core to execute a program, as `choose_core`; the model for one with more scratch than the
    machine has."""
    from machine.isa import SCRATCH_SIZE

    if program.scratch_size > SCRATCH_SIZE:
        return _model("it alone has more scratch")
    return choose_core(name)


def _model(why: str) -> CoreChoice:
    from machine.model import Model

    return CoreChoice("model", Model, why)


@cache
def _load_problem() -> str | None:
    """Why the compiled core cannot be loaded, or None where it can."""
    try:
        import machine.core.compiled  # noqa: F401  # whether it can be is the question
    except (ImportError, ValueError) as error:
        return str(error)
    return None
