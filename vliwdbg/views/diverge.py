"""Where a wrong program goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from operator import ne
from typing import Literal

from vliwdbg.views.answers import Answer
from vliwdbg.views.places import SlotAt

Confidence = Literal["repaired-unique", "repaired-several", "evidence-only"]


@dataclass(frozen=True)
class Repair:
    """A change of one slot after which all outputs are right on so many inputs.

    `written` is the slot as it should be in a file, `text` the same to be read, `engine` and `pc`
    where it should be, and `change` tells the difference to a person. `slot` is None where one is
    missing: then it is to be inserted, after all others of its engine there.
    """

    slot: SlotAt | None
    engine: str
    written: tuple[str | int, ...]
    text: str
    pc: int
    change: str
    inputs: int


@dataclass(frozen=True)
class WrongVector:
    """Outputs side by side, of which some are wrong: words by lane, of memory from `address` on and
    of elements from `element` on, None where those are not known. `store` is the slot that left the
    first wrong one; None where none did."""

    address: int
    element: int | None
    expected: tuple[int, ...]
    got: tuple[int, ...]
    store: SlotAt | None

    @property
    def wrong(self) -> int:
        """How many lanes are."""
        return sum(map(ne, self.expected, self.got))


@dataclass(frozen=True)
class Diverge(Answer, kind="diverge"):
    """The first wrong output, and the slot that makes it wrong.

    It is at `address`; `element` is the one that it belongs to, None where that is not known;
    `expected` and `got` are its words. `wrong` of `outputs` are not right; they lie in `vectors`,
    and in others that are left out where those are told of fewer. The `candidates` are
    ranked, the first of them is the `culprit`; `chain` leads from it to the output, without
    `chain_left_out` slots in its middle. `evidence` is what speaks against it. `equivalent` are
    other slots of which a change makes all right too. Of a right program there is nothing of all
    this.
    """

    outputs: int
    wrong: int
    address: int | None
    element: int | None
    expected: int | None
    got: int | None
    culprit: SlotAt | None
    candidates: tuple[SlotAt, ...]
    chain: tuple[SlotAt, ...]
    chain_left_out: int
    evidence: tuple[str, ...]
    confidence: Confidence | None
    repair: Repair | None
    equivalent: tuple[Repair, ...]
    vectors: tuple[WrongVector, ...]

    @property
    def ok(self) -> bool:
        return not self.wrong
