"""Bundles of the program: a line each in a pane, a line for each slot in `list`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from machine.disassembly import format_slot
from machine.program import Bundle, Program, Slot
from vliwdbg.session.places import Place
from vliwdbg.session.session import Session
from vliwdbg.views.base import View
from vliwdbg.views.radix import Value


def used_slots(bundle: Bundle) -> dict[str, int]:
    """Slots used of each engine that the bundle names."""
    return {engine: len(slots) for engine, slots in bundle.groups}


def tags_by_pc(program: Program) -> Mapping[int, tuple[str, ...]]:
    """The names of the stretches that start at a pc."""
    starts: dict[int, tuple[str, ...]] = {}
    for tag in program.tags:
        starts[tag.pc] = (*starts.get(tag.pc, ()), tag.name)
    return starts


@dataclass(frozen=True)
class OperandValue:
    """Words that a slot reads, and what they are now."""

    text: str
    value: Value


@dataclass(frozen=True)
class ListedSlot:
    """A slot, and what it reads if its bundle is next."""

    engine: str
    slot: int
    text: str
    reads: tuple[OperandValue, ...]


@dataclass(frozen=True)
class ListedBundle:
    """A bundle: whether it is next, slots used of each engine, the breakpoints that it may meet."""

    pc: int
    next: bool
    used: Mapping[str, int]
    breakpoints: tuple[int, ...]
    slots: tuple[ListedSlot, ...]


@dataclass(frozen=True)
class Listing(View, kind="listing"):
    """Some bundles, one after another."""

    bundles: tuple[ListedBundle, ...]


def listing_view(session: Session, pcs: Iterable[int]) -> Listing:
    """The bundles at some pcs."""
    return Listing(tuple(_listed_bundle(session, pc) for pc in pcs))


def _listed_bundle(session: Session, pc: int) -> ListedBundle:
    bundle, here = session.program.bundle(pc), pc == session.core.pc
    slots = tuple(
        ListedSlot(
            slot.engine,
            slot.index,
            format_slot(slot, session.names),
            tuple(_operand_values(session, slot)) if here else (),
        )
        for slot in bundle
    )
    breakpoints = tuple(b.number for b in session.breakpoints.at_pc(pc))
    return ListedBundle(pc, here, used_slots(bundle), breakpoints, slots)


def _operand_values(session: Session, slot: Slot) -> Iterator[OperandValue]:
    for address, width in dict.fromkeys(slot.uses):
        words = tuple(Place(False, address, address + width).words_in(session.core))
        value = words[0] if width == 1 else words
        yield OperandValue(session.names.text(address, width), value)
