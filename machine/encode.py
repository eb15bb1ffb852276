"""Bundles as a file has them, into the columns of a program, or every reason why not.

Two paths. The quick one takes a slot whose operands are all in range, in as little work as
checking them allows, because real programs have hundreds of thousands. Whatever it does not take
goes to the careful one, which takes the rare forms (keys, negative immediates) and names what is
wrong with the rest: `bundles[3].valu[0]: scratch 1532:1540 ends past 1536`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from math import isfinite
from typing import Any

from machine.access import ACCESS
from machine.columns import MAX_OPERANDS, PAYLOAD_ROLES, Columns
from machine.errors import Complaint, quoted, shown
from machine.isa import (
    COMMENT,
    ENGINE_CODES,
    ENGINES,
    OPCODES,
    SCRATCH_SIZE,
    SLOT_LIMITS,
    VLEN,
    WORD_MASK,
    Opcode,
    Operand,
    Role,
    opcode,
    opcodes_of,
)

INT64_MAX = 2**63 - 1
ENOUGH = 10_000
"""Complaints after which the rest of a program is not looked at."""
MAX_NESTING = 32
"""Lists and objects inside each other that a key or a comment may have."""


_TOO_DEEP = f"lists and objects are nested over {MAX_NESTING} deep"


class _RefusedError(Exception):
    """What is wrong with one operand or slot."""


class Encoder:
    """Fills `columns`; gathers `complaints`, and `notes` on what is odd but no reason to refuse."""

    def __init__(self, scratch_size: int = SCRATCH_SIZE) -> None:
        self.scratch_size = scratch_size
        self.columns = Columns()
        self.complaints: list[Complaint] = []
        self.notes: list[str] = []

    def add_all(self, bundles: Any) -> None:
        if not isinstance(bundles, (list, tuple)):
            self._complain("bundles", f"is {kind_of(bundles)}, not a list of bundles")
            return
        pc = 0
        while (pc := self._take_plain(bundles, pc)) < len(bundles):
            self._add_bundle(pc, bundles[pc])
            if len(self.complaints) > ENOUGH:
                return
            pc += 1

    def _take_plain(self, _bundles: Any, pc: int) -> int:
        """Take plain bundles from pc on, where there is a quicker way; the first not taken."""
        return pc

    def _complain(self, place: str, message: str) -> None:
        self.complaints.append(Complaint(place, message))

    def _add_bundle(self, pc: int, bundle: Any) -> None:
        columns = self.columns
        if not isinstance(bundle, Mapping):
            message = f"is {kind_of(bundle)}, not an object of engines with their slots"
            self._complain(f"bundles[{pc}]", message)
            return
        for name in getattr(bundle, "repeated", ()):
            self._complain(f"bundles[{pc}]", f"the key {quoted(name)} appears twice")
        for engine, slots in bundle.items():
            if self._takes_engine(pc, engine, slots):
                columns.group_engine.append(ENGINE_CODES[engine])
                self._add_slots(pc, engine, slots)
                columns.first_slot.append(len(columns.opcodes))
        columns.first_group.append(len(columns.group_engine))

    def _takes_engine(self, pc: int, engine: Any, slots: Any) -> bool:
        limit = SLOT_LIMITS.get(engine)
        if limit is None:
            known = ", ".join(ENGINES)
            called = quoted(engine) if isinstance(engine, str) else kind_of(engine)
            message = f"no engine is called {called}; there are {known}"
            self._complain(f"bundles[{pc}]", message)
        elif type(slots) not in (list, tuple):
            message = f"is {kind_of(slots)}, not a list of slots"
            self._complain(f"bundles[{pc}].{engine}", message)
        elif len(slots) > limit:
            message = f"{len(slots)} slots, the limit is {limit}"
            if engine == "debug":
                self.notes.append(f"bundles[{pc}].debug: {message}")
                return True
            self._complain(f"bundles[{pc}].{engine}", message)
        else:
            return True
        return False

    def _add_slots(self, pc: int, engine: str, slots: Sequence[Any]) -> None:
        quick = _QUICK[engine]
        add_opcode = self.columns.opcodes.append
        add_a, add_b, add_c, add_d = (column.append for column in self.columns.operands)
        for index, slot in enumerate(slots):
            try:
                code, limit_a, limit_b, limit_c, limit_d = quick[slot[0], len(slot)]
                a, b, c, d = tuple(slot[1:]) + _FILL[len(slot)]
                if (
                    type(a) is type(b) is type(c) is type(d) is int
                    and 0 <= a <= limit_a
                    and 0 <= b <= limit_b
                    and 0 <= c <= limit_c
                    and 0 <= d <= limit_d
                ):
                    add_opcode(code)
                    add_a(a)
                    add_b(b)
                    add_c(c)
                    add_d(d)
                    continue
            except (TypeError, KeyError, IndexError, ValueError):
                pass
            self._add_carefully(f"bundles[{pc}].{engine}[{index}]", engine, slot)

    def _add_carefully(self, place: str, engine: str, slot: Any) -> None:
        try:
            row = self._row_of(engine, slot)
            values = (tuple(slot),) if row is COMMENT else tuple(slot[1:])
            stored = self._stored(row, values)
        except _RefusedError as refused:
            self._complain(place, str(refused))
            return
        self.columns.opcodes.append(row.code)
        for column, value in zip(self.columns.operands, stored, strict=True):
            column.append(value)

    @staticmethod
    def _row_of(engine: str, slot: Any) -> Opcode:
        if not isinstance(slot, (list, tuple)) or not slot:
            raise _RefusedError(f"is {kind_of(slot)}, not a list of an opcode and its operands")
        name = slot[0]
        if type(name) is not str:
            raise _RefusedError(f"starts with {kind_of(name)}, not with an opcode")
        try:
            row = opcode(engine, name)
        except KeyError:
            known = " ".join(row.name for row in opcodes_of(engine))
            message = f"{engine} has no opcode {quoted(name)}; it has {known}"
            raise _RefusedError(message) from None
        if row is not COMMENT and len(slot) - 1 != row.arity:
            takes = ", ".join(operand.name for operand in row.operands) or "no operands"
            raise _RefusedError(
                f"{name} takes {row.arity} operands ({takes}), {len(slot) - 1} given"
            )
        return row

    def _stored(self, row: Opcode, values: tuple[Any, ...]) -> list[int]:
        shift = ACCESS[row.code].shift([v if type(v) is int else 0 for v in values])
        slot = self.columns.slot_count
        stored = [0] * MAX_OPERANDS
        for position, (operand, value) in enumerate(zip(row.operands, values, strict=True)):
            if operand.role in PAYLOAD_ROLES:
                stored[position] = self._payload(_PAYLOADS[operand.role](value))
                continue
            stored[position] = number = _integer(operand, value)
            if operand.in_scratch:
                _verify_scratch(operand, number, shift, self.scratch_size)
            elif abs(number) > INT64_MAX:
                self.columns.wide[slot, position] = number
                stored[position] = number & WORD_MASK
        return stored

    def _payload(self, value: Any) -> int:
        self.columns.payloads.append(value)
        return len(self.columns.payloads) - 1


def kind_of(value: Any) -> str:
    """What a JSON value is, for a message: `the number 1.5`, `a list`, `true`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        text = repr(value) if isinstance(value, float) else shown(value)
        return text if text.startswith("a ") else f"the number {text}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    return "an object" if isinstance(value, Mapping) else type(value).__name__


