"""The encoder of `machine.encode`, with its quick path in compiled code where that is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from machine.core import choose_core
from machine.encode import Encoder


def make_encoder() -> Encoder:
    """The fastest encoder there is."""
    return FastEncoder() if choose_core().name == "compiled" else Encoder()


class FastEncoder(Encoder):
    """Takes plain slots in compiled code, the others as `Encoder` does."""

    def __init__(self) -> None:
        from machine.core.compiled import take_slots

        super().__init__()
        self._take_slots = take_slots

    def _add_slots(self, pc: int, engine: str, slots: Sequence[Any]) -> None:
        columns = (self.columns.opcodes, *self.columns.operands)
        index = self._take_slots(engine, slots, 0, columns)
        while index < len(slots):
            self._add_carefully(f"bundles[{pc}].{engine}[{index}]", engine, slots[index])
            index = self._take_slots(engine, slots, index + 1, columns)
