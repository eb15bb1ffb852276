"""What oracle, rows and random programs have in common: programs in their JSON form, and faults.

A program is a list of bundles, a bundle an ordered mapping from engine to slots, a slot
`[op, operand...]`, as docs/machine.md writes them. Nothing here knows an opcode.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Slot = Sequence[Any]
Bundle = Mapping[str, Sequence[Slot]]
Program = Sequence[Bundle]
Key = tuple[int | str, ...]
Reference = Mapping[Key, int]


class Fault(NamedTuple):
    """Why a bundle did not run, and where.

    `cycle` and `pc` are those before the bundle. `slot` counts within its engine. `lane` is None
    for a slot without lanes. `operand` counts from 0 at the first operand after the opcode.
    `value` is the offending one: the divisor, the memory address (lane included), the target, the
    scratch word that differs, or the key that nobody recorded.
    """

    kind: str
    cycle: int
    pc: int
    engine: str
    slot: int
    lane: int | None
    operand: int
    value: int | Key
