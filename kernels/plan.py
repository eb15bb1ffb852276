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

TABLE_LEVELS = range(3, 8)
GROUPS, GROUP_WORDS = 16, 20
TOP_BLOCKS, TOP_WORDS = 8, 4
GROUPED_WORDS = GROUPS * GROUP_WORDS
TABLE_WORDS = GROUPED_WORDS + TOP_BLOCKS * TOP_WORDS
FEWEST_BUFFERS, MOST_BUFFERS = 2, 16
"""Of eight words each, behind the table, and a word more."""
MOST_VECTORS_WITH_TABLE = 64
"""With a table no value can be stored before the last block is read, so all stay in scratch."""


@dataclass(frozen=True)
class Modes:
    """How one vector does it. A search may put any number below that of VALUES into any field.

    An address or index is a constant, plus a multiply_add for each bit since the last one. The
    first n bits may choose between 2^n constants instead, by 2^n - 1 vselects: those are the bits
    that some fields count.
    """

    level1_by_valu: int = 0
    """The node of level 1 by multiply_add instead of vselect."""
    level3_by_load: int = 0
    """The node of level 3, in a walk that goes further, from a block instead of by vselects."""
    passing3: int = 2
    """Bits for the address of that block."""
    short: int = 0
    """A walk that ends at level 4 has level 3 from a block and 4 from its children (0), level 3 by
    vselects and 4 from a block (1), or both by vselects (2)."""
    address3: int = 3
    """Bits for the address of a block at level 3 in such a walk."""
    address4: int = 2
    """Bits for the address of a block at level 4."""
    address6_by_flow: int = 0
    """Both bits from a block at level 4 to one at level 6: one alone saves nothing."""
    index: int = 1
    """Bits for the index of a node below the table."""
    final: int = 1
    """Bits for the index that is an output."""
    children4_by_store: int = 0
    """Children of level 4 chosen by stores of both and one vload, instead of lane by lane."""
    children5_by_store: int = 0

    @property
    def by_store(self) -> tuple[int, int, int]:
        """By kind of block, whether its children are chosen by stores."""
        return self.children4_by_store, self.children5_by_store, False

    @property
    def of_table(self) -> tuple[int, int, tuple[int, int, int]]:
        """What decides which words of the table are read."""
        return self.level3_by_load, self.short, self.by_store

    @property
    def settled(self) -> Modes:
        """The same with what changes nothing as it is by default."""
        idle: dict[str, int] = {}
        if not self.level3_by_load:
            idle["passing3"] = Modes.passing3
        if self.short:
            idle |= {name: getattr(Modes, name) for name in ("address3", "children4_by_store")}
        return replace(self, **idle)


VALUES = {
    "level1_by_valu": 2,
    "level3_by_load": 2,
    "passing3": 4,
    "short": 3,
    "address3": 4,
    "address4": 4,
    "address6_by_flow": 2,
    "index": 3,
    "final": 3,
    "children4_by_store": 2,
    "children5_by_store": 2,
}
"""By field of Modes, how many values it may have."""


def modes_that_matter(outputs: Sequence[str]) -> list[str]:
    """The fields of Modes that a kernel with these outputs looks at."""
    return [name for name in VALUES if name != "final" or "indices" in outputs]


@dataclass(frozen=True)
class Plan:
    """How a kernel of these sizes is to be made."""

    tree_cache: int = 4
    """Levels of the tree, from the root, that lie in scratch as broadcast vectors."""
    tables: bool = True
    """Levels 3 to 7 from blocks in working memory, two levels a load."""
    deferred_xor: bool = True
    """The last hash constant goes into the next node."""
    window_loads: bool = True
    """A node is loaded as a word of the 8 that start at its index."""
    alu_lanes: bool = True
    """Elementwise valu operations may be issued as alu slots."""
    modes: Sequence[Modes] = field(default=())
    """By vector; the last one's for those past the end."""
    only: Sequence[int] = ()
    """Vectors to compile, for who wants to see them apart; all if empty."""

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
        and plan.tree_cache > TABLE_LEVELS.start
        and problem.forest_height > TABLE_LEVELS[-1]
        and problem.rounds > TABLE_LEVELS[-1]
        and 2 * problem.batch_size >= TABLE_WORDS + VLEN * FEWEST_BUFFERS + 1
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