def _integer(operand: Operand, value: Any) -> int:
    if type(value) is not int:
        raise _RefusedError(f"{operand.name} is {kind_of(value)}, not an integer")
    return value


def _verify_scratch(operand: Operand, address: int, shift: int, size: int) -> None:
    start = address + shift
    if start < 0:
        raise _RefusedError(f"{operand.name}: scratch {shown(start)} is below 0")
    if start >= size:
        raise _RefusedError(f"{operand.name}: scratch {shown(start)} is past {size - 1}")
    if start + operand.width > size:
        end = start + operand.width
        raise _RefusedError(f"{operand.name}: scratch {start}:{end} ends past {size}")
    if abs(address) > INT64_MAX:
        raise _RefusedError(f"{operand.name} and the offset do not fit in 64 bits")


def flaw_of(value: Any, depth: int = MAX_NESTING) -> str | None:
    """What is wrong with a value that may be anything: a key given twice, nesting, NaN."""
    if type(value) in _FLAWLESS:
        return None
    if isinstance(value, float) and not isfinite(value):
        return f"{value} is no number in JSON"
    if not isinstance(value, (list, tuple, Mapping)):
        return None
    if not depth:
        return _TOO_DEEP
    for name in getattr(value, "repeated", ()):
        return f"the key {quoted(name)} appears twice"
    parts = value.values() if isinstance(value, Mapping) else value
    if _FLAWLESS.issuperset(map(type, parts)):
        return None
    return next(filter(None, (flaw_of(part, depth - 1) for part in parts)), None)


