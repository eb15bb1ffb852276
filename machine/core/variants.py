"""Runs of a program with one slot changed, thousands in a second, by the compiled core alone.

Variants(program).right([Variant(slot, pc, ("alu", ["+", 8, 0, 1]))], memory, {4105: 7})
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from machine.core import choose_core
from machine.program import Program

_NO_SLOT = 2**32 - 1
"""As variants.c has it."""


class Variant(NamedTuple):
    """One slot, by its number in the program, replaced by another, which is executed in its place
    or, where `pc` is not its own bundle, as the last of that; None for one slot more. `written` is
    an engine and a slot as a file has it."""

    slot: int | None
    pc: int
    written: tuple[str, Sequence[Any]]


class Variants:
    """A program to be tried with changes. Raises CoreError where there is no compiled core."""

    def __init__(self, program: Program) -> None:
        choose_core("compiled")
        from machine.core.compiled import CompiledCore

        self._core: Any = CompiledCore(program, ())

    def right(
        self,
        variants: Sequence[Variant],
        memory: array[int],
        expected: Mapping[int, int],
        most: int = 2**40,
    ) -> list[bool]:
        """Of each variant, whether it comes to its end, within so many bundles, and leaves the
        expected words, by address.

        Those of one slot are quickest one after the other. Raises ProgramError for slots that are
        none.
        """
        from machine import _core
        from machine.core.compiled import CompiledCore

        patches: Any = CompiledCore(
            Program.from_bundles([{engine: [slot]} for _, _, (engine, slot) in variants]), ()
        )
        numbers = array("I")
        for number, (slot, pc, _) in enumerate(variants):
            numbers.extend((_NO_SLOT if slot is None else slot, pc, number))
        outputs = array("I", [number for output in expected.items() for number in output])
        tried = _core.try_variants(self._core, patches, numbers, memory, outputs, most)
        return list(map(bool, tried))
