"""What breakpoints and watchpoints look for: one class a kind of LOC.

    flags(index)        which bundles are candidates, once for a program
    need                what a candidate has to do to words, which the core sees
    holds(core, ...)    whether this candidate is one, where words decide
    text(names)         as a user would write it

A `Location` is looked for before a bundle, a `Watched` after it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from machine.access import MEMORY_OPCODES, Kind
from machine.conditions import Need
from machine.disassembly import ScratchNames
from machine.isa import ENGINES, Opcode, opcode, opcodes_of
from machine.machine import BREAK_AFTER, BREAK_BEFORE, Timeline
from machine.program import Program
from machine.protocol import (
    BREAK_AFTER_READ,
    BREAK_AFTER_WRITE,
    BREAK_BEFORE_READ,
    BREAK_BEFORE_WRITE,
)
from machine.stops import Commit, Write
from vliwdbg.session.places import PLACES, Evaluator, Node, Place, Scope, parse, unquoted
from vliwdbg.session.program_index import ProgramIndex, reached


class Location(Protocol):
    """Something that a bundle about to be executed is, or not."""

    @property
    def need(self) -> Need: ...
    def flags(self, index: ProgramIndex, /) -> bytes: ...
    def holds(self, program: Program, core: Timeline, /) -> bool: ...
    def text(self, names: ScratchNames, /) -> str: ...


@dataclass(frozen=True)
class AtCycle:
    """The first position of a cycle. No pc tells it, so nothing is flagged for it."""

    cycle: int
    need = Need.NOTHING

    def flags(self, _index: ProgramIndex) -> bytes:
        return b""

    def holds(self, _program: Program, core: Timeline) -> bool:
        return core.cycle == self.cycle

    def text(self, _names: ScratchNames) -> str:
        return f"cycle {self.cycle}"


@dataclass(frozen=True)
class _Static:
    """What the program alone decides: each candidate is one."""

    need = Need.NOTHING

    def holds(self, _program: Program, _core: Timeline) -> bool:
        return True


@dataclass(frozen=True)
class AtPc(_Static):
    """A bundle by its index."""

    pc: int

    def flags(self, index: ProgramIndex) -> bytes:
        return index.flags([self.pc], BREAK_BEFORE)

    def text(self, _names: ScratchNames) -> str:
        return f"pc {self.pc}"


@dataclass(frozen=True)
class Nowhere(_Static):
    """What cannot be met in the program at hand."""

    def flags(self, index: ProgramIndex) -> bytes:
        return index.flags([], BREAK_BEFORE)

    def text(self, _names: ScratchNames) -> str:
        return "nowhere"


@dataclass(frozen=True)
class Outside(_Static):
    """Any bundle outside pcs start:stop; what `finish` runs to."""

    start: int
    stop: int

    def flags(self, index: ProgramIndex) -> bytes:
        pcs = range(len(index.program))
        return index.flags([*pcs[: self.start], *pcs[self.stop :]], BREAK_BEFORE)

    def text(self, _names: ScratchNames) -> str:
        return f"outside pc {self.start}:{self.stop}"


@dataclass(frozen=True)
class OfEngine(_Static):
    """A bundle that uses an engine."""

    engine: str

    def flags(self, index: ProgramIndex) -> bytes:
        return index.flags(index.of_opcodes(opcodes_of(self.engine)), BREAK_BEFORE)

    def text(self, _names: ScratchNames) -> str:
        return f"engine {self.engine}"


@dataclass(frozen=True)
class OfOpcode(_Static):
    """A bundle that has a slot with an opcode."""

    opcode: Opcode

    def flags(self, index: ProgramIndex) -> bytes:
        return index.flags(index.of_opcodes([self.opcode]), BREAK_BEFORE)

    def text(self, _names: ScratchNames) -> str:
        return f"{self.opcode.engine}:{self.opcode.name}"


@dataclass(frozen=True)
class OnScratch(_Static):
    """A bundle with an operand in these words of scratch, read or written."""

    place: Place

    def flags(self, index: ProgramIndex) -> bytes:
        pcs = index.touching(self.place.start, self.place.stop, tuple(Kind))
        return index.flags(pcs, BREAK_BEFORE)

    def text(self, names: ScratchNames) -> str:
        return _scratch_text(self.place, names)


@dataclass(frozen=True)
class OnMemory:
    """A bundle that loads from or stores to these words of memory."""

    place: Place
    need = Need.TOUCH_MEMORY

    def flags(self, index: ProgramIndex) -> bytes:
        return index.flags(index.of_opcodes(MEMORY_OPCODES), BREAK_BEFORE)

    def holds(self, program: Program, core: Timeline) -> bool:
        found = reached(program.bundle(core.pc), tuple(Kind), core.scratch.__getitem__)
        return any(overlap(self.place, addresses) for addresses in found)

    def text(self, names: ScratchNames) -> str:
        return self.place.text(names)


def overlap(place: Place, addresses: range) -> bool:
    return place.start < addresses.stop and addresses.start < place.stop


def _scratch_text(place: Place, names: ScratchNames) -> str:
    """Name and words: `v_val (scratch 64:72)`, or the words alone where they have no name."""
    words = f"scratch {place.start}:{place.stop}"
    named = place.text(names)
    return words if named.startswith("s[") else f"{named} ({words})"


class Access(StrEnum):
    """What a watchpoint waits for."""

    CHANGED = "changed"
    READ = "read"
    TOUCHED = "touched"


KINDS_OF_ACCESS: Mapping[Access, Collection[Kind]] = {
    Access.CHANGED: (Kind.WRITE,),
    Access.READ: (Kind.READ,),
    Access.TOUCHED: tuple(Kind),
}


@dataclass(frozen=True)
class Watched:
    """Words, and what is to be done to them, by operands of slots."""

    place: Place
    access: Access

    def flags(self, index: ProgramIndex) -> bytes:
        start, stop, kinds = self.place.start, self.place.stop, KINDS_OF_ACCESS[self.access]
        on_memory = index.of_opcodes(MEMORY_OPCODES)
        pcs = on_memory if self.place.memory else index.touching(start, stop, kinds)
        return index.flags(pcs, BREAK_AFTER)

    @property
    def need(self) -> Need:
        """What a bundle has to do to the words, beyond having such an operand."""
        return _NEEDS[self.place.memory, self.access]

    def holds(self, program: Program, core: Timeline, commit: Commit) -> bool:
        """Whether a candidate bundle, now executed, did it."""
        if self.access is Access.CHANGED:
            return any(write.old != write.new for write in self.writes(commit))
        return not self.place.memory or self._on_memory(program, core, commit)

    def _on_memory(self, program: Program, core: Timeline, commit: Commit) -> bool:
        before = {write.address: write.old for write in commit.scratch}
        found = reached(
            program.bundle(commit.pc),
            KINDS_OF_ACCESS[self.access],
            lambda word: before.get(word, core.scratch[word]),
        )
        return any(overlap(self.place, addresses) for addresses in found)

    def writes(self, commit: Commit) -> tuple[Write, ...]:
        """What the bundle wrote to the words."""
        written = commit.memory if self.place.memory else commit.scratch
        return tuple(write for write in written if write.address in self.place)

    def words_before(self, core: Timeline, commit: Commit) -> tuple[int, ...]:
        """The words as they were before the bundle that was just executed."""
        old = {write.address: write.old for write in self.writes(commit)}
        addresses = range(self.place.start, self.place.stop)
        now = zip(addresses, self.place.words_in(core), strict=True)
        return tuple(old.get(address, word) for address, word in now)

    def text(self, names: ScratchNames) -> str:
        place = self.place
        return place.text(names) if place.memory else _scratch_text(place, names)


_NEEDS = {
    (False, Access.CHANGED): Need.CHANGE_SCRATCH,
    (False, Access.READ): Need.NOTHING,
    (False, Access.TOUCHED): Need.NOTHING,
    (True, Access.CHANGED): Need.CHANGE_MEMORY,
    (True, Access.READ): Need.READ_MEMORY,
    (True, Access.TOUCHED): Need.TOUCH_MEMORY,
}
_MEMORY_BITS = {
    Access.CHANGED: BREAK_AFTER_WRITE,
    Access.READ: BREAK_AFTER_READ,
    Access.TOUCHED: BREAK_AFTER_READ | BREAK_AFTER_WRITE,
}


def memory_bits(what: Location | Watched) -> int:
    """The flags for words of memory that a core is to stop for."""
    before = BREAK_BEFORE_READ | BREAK_BEFORE_WRITE
    return _MEMORY_BITS[what.access] if isinstance(what, Watched) else before


# From what a user wrote


def find_location(text: str, scope: Scope) -> Location:
    """The location that a LOC names. Raises DebuggerError."""
    return location_of(parse(text, "location"), text, scope)


def location_of(tree: Node, text: str, scope: Scope) -> Location:
    """The location of a LOC's syntax tree, which is part of the text."""
    tags = dict.fromkeys(tag.name for tag in scope.program.tags)
    evaluator = Evaluator(scope, text, list(tags))
    if tree.data not in PLACES:
        return _LOCATIONS[tree.data](tree, evaluator)
    tag = _tag_pc(tree, scope)
    if tag is not None:
        return AtPc(tag)
    place = evaluator.place(tree)
    return OnMemory(place) if place.memory else OnScratch(place)


