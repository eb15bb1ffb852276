"""The cores that can execute a program, and which one does.

    model       plain Python, always there (machine.model)
    compiled    the same interface some hundred times faster, where it was built

`machine.native` decides which. What is driven is a core with its history, a
`machine.timeline.Timeline`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from machine.isa import SCRATCH_SIZE
from machine.native import choose

if TYPE_CHECKING:
    from machine.program import Program
    from machine.protocol import Core


class CoreChoice(NamedTuple):
    """Which core is in use, how one is made, and why it is this one."""

    name: str
    make_core: Callable[..., Core]
    why: str


def choose_core(name: str | None = None) -> CoreChoice:
    """The core that `machine.native.choose` chooses; raises CoreError as it does."""
    choice = choose(name)
    if choice.name == "compiled":
        from machine.core.compiled import CompiledCore

        return CoreChoice(choice.name, CompiledCore, choice.why)
    from machine.model import Model

    return CoreChoice(choice.name, Model, choice.why)


def core_for(program: Program, name: str | None = None) -> CoreChoice:
    """The core to execute a program: the model if it has more scratch than the machine, else as
    `choose_core`."""
    return choose_core("model" if program.scratch_size > SCRATCH_SIZE else name)
