"""How few cycles the engines could do a kernel in, whatever modes its vectors have.

A linear program: of each choice, how many vectors make it which way (`CHOICE_SIZES`), and how much
of what is splittable goes to alu, so that the engine with most to do has as little as possible.
Vectors may be divided, choices are taken to add up, and nothing ever waits: no search gets below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from kernels.build_request import BuildRequest
from kernels.errors import BuildError
from kernels.ir import Code, Op
from kernels.plan import CHOICE_SIZES, VectorChoices, modes_that_matter
from kernels.schedule.pack_input import Kind, kind_of
from machine.isa import SLOT_LIMITS, VLEN

Counts = Counter[Kind]
AVAILABLE = find_spec("ortools") is not None
"""Whether the solver is installed."""
NO_ENDS: Mapping[Kind, float] = {}


@dataclass(frozen=True)
class Work:
    """What a kernel has to do: `uses` in any case, in slots by kind, and of each choice what a
    vector does more than that if it makes it one way or another; less is below 0."""

    vectors: int
    uses: Counts
    ways: Mapping[str, Sequence[Counts]]

    def least(self, ends: Mapping[Kind, float] = NO_ENDS) -> float:
        """The least cycles, if an engine idles for so many at its ends. Raises BuildError without
        OR-Tools."""
        if not AVAILABLE:
            raise BuildError("a bound over all modes needs OR-Tools: pip install 'vliwdbg[cpsat]'")
        solver = import_module("ortools.linear_solver.pywraplp").Solver.CreateSolver("GLOP")
        uses: dict[Kind, Any] = dict(self.uses)
        for ways in self.ways.values():
            shares = [solver.NumVar(0, self.vectors, "") for _ in ways]
            solver.Add(sum(shares) == self.vectors)
            for share, change in zip(shares, ways, strict=True):
                for kind, count in change.items():
                    uses[kind] = uses.get(kind, 0) + count * share
        cycles, by_alu, by_valu = (solver.NumVar(0, solver.infinity(), "") for _ in range(3))
        solver.Add(by_alu + by_valu == uses.pop(Kind.SPLITTABLE, 0))
        uses[Kind.ALU] = uses.get(Kind.ALU, 0) + VLEN * by_alu
        uses[Kind.VALU] = uses.get(Kind.VALU, 0) + by_valu
        for kind, slots in uses.items():
            busy = cycles - ends.get(kind, 0.0)
            solver.Add(slots <= SLOT_LIMITS[kind.name.lower()] * busy)
        solver.Minimize(cycles)
        solver.Solve()
        least: float = cycles.solution_value()
        return least


def bound(request: BuildRequest) -> float:
    """The least cycles of this request's operations. Raises BuildError without OR-Tools."""
    return work_of(request).least()


def work_of(request: BuildRequest) -> Work:
    """That of a request, and of the modes that matter to it."""
    code = request.compile()
    (usual,) = set(request.plan.modes)
    vectors = 1 + max((op.origin.vector or 0 for op in code.ops), default=0)
    ways = {
        name: [_change(request, vectors, usual, name, value) for value in range(CHOICE_SIZES[name])]
        for name in modes_that_matter(request.plan, request.outputs)
    }
    return Work(vectors, _counts(code.ops, code), ways)


def _change(
    request: BuildRequest, vectors: int, usual: VectorChoices, name: str, value: int
) -> Counts:
    """What a vector does more with this value of a field than usual; less is below 0."""
    change = _of_vector(request, vectors, replace(usual, **{name: value}))
    change.subtract(_of_vector(request, vectors, usual))
    return change


def _of_vector(request: BuildRequest, vectors: int, modes: VectorChoices) -> Counts:
    code = request.compile([modes] * vectors, [0], bare=True)
    return _counts([op for op in code.ops if op.origin.vector == 0], code)


def _counts(ops: list[Op], code: Code) -> Counts:
    kinds = (kind_of(op.row, code.alu_lanes) for op in ops)
    return Counter(kind for kind in kinds if kind < Kind.JOIN)