def _tag_pc(tree: Any, scope: Scope) -> int | None:
    """Where the tag of this name starts; a scratch name comes before a tag's."""
    if tree.data != "named" or tree.children[1:] != [None, None]:
        return None
    name = unquoted(str(tree.children[0].children[0]))
    if scope.names.find(name):
        return None
    return next((tag.pc for tag in scope.program.tags if tag.name == name), None)


def _at_cycle(tree: Node, evaluator: Evaluator) -> Location:
    return AtCycle(evaluator.parse_number(tree.children[-1]))


def _at_pc(tree: Node, evaluator: Evaluator) -> Location:
    pc = evaluator.parse_number(tree.children[-1])
    bundles = len(evaluator.scope.program)
    if pc >= bundles:
        message = f"there is no bundle at pc {pc}; the program has {bundles}, 0:{bundles}."
        raise evaluator.wrong(tree, message)
    return AtPc(pc)


def _of_engine(tree: Node, evaluator: Evaluator) -> Location:
    return OfEngine(_find_engine(tree, evaluator))


def _find_engine(tree: Node, evaluator: Evaluator) -> str:
    engine = str(tree.children[0])
    if engine not in ENGINES:
        known = ", ".join(ENGINES)
        raise evaluator.wrong(tree.children[0], f"no engine is called {engine}; there are {known}.")
    return engine


def _of_opcode(tree: Node, evaluator: Evaluator) -> Location:
    engine, name = _find_engine(tree, evaluator), str(tree.children[1])
    known = [row.name for row in opcodes_of(engine)]
    if name not in known:
        message = f"{engine} has no opcode {name}; it has {' '.join(known)}."
        raise evaluator.wrong(tree.children[1], message)
    return OfOpcode(opcode(engine, name))


_LOCATIONS: Mapping[str, Callable[[Node, Evaluator], Location]] = {
    "at_cycle": _at_cycle,
    "at_pc": _at_pc,
    "of_engine": _of_engine,
    "of_opcode": _of_opcode,
}
