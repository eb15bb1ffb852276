"""What each technique is worth: the walk from the baseline to the best, and the best without each.

    walk        row by row a technique more, in the order in which one would come to them
    without     everything but one; what cannot be had without it goes with it

Both are lists of builds; `tables` has them measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kernels.catalog import build
from kernels.plan import CHOICES, TELLING, plan_for
from kernels.schedule.restrict import FREEDOMS
from kernels.treehash import OPTIONAL, PASSES
from kernels.vectors import STEPS
from machine.problem import Problem
from machine.program import Program

LIST_SCHEDULING = "list-scheduling"
ORDER = (
    "tree-cache",
    "multiply-add",
    "hash-fusion",
    "deferred-xor",
    "temporaries",
    LIST_SCHEDULING,
    "memory-regions",
    "alu-lanes",
    "window-loads",
)
"""Those of treehash, in the order of the walk; what is not named here comes after them."""


@dataclass(frozen=True)
class Row:
    """A build: what it is called, what that means, and all that `build` needs to know."""

    name: str
    text: str
    kernel: str = "treehash"
    scheduler: str = "list"
    without: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def build(self, problem: Problem, outputs: tuple[str, ...]) -> Program:
        return build(
            self.kernel,
            self.scheduler,
            problem,
            outputs=outputs,
            without=self.without,
            settings=self.settings,
        )


def techniques() -> dict[str, str]:
    """Name -> a line of help, of all that treehash can do without, in the order of the walk."""
    known = {
        **{step.name: step.help for step in PASSES if step.name in OPTIONAL},
        **{name: help for name, (_, _, help) in CHOICES.items()},
        **{name: help for name, (_, help) in FREEDOMS.items()},
        LIST_SCHEDULING: "what is ready and urgent goes first, not what is next",
    }
    later = [name for name in known if name not in ORDER]
    return {name: known[name] for name in (*ORDER, *later)}


def walk() -> list[Row]:
    """From the baseline to the best."""
    return [
        Row("baseline", "one slot a bundle", "baseline", "serial"),
        Row("bundling", "bundles, filled in program order", "baseline", "greedy"),
        *_first_steps(),
        *_treehash(),
        Row("search", "parameters of the schedule found by search", scheduler="tuned"),
    ]


def _first_steps() -> Iterator[Row]:
    steps = {"simd": "eight elements at a time: vload, vstore, valu", **STEPS}
    for number, (name, text) in enumerate(steps.items()):
        without = (*list(STEPS)[number:], "memory-regions")
        yield Row(name, text, "vectors", "greedy", without)


def _treehash() -> Iterator[Row]:
    known = techniques()
    missing = [name for name in known if name != LIST_SCHEDULING]
    scheduler = "greedy"
    text = "another kernel: indices from 1, which are addresses too"
    yield Row("treehash", text, scheduler=scheduler, without=tuple(missing))
    for name, text in known.items():
        if name == LIST_SCHEDULING:
            scheduler = "list"
        else:
            missing.remove(name)
        yield Row(name, text, scheduler=scheduler, without=tuple(missing))


def left_out(problem: Problem) -> list[Row]:
    """The kernel as `list` schedules it, then the same without one technique, or with less of it.

    Searched parameters are for the whole kernel only; so they are left out everywhere here.
    """
    return [
        Row("nothing", ""),
        Row("bundling", "", scheduler="serial"),
        *(_without(name, problem) for name in techniques()),
        *_capped(problem),
    ]


def _without(name: str, problem: Problem) -> Row:
    if name == LIST_SCHEDULING:
        return Row(name, "", scheduler="greedy")
    return Row(name, _taken_along(problem, without=(name,)), without=(name,))


def _capped(problem: Problem) -> Iterator[Row]:
    for name, values in TELLING.items():
        for value in values:
            along = _taken_along(problem, settings={name: value})
            yield Row(f"{name} past {value}", along, settings={name: value})


def _taken_along(problem: Problem, **asked: Any) -> str:
    """The other choices that a plan does without."""
    whole, plan = plan_for(problem), plan_for(problem, **asked)
    named = asked.get("without", ())
    return ", ".join(
        name
        for name, (attribute, off, _) in CHOICES.items()
        if name not in named and getattr(plan, attribute) == off != getattr(whole, attribute)
    )
