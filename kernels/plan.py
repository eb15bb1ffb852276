"""What a treehash kernel may do one way or another: the choices, apart from the code that obeys.

    Plan    the whole kernel: which levels of the tree lie where
    VectorChoices   one vector: by which engine something is done that several could do

A search varies modes and nothing else; `--without` and `--set` change the plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kernels.errors import BuildError
from machine.isa import SLOT_LIMITS, VLEN

if TYPE_CHECKING:
    from machine.problem import Problem

SHORT_BLOCK = 3
"""The level of the one block of a walk that ends there or at its child."""
MOST_LEVEL = 7
"""The deepest at which blocks begin: the nodes of the next one have to pass through scratch."""
FEWEST_WORDS, MOST_WORDS = 3, 4
"""Of a block: a node and its children; if there is room, what tells the children apart too."""
MOST_VECTORS_WITH_TABLE = 64
"""With a table no value can be stored before the last block is read, so all stay in scratch."""
MOST_BUFFERS = 8
CYCLES_A_ROUND = 1.7
"""What lanes take for a round of a vector, about."""

LANES, STORES, SELECTS = range(3)
"""How the child of a block is chosen: by lane operations, by stores, by flow a lane at a time."""
REMAINDER = 4
"""Instead of a number of bits: two bits by vselect, the newest by a remainder."""


@dataclass(frozen=True)
class VectorChoices:
    """How one vector does it. A search may put any number below the field's CHOICE_SIZES into it.

    An address or index is a constant, plus a multiply_add for each bit since the last one. The
    first n bits may choose between 2^n constants instead, by 2^n - 1 vselects: those are the bits
    that some fields count. A walk that goes further than its first block and that block's children
    has a first, second and third block; one that does not has its `last`.
    """

    first_address: int = REMAINDER
    second_address: int = 2
    third_address: int = 2
    last_address: int = REMAINDER
    first_child: int = LANES
    second_child: int = STORES
    third_child: int = STORES
    last_child: int = LANES
    index: int = 2
    """Bits for the index of a node below the table."""
    final: int = 1
    """Bits for the index that is an output."""

    def address(self, block: str) -> int:
        """Bits for the address of a block, or REMAINDER."""
        bits: int = getattr(self, f"{block}_address")
        return bits

    def child(self, block: str) -> int:
        """How the child of a block is chosen."""
        way: int = getattr(self, f"{block}_child")
        return way


OF_PAIRS = VectorChoices(first_address=2, second_address=0, second_child=LANES, index=0)
"""Usual ones where blocks begin at level 4: level 3 by vselects leaves little of flow."""
LONG, SHORT = ("first", "second", "third"), "last"
"""The blocks of a walk, in order, by the fields of VectorChoices that tell how each is read."""
CHOICE_SIZES = {
    "first_address": 5,
    "second_address": 3,
    "third_address": 3,
    "last_address": 5,
    "first_child": 3,
    "second_child": 3,
    "third_child": 3,
    "last_child": 3,
    "index": 3,
    "final": 3,
}
"""By field of VectorChoices, how many values it may have."""
LIKELY = {
    "first_address": (2, 3, REMAINDER),
    "second_address": (1, 2),
    "third_address": (1, 2),
    "last_address": (2, 3, REMAINDER),
    "first_child": (LANES, STORES, SELECTS),
    "second_child": (STORES, SELECTS),
    "third_child": (STORES, SELECTS),
    "last_child": (LANES, STORES, SELECTS),
    "index": (1, 2),
    "final": (0, 1, 2),
}
"""By field of VectorChoices, the values that are worth a try where much is at stake."""


@dataclass(frozen=True)
class Plan:
    """How a kernel of these sizes is to be made."""

    tree_cache: int = 4
    """Levels of the tree, from the root, that lie in scratch as broadcast vectors."""
    first_block: int = 3
    """The level at which the first block of a walk begins."""
    blocks: tuple[int, ...] = ()
    """The levels at which blocks begin, two levels a load; none without a table."""
    tables: bool = True
    """Levels from 3 on from blocks in working memory."""
    deferred_xor: bool = True
    """The last hash constant goes into the next node."""
    window_loads: bool = True
    """A node is loaded as a word of the 8 that start at its index."""
    exact_leaves: bool = True
    """An index of the level before is off by so much that the next one is an address."""
    scalar_operands: bool = True
    """What is the same in all lanes is mixed in by alu, from one word."""
    header_constants: bool = True
    """Constants that stand in the header are read there, with the root."""
    single_lanes: bool = True
    """What set-up wants in one vector alone is worked out lane by lane, from single words."""
    store_selects: bool = True
    """Children may be chosen by stores."""
    scalar_selects: bool = True
    """Children may be chosen by flow, a lane at a time."""
    remainders: bool = True
    """The newest bit of an address may come into it by a remainder."""
    alu_lanes: bool = True
    """Elementwise valu operations may be issued as alu slots."""
    alu_reserve: bool = True
    """The last one that is ready is kept for alu where valu has others."""
    forest_buffers: int = 6
    """Rows of the forest in which children are chosen by stores; they are as before at the end."""
    modes: Sequence[VectorChoices] = field(default=())
    """By vector; the last one's for those past the end."""
    only: Sequence[int] = ()
    """Vectors to compile, for who wants to see them apart; all if empty."""
    bare: bool = False
    """Without what no vector reads in scratch: the table is laid out in memory by nobody."""

    def modes_of(self, vector: int) -> VectorChoices:
        return self.modes[min(vector, len(self.modes) - 1)] if self.modes else VectorChoices()


