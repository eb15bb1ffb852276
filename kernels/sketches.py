"""Designs that are not in the kernel, by what they would have to do: is it worth building them?

Each is the kernel as it is, with other counts of slots. What constants they want is counted, how
scratch and time would suffice is not.

    trios           levels 3-5 and 6-8 in blocks of three levels: two loads an element, not three

                    block of level 3   node, right, left, both, and four grandchildren     8 words
                    block of level 6   node, right, left, and four grandchildren           7 words
                    A6 = 7*A3 + ... + 28 b3 + 14 b4 + 7 b5
                    J  = -8/7 * A6 + ... - 4 b6 - 2 b7 + b8

                    A grandchild by 8 vstores at addresses that two bits shift, and 4 vloads of two
                    elements' words each; by 32 stores, 2 vloads and 3 vselects; or by flow.

    fewer stores    a child by vstores that begin 0 or 1 words earlier, so that either child comes
                    to lie where it is wanted; what they write besides is written over. By 12 stores
                    (vstores for every other element, the others' words after them), or by 8, two
                    words apart, and 2 vloads

    cached trees    vectors that end their last walk in levels 3 and 4 from 24 vectors in scratch,
                    by 22 vselects, and others that have blocks there
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from kernels.bound import Counts, Work
from kernels.plan import STORES
from kernels.schedule.pack_input import Kind
from machine.isa import VLEN

NOTHING: Counts = Counter()
XOR = Counter({Kind.SPLITTABLE: 1})
BLOCK = Counter({Kind.LOAD: VLEN, Kind.ALU: VLEN})
"""Eight windows, and a word of each mixed in."""
BY_STORES = Counter({Kind.STORE: 2 * VLEN, Kind.LOAD: 1, Kind.FLOW: 1, Kind.SPLITTABLE: 1})
"""A child; how the kernel usually does it below level 4."""
FOUR_WAYS = Counter({Kind.VALU: 1, Kind.FLOW: 3})
"""An address or index of two bits since the last one, in one operation."""
THREE_BITS = (
    Counter({Kind.VALU: 1, Kind.FLOW: 7}),
    Counter({Kind.VALU: 2, Kind.FLOW: 3}),
    Counter({Kind.VALU: 3, Kind.FLOW: 1}),
)
"""The ways to have one of three bits."""
SHIFTED = Counter({Kind.STORE: VLEN, Kind.LOAD: VLEN // 2, Kind.ALU: VLEN})
GRANDCHILD = (
    SHIFTED + Counter({Kind.FLOW: 3}),
    SHIFTED + Counter({Kind.FLOW: 1, Kind.VALU: 1}),
    Counter({Kind.STORE: 4 * VLEN, Kind.LOAD: 2, Kind.FLOW: 3}) + XOR,
    Counter({Kind.FLOW: 3 * VLEN}) + XOR,
)
SHARED = SHIFTED + Counter({Kind.FLOW: 4, Kind.VALU: 2})
"""Grandchild and address, the vector of shifted addresses being part of the next block's."""
CONSTANT = Counter({Kind.VALU: 1, Kind.ALU: 1})


def trios(work: Work) -> Work:
    """The second child is that of level 7, with no word that tells children apart."""
    built = BLOCK + BY_STORES + FOUR_WAYS + FOUR_WAYS + FOUR_WAYS
    kept = {n: work.ways[n] for n in ("first_address", "last_address", "first_child", "last_child")}
    step = [SHARED, *(child + address for child in GRANDCHILD for address in THREE_BITS)]
    # Eight constants for J instead of four, 7 for 3 and 4, and four a buffer for shifted addresses.
    constants = _times(4 - 1 + 4 * 4, CONSTANT)
    uses = _sum(work.uses, constants, _times(-work.vectors, built))
    ways = {**kept, "second_child": work.ways["second_child"], "level 5": step, "level 8": step}
    return Work(work.vectors, uses, ways)


def cached_trees(work: Work) -> Work:
    """What a vector does less in its last walk, with lanes for the child, and what it does more."""
    by_remainder = Counter({Kind.VALU: 1, Kind.SPLITTABLE: 1, Kind.FLOW: 2})
    by_lanes = Counter({Kind.ALU: 2 * VLEN, Kind.SPLITTABLE: 1})
    third_bit, nodes = XOR, _times(2, XOR)
    instead = Counter({Kind.FLOW: 7 + 15}) + third_bit + nodes
    change = _sum(instead, _times(-1, BLOCK + by_remainder + by_lanes))
    uses = _sum(work.uses, _times(8 + 16, CONSTANT))
    return Work(work.vectors, uses, {**work.ways, "cached": [NOTHING, change]})


def fewer_stores(work: Work) -> Work:
    """What a vector does otherwise than by 16 stores and a vload."""
    twelve = Counter({Kind.STORE: -4})
    eight = Counter({Kind.STORE: -8, Kind.LOAD: 1, Kind.SPLITTABLE: -1, Kind.ALU: VLEN})
    ways = dict(work.ways)
    for name in ways:
        if name.endswith("_child"):
            usual = ways[name][STORES]
            ways[name] = [*ways[name], _sum(usual, twelve), _sum(usual, eight)]
    return Work(work.vectors, work.uses, ways)


def trios_of_fewer_stores(work: Work) -> Work:
    """Both: there, grandchildren want the stores."""
    return fewer_stores(trios(work))


SKETCHES: dict[str, Callable[[Work], Work]] = {
    "fewer stores": fewer_stores,
    "trios": trios,
    "trios and fewer stores": trios_of_fewer_stores,
    "cached trees": cached_trees,
}


def _times(count: int, slots: Counts) -> Counts:
    return Counter({kind: count * number for kind, number in slots.items()})


def _sum(*every: Counts) -> Counts:
    """What is below 0 stays so."""
    total: Counts = Counter()
    for slots in every:
        total.update(slots)
    return total
