"""What a treehash kernel may do one way or another: the choices, apart from the code that obeys.

    Plan    the whole kernel: which levels of the tree lie where
    Modes   one vector: by which engine something is done that several could do

A search varies modes and nothing else; `--without` and `--set` change the plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kernels.errors import BuildError
from machine.isa import VLEN

if TYPE_CHECKING:
    from machine.problem import Problem

TABLE_LEVELS = range(4, 8)
GROUPS, GROUP_WORDS = 16, 24
TABLE_WORDS = GROUPS * GROUP_WORDS
BUFFER_WORDS = 2 * VLEN
MOST_VECTORS_WITH_TABLE = 64
"""With a table no value can be stored before the last block is read, so all stay in scratch."""


@dataclass(frozen=True)
class Modes:
    """How one vector does it. Every field is a truth that a search may flip."""

    level1_by_valu: bool = False
    """The node of level 1 by multiply_add instead of vselect."""
    fold_by_flow: bool = True
    """The first bit of an address chosen between two constants instead of multiplied."""
    fold4_by_flow: bool = True
    """The same for the address of a block of level 4."""
    transpose5: bool = False
    """The children of level 5 through store and vload instead of lane by lane."""
    transpose7: bool = False
    """The same for level 7."""
    select4: bool = False
    """The node of level 4 in the second walk by vselects instead of from the table."""


@dataclass(frozen=True)
class Plan:
    """How a kernel of these sizes is to be made."""

    tree_cache: int = 4
    """Levels of the tree, from the root, that lie in scratch as broadcast vectors."""
    tables: bool = True
    """Levels 4 to 7 from blocks in working memory, two levels a load."""
    deferred_xor: bool = True
    """The last hash constant goes into the next node."""
    window_loads: bool = True
    """A node is loaded as a word of the 8 that start at its index."""
    alu_lanes: bool = True
    """Elementwise valu operations may be issued as alu slots."""
    modes: Sequence[Modes] = field(default=())
    """By vector; the last one's for those past the end."""

    def modes_of(self, vector: int) -> Modes:
        return self.modes[min(vector, len(self.modes) - 1)] if self.modes else Modes()


CHOICES = {
    "tree-cache": ("tree_cache", 1, "levels 0-3 of the tree in scratch, chosen by vselect"),
    "block-tables": ("tables", False, "levels 4-7 from blocks in memory, two levels a load"),
    "deferred-xor": ("deferred_xor", False, "the last hash constant goes into the next node"),
    "window-loads": ("window_loads", False, "a node is a word of the 8 loaded at its index"),
    "alu-lanes": ("alu_lanes", False, "elementwise valu operations as alu slots"),
}
"""Name -> (field, what it is without, a line of help)."""
SETTINGS = {"tree-cache": ("tree_cache", range(1, 5))}
"""Name -> (field, values)."""


def plan_for(
    problem: Problem, without: Sequence[str] = (), settings: Mapping[str, Any] | None = None
) -> Plan:
    """The plan of these sizes. Raises BuildError for a setting nobody knows or out of its range."""
    changes: dict[str, Any] = {}
    for name in without:
        if name in CHOICES:
            attribute, off, _ = CHOICES[name]
            changes[attribute] = off
    for name, value in (settings or {}).items():
        attribute, values = _find_setting(name)
        changes[attribute] = _within(name, value, values)
    plan = replace(Plan(modes=(Modes(),)), **changes)
    return replace(plan, tables=plan.tables and _tables_pay(problem, plan))


def _tables_pay(problem: Problem, plan: Plan) -> bool:
    """Whether the table fits into working memory and is walked through often enough."""
    return (
        plan.deferred_xor
        and plan.tree_cache == TABLE_LEVELS.start
        and problem.forest_height > TABLE_LEVELS[-1]
        and problem.rounds > TABLE_LEVELS[-1]
        and 2 * problem.batch_size >= TABLE_WORDS + BUFFER_WORDS
        and problem.batch_size <= MOST_VECTORS_WITH_TABLE * VLEN
    )


def _find_setting(name: str) -> tuple[str, range]:
    if name not in SETTINGS:
        raise BuildError.unknown("setting", name, SETTINGS)
    return SETTINGS[name]


def _within(name: str, value: Any, values: range) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -1
    if number not in values:
        raise BuildError(f"{name} is {values[0]} to {values[-1]}, not {value!r}")
    return number
