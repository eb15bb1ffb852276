"""What is asked of a build: a kernel for some sizes, and what to leave out of it.

    BuildRequest -- compile(modes) --> operations, all passes done

Which modes the vectors have is left open, because a scheduler may know some that suit it; others
ask for the operations in the plan's own modes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from kernels import treehash
from kernels.errors import BuildError
from kernels.ir import Code
from kernels.passes import Hook, run_passes
from kernels.plan import CHOICES, Plan, VectorChoices, plan_for
from kernels.schedule.restrict import FREEDOMS
from machine.problem import Problem


@dataclass(frozen=True)
class BuildRequest:
    """`without` names passes, choices and freedoms to leave out, `settings` caps choices.

    `hook` is shown the operations after each pass.
    """

    problem: Problem
    kernel: str = "treehash"
    outputs: tuple[str, ...] = ("values",)
    without: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    hook: Hook | None = None

    @property
    def plain(self) -> bool:
        """Whether nothing is left out and nothing capped."""
        return not self.without and not self.settings

    @property
    def plan(self) -> Plan:
        """Of treehash, with nothing said of modes."""
        return plan_for(self.problem, self.without, self.settings)

    def compile(
        self, modes: Sequence[VectorChoices] = (), only: Sequence[int] = (), *, bare: bool = False
    ) -> Code:
        """The operations, the vectors in these modes, or only some of them; `bare` is without the
        table. Raises BuildError."""
        inner = replace(self, without=tuple(n for n in self.without if n not in FREEDOMS))
        restrictions = [FREEDOMS[name][0] for name in self.without if name in FREEDOMS]
        code = _COMPILERS[self.kernel](inner, modes, only, bare)
        return run_passes(restrictions, code, (), self.hook)


def _treehash(
    request: BuildRequest, modes: Sequence[VectorChoices], only: Sequence[int], bare: bool
) -> Code:
    known = (*treehash.OPTIONAL, *CHOICES)
    for name in request.without:
        if name not in known:
            raise BuildError.unknown("pass or choice", name, (*known, *FREEDOMS))
    plan = request.plan
    if modes:
        plan = replace(plan, modes=tuple(modes), only=tuple(only), bare=bare)
    return treehash.compile_plan(
        request.problem, plan, request.outputs, request.without, request.hook
    )


def _plain(module: str) -> Compiler:
    """That of a kernel without modes, whose passes are part of it; imported when used."""

    def compile_request(
        request: BuildRequest, _modes: Sequence[VectorChoices], _only: Sequence[int], _bare: bool
    ) -> Code:
        asked = (request.problem, request.outputs, request.without, request.settings)
        code: Code = import_module(module).compile_kernel(*asked)
        if request.hook:
            request.hook(request.kernel, code)
        return code

    return compile_request


Compiler = Callable[[BuildRequest, Sequence[VectorChoices], Sequence[int], bool], Code]
_COMPILERS: dict[str, Compiler] = {
    "baseline": _plain("kernels.baseline"),
    "vectors": _plain("kernels.vectors"),
    "treehash": _treehash,
}