CHOICES = {
    "tree-cache": ("tree_cache", 1, "levels 0-3 of the tree in scratch, chosen by vselect"),
    "block-tables": ("tables", False, "levels 4-7 from blocks in memory, two levels a load"),
    "deferred-xor": ("deferred_xor", False, "the last hash constant goes into the next node"),
    "window-loads": ("window_loads", False, "a node is a word of the 8 loaded at its index"),
    "alu-lanes": ("alu_lanes", False, "elementwise valu operations as alu slots"),
    "alu-reserve": ("alu_reserve", False, "the last of them that is ready kept for alu"),
    "three-blocks": ("first_block", 4, "blocks from level 3 on: six levels by three loads"),
    "store-selects": ("store_selects", False, "children of a block may be chosen by stores"),
    "scalar-selects": ("scalar_selects", False, "children of a block may be chosen by flow"),
    "remainders": ("remainders", False, "a block's address may have a bit by a remainder"),
    "exact-leaves": ("exact_leaves", False, "the last index is an address: no windows there"),
    "scalar-operands": ("scalar_operands", False, "one word mixed into all lanes by alu"),
    "header-constants": ("header_constants", False, "the header is read, for its constants"),
    "single-lanes": ("single_lanes", False, "set-up makes single lanes where few are wanted"),
}
"""Name -> (field, what it is without, a line of help)."""
SETTINGS = {
    "tree-cache": ("tree_cache", range(1, 5)),
    "forest-buffers": ("forest_buffers", range(MOST_BUFFERS + 1)),
}
"""Name -> (field, values)."""
TELLING = {"tree-cache": (2, 3), "forest-buffers": (0, 3)}
"""The values of settings that say what more of each is worth."""


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
    plan = replace(Plan(), **changes)
    if plan.tables:
        blocks = _blocks(problem, plan)
        fewer = _blocks(problem, replace(plan, first_block=4))
        if _load_binds(problem, blocks) and _loading(problem, fewer) < _loading(problem, blocks):
            plan, blocks = replace(plan, first_block=4), fewer
        plan = replace(plan, blocks=blocks, tables=bool(blocks))
    return replace(plan, modes=(VectorChoices() if plan.first_block == SHORT_BLOCK else OF_PAIRS,))


def modes_that_matter(plan: Plan, outputs: Sequence[str]) -> list[str]:
    """The fields of VectorChoices that such a kernel looks at."""
    blocks = (*LONG[: len(plan.blocks)], SHORT)
    names = {"index"} | {f"{block}_{what}" for block in blocks for what in ("address", "child")}
    names |= {"final"} if "indices" in outputs else set()
    return [name for name in CHOICE_SIZES if name in names]


def _blocks(problem: Problem, plan: Plan) -> tuple[int, ...]:
    """The levels at which blocks begin: every other one, as far as trees, walks and memory go."""
    vectors = -(-problem.batch_size // VLEN)
    deepest = min(problem.forest_height, problem.rounds - 1)
    if not plan.deferred_xor or plan.tree_cache < plan.first_block:
        return ()
    if vectors > MOST_VECTORS_WITH_TABLE:
        return ()
    room, blocks = 2 * problem.batch_size, list[int]()
    if plan.first_block != SHORT_BLOCK:
        room -= FEWEST_WORDS << SHORT_BLOCK
    for level in range(plan.first_block, min(deepest, MOST_LEVEL + 1), 2):
        room -= FEWEST_WORDS << level
        if room >= 0:
            blocks.append(level)
    return tuple(blocks)


def _load_binds(problem: Problem, blocks: Sequence[int]) -> bool:
    """Whether a vector's loads take longer than all else it does."""
    cycles = _loading(problem, blocks) * VLEN / SLOT_LIMITS["load"]
    return cycles > problem.rounds * CYCLES_A_ROUND


def _loading(problem: Problem, blocks: Sequence[int]) -> int:
    """In how many rounds something is loaded, where blocks begin at these levels."""
    children = {level + 1 for level in blocks}
    levels = (r % (problem.forest_height + 1) for r in range(problem.rounds))
    first = min(blocks, default=SHORT_BLOCK)
    return sum(level >= first and level not in children for level in levels)


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