_FLAWLESS = frozenset({int, str, bool, type(None)})
"""Types of values with which nothing can be wrong."""


def are_flat(values: Sequence[Any]) -> bool:
    """Whether all are objects of values with which nothing can be wrong."""
    if not {dict}.issuperset(map(type, values)):
        return False
    return _FLAWLESS.issuperset(map(type, chain.from_iterable(map(dict.values, values))))


def _key(key: Any, depth: int = MAX_NESTING) -> Any:
    """A key as the reference records it: lists, also nested ones, become tuples."""
    if isinstance(key, (list, tuple)):
        if not depth:
            raise _RefusedError(_TOO_DEEP)
        return tuple([_key(part, depth - 1) for part in key])
    if type(key) not in (int, str):
        message = f"a key is made of lists, integers and texts, not of {kind_of(key)}"
        raise _RefusedError(message)
    return key


def _keys(keys: Any) -> Any:
    if not isinstance(keys, (list, tuple)) or len(keys) != VLEN:
        count = f"{len(keys)} of them" if isinstance(keys, (list, tuple)) else kind_of(keys)
        raise _RefusedError(f"vcompare takes a list of {VLEN} keys, not {count}")
    return _key(keys)


def _anything(value: Any) -> Any:
    flaw = flaw_of(value)
    if flaw:
        raise _RefusedError(flaw)
    return value


_PAYLOADS: dict[Role, Callable[[Any], Any]] = {
    Role.KEY: _key,
    Role.KEYS: _keys,
    Role.ANYTHING: _anything,
}


# How many operand columns a slot of this length leaves empty.
_FILL = {length: (0,) * (MAX_OPERANDS + 1 - length) for length in range(1, MAX_OPERANDS + 2)}


def quick_limit(operand: Operand) -> int:
    """The greatest value of an integer operand that needs no second look."""
    return SCRATCH_SIZE - operand.width if operand.in_scratch else INT64_MAX


def _quick_rows(engine: str) -> dict[tuple[str, int], tuple[int, ...]]:
    """(opcode, slot length) -> its code and the greatest value of each operand."""
    quick = {}
    for row in opcodes_of(engine):
        roles = {operand.role for operand in row.operands}
        if roles & {Role.OFFSET, Role.KEY, Role.KEYS, Role.ANYTHING}:
            continue
        limits = [quick_limit(operand) for operand in row.operands]
        quick[row.name, row.arity + 1] = (row.code, *limits, *_FILL[row.arity + 1])
    return quick


_QUICK = {engine: _quick_rows(engine) for engine in ENGINES}
assert [row.code for row in OPCODES] == list(range(len(OPCODES)))
