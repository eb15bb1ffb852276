"""Passes: from operations to better operations, one a file, and the order in which they run.

A pass is a small frozen dataclass with a name, a line of help and `__call__(code) -> code`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from kernels.ir import Code


class Pass(Protocol):
    """What the pipeline runs."""

    @property
    def name(self) -> str: ...
    @property
    def help(self) -> str: ...
    def __call__(self, code: Code) -> Code: ...


Hook = Callable[[str, Code], None]
"""Shown the operations after each pass, with its name."""


def run_passes(
    passes: Sequence[Pass], code: Code, without: Sequence[str] = (), hook: Hook | None = None
) -> Code:
    """The code after all passes but those left out."""
    for step in passes:
        if step.name not in without:
            code = step(code)
            if hook:
                hook(step.name, code)
    return code
