"""Slots as a person reads them, with the names a program gives to scratch.

    [["multiply_add", 64, 72, 80, 88]]     v_val = multiply_add(v_val, v_c4097, s[88]@8)

Every text for a place is one that can be typed back: a name that is no identifier is quoted
(`'v node 3'`), a name at several addresses says which (`tmp@12`). An immediate is never shown as
a name, because the operand's role decides.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from machine.isa import COMMENT, OPCODES, Operand, Role
from machine.program import Slot

IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
RESERVED = frozenset({"s", "mem", "all", "any", "cycle", "pc", "scratch", "engine", "end", "if"})
"""Words with a meaning of their own where places are written; a name like that is quoted."""


class ScratchNames:
    """The names of scratch words: `scratch_map` is address -> (name, width in words)."""

    def __init__(self, scratch_map: Mapping[int, tuple[str, int]]) -> None:
        self._map = dict(sorted(scratch_map.items()))
        self._starts = list(self._map)
        self._by_name: dict[str, list[tuple[int, int]]] = {}
        self._texts: dict[tuple[int, int], str] = {}
        for address, (name, width) in self._map.items():
            self._by_name.setdefault(name, []).append((address, width))

    def __iter__(self) -> Iterator[tuple[int, str, int]]:
        return ((address, *entry) for address, entry in self._map.items())

    def __len__(self) -> int:
        return len(self._map)

    def find(self, name: str) -> list[tuple[int, int]]:
        """Where the name is: (address, width) of each, in order of address; empty if nowhere."""
        return self._by_name.get(name, [])

    def known(self) -> list[str]:
        """All names, in order of their first address."""
        return list(self._by_name)

    def holding(self, address: int) -> tuple[int, str, int] | None:
        """The named stretch that a word lies in: its address, name and width."""
        at = bisect_right(self._starts, address) - 1
        if at < 0:
            return None
        start = self._starts[at]
        name, width = self._map[start]
        return (start, name, width) if address < start + width else None

    def text(self, address: int, width: int = 1) -> str:
        """How a run of words is called: `tmp`, `v_val`, `v_val[3]`, `s[64]`, `s[64]@8`."""
        known = self._texts.get((address, width))
        if known is None:
            known = self._texts[address, width] = self._text(address, width)
        return known

    def _text(self, address: int, width: int) -> str:
        held = self.holding(address)
        if held is None or address + width > held[0] + held[2]:
            return f"s[{address}]" if width == 1 else f"s[{address}]@{width}"
        start, _, whole = held
        first = address - start
        if width == whole:
            return self.label(start)
        inside = str(first) if width == 1 else f"{first}:{first + width}"
        return f"{self.label(start)}[{inside}]"

    def label(self, start: int) -> str:
        """The name at its own address, quoted and with `@` where it needs them."""
        name = self._map[start][0]
        plain = IDENTIFIER.fullmatch(name) and name not in RESERVED
        text = name if plain else "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return f"{text}@{start}" if len(self._by_name[name]) > 1 else text


NO_NAMES = ScratchNames({})


class SlotsText(NamedTuple):
    """One slot, or several of an engine, as a person reads them."""

    engine: str
    text: str


def format_slot(slot: Slot, names: ScratchNames = NO_NAMES) -> str:
    """The slot as its opcode's row has it: `v_val = v_val ^ v_node`."""
    return format_run([slot], names)


def format_slots(slots: Iterable[Slot], names: ScratchNames = NO_NAMES) -> Iterator[SlotsText]:
    """Slots as text, those of alu that do the same to words side by side in one: of
    `v_val[0] = v_val[0] ^ r6` to `v_val[7] = v_val[7] ^ r6` comes `8× v_val = v_val ^ r6`."""
    for run in runs_of(slots):
        count = f"{len(run)}× " if len(run) > 1 else ""
        yield SlotsText(run[0].engine, count + format_run(run, names))


def runs_of(slots: Iterable[Slot]) -> Iterator[Sequence[Slot]]:
    """The slots in order, those of alu that do the same to words side by side together."""
    run: list[Slot] = []
    for slot in slots:
        if run and not _continues(run, slot):
            yield run
            run = []
        run.append(slot)
    if run:
        yield run


def _continues(run: Sequence[Slot], slot: Slot) -> bool:
    """Whether a slot does to the next word what those before it did, each operand in step."""
    before = run[-1]
    if slot.engine != "alu" or slot.opcode is not before.opcode:
        return False
    steps = _steps(before, slot)
    in_step = len(run) == 1 or steps == _steps(run[0], run[1])
    return in_step and steps[0] == 1 and set(steps) <= {0, 1}


def _steps(slot: Slot, following: Slot) -> list[int]:
    return [after - here for here, after in zip(slot.operands, following.operands, strict=True)]


def format_run(
    run: Sequence[Slot], names: ScratchNames = NO_NAMES, *, compact: bool = False
) -> str:
    """A run of `runs_of` as one text: `v_val = v_val ^ r6`, or compact `v_val=v_val^r6`."""
    slot = run[0]
    if slot.opcode is COMMENT:
        return format_comment(slot.operands[0])
    spans = spans_of(run) if len(run) > 1 else None
    values = [
        names.text(*next(spans))
        if spans and operand.in_scratch
        else format_operand(operand, value, names)
        for operand, value in zip(slot.opcode.operands, slot.operands, strict=True)
    ]
    return _form(slot.opcode.code, compact=compact).format(*values)


def spans_of(run: Sequence[Slot]) -> Iterator[tuple[int, int]]:
    """The scratch words that each operand in scratch names in a run: (address, width)."""
    slot = run[0]
    steps = _steps(slot, run[1]) if len(run) > 1 else [0] * slot.opcode.arity
    for operand, address, step in zip(slot.opcode.operands, slot.operands, steps, strict=True):
        if operand.in_scratch:
            yield address, len(run) if step else operand.width


@cache
def _form(code: int, *, compact: bool) -> str:
    """The form of an opcode's row, its operands numbered."""
    row = OPCODES[code]
    form = _BESIDE_SIGNS.sub(r"\1", row.form) if compact else row.form
    return form.format_map({operand.name: f"{{{i}}}" for i, operand in enumerate(row.operands)})


_BESIDE_SIGNS = re.compile(r"\s*([=+\-*/^&|<>%,?:]+)\s*")


def format_operand(operand: Operand, value: Any, names: ScratchNames = NO_NAMES) -> str:
    """One operand: a place where its role says scratch, else the value itself."""
    if operand.in_scratch:
        return names.text(value, operand.width)
    if operand.role is Role.RELATIVE:
        return f"{value:+d}"
    return str(value)


def format_comment(written: tuple[Any, ...]) -> str:
    """A debug slot that does nothing, as it was written."""
    return " ".join(str(part) for part in written)
