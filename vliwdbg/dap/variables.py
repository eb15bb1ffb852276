"""Words and slots as variables: what has something inside has a reference, until the next move.

A container says how many variables are in it, and gives those that are asked for: of two million
words of memory a client sees a page.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, NamedTuple
from weakref import WeakKeyDictionary

from machine.program import Program
from vliwdbg.dap.arguments import RequestError
from vliwdbg.dap.conversation import Body
from vliwdbg.dap.memory import reference_of
from vliwdbg.session.places import Place
from vliwdbg.session.session import Session
from vliwdbg.session.snapshot import snapshot_of
from vliwdbg.views.bundle import BundleView, GroupView, bundle_view
from vliwdbg.views.origins import Origins
from vliwdbg.views.radix import DECIMAL, Radix
from vliwdbg.views.words import MemoryRows

PAGE = 500
"""Variables that a client gets which asks for all; where there are more, they come in groups."""
MOST_AT_ONCE = 5_000
"""That a client gets which asks for so many."""
WIDEST = 64
"""Words that are written out in one value."""


class Shown(NamedTuple):
    """What variables are of: a session at rest, and how words are written."""

    session: Session
    radix: Radix = DECIMAL


class Variable(NamedTuple):
    """`place` are its words, `expression` what evaluates to it and can be set."""

    name: str
    value: str
    inside: Container | None = None
    place: Place | None = None
    expression: str = ""
    kind: str = ""


class Container(ABC):
    """What has variables inside. `indexed` ones are called by their number, from `origin` on."""

    indexed: ClassVar[bool] = False
    origin = 0

    @abstractmethod
    def size(self, shown: Shown) -> int:
        """How many there are."""

    @abstractmethod
    def some(self, shown: Shown, first: int, stop: int) -> Iterator[Variable]:
        """Those first:stop."""


class _Few(Container):
    """A container of so few variables that all are made for one."""

    @abstractmethod
    def all(self, shown: Shown) -> Iterator[Variable]:
        """The variables."""

    def size(self, shown: Shown) -> int:
        return len(list(self.all(shown)))

    def some(self, shown: Shown, first: int, stop: int) -> Iterator[Variable]:
        return islice(self.all(shown), first, stop)


@dataclass
class References:
    """Numbers for containers, from 1 on."""

    _containers: list[Container] = field(default_factory=list)

    def of(self, container: Container) -> int:
        """The number of a container."""
        self._containers.append(container)
        return len(self._containers)

    def find(self, reference: int) -> Container:
        """Raises RequestError."""
        if not 1 <= reference <= len(self._containers):
            raise RequestError(f"no variables are known as {reference} since the last move")
        return self._containers[reference - 1]

    def forget(self) -> None:
        """Start anew; numbers of before mean nothing any more."""
        self._containers.clear()

    def body(self, variable: Variable, shown: Shown) -> Body:
        """A variable as the protocol has it."""
        told: dict[str, Any] = {
            "name": variable.name,
            "value": variable.value,
            **self.inside(variable.inside, shown),
        }
        if variable.expression:
            told["evaluateName"] = variable.expression
        else:
            told["presentationHint"] = {"attributes": ["readOnly"]}
        if variable.place:
            told["memoryReference"] = reference_of(variable.place)
        if variable.kind:
            told["type"] = variable.kind
        return told

    def inside(self, container: Container | None, shown: Shown) -> dict[str, Any]:
        """The reference of a container, and how many variables it has where those are pages."""
        if container is None:
            return {"variablesReference": 0}
        counted = {"indexedVariables": container.size(shown)} if container.indexed else {}
        return {"variablesReference": self.of(container), **counted}


def words_variable(name: str, place: Place, shown: Shown) -> Variable:
    """Words as a variable: their value, and if they are several, each inside."""
    kind = "word" if place.width == 1 else f"{place.width} words"
    inside = None if place.width == 1 else Words(place)
    written = place.text(shown.session.names)
    return Variable(name, words_text(place, shown), inside, place, written, kind)


def words_text(place: Place, shown: Shown, most: int = WIDEST) -> str:
    """The words of a place, if they are not too many."""
    if place.width > most:
        return f"{place.width} words"
    words = tuple(place.words_in(shown.session.core))
    return shown.radix.value_text(words[0] if place.width == 1 else words)


@dataclass(frozen=True)
class Words(Container):
    """The words of a place by their number: those of a vector are its lanes."""

    indexed = True
    place: Place
    origin: int = 0

    def size(self, _shown: Shown) -> int:
        return self.place.width

    def some(self, shown: Shown, first: int, stop: int) -> Iterator[Variable]:
        for at in range(first, stop):
            start = self.place.start + at
            word = self.place._replace(start=start, stop=start + 1)
            yield words_variable(f"[{self.origin + at}]", word, shown)

    def part(self, first: int, stop: int) -> Words:
        """Some of them, under the same numbers."""
        start = self.place.start
        place = self.place._replace(start=start + first, stop=start + stop)
        return Words(place, self.origin + first)


@dataclass(frozen=True)
class Lanes(Container):
    """Words that were computed, and lie nowhere."""

    indexed = True
    words: Sequence[int]

    def size(self, _shown: Shown) -> int:
        return len(self.words)

    def some(self, shown: Shown, first: int, stop: int) -> Iterator[Variable]:
        for lane in range(first, stop):
            yield Variable(f"[{lane}]", shown.radix.text(self.words[lane]), kind="word")


class Names(Container):
    """All named words of scratch."""

    def size(self, shown: Shown) -> int:
        return len(shown.session.names)

    def some(self, shown: Shown, first: int, stop: int) -> Iterator[Variable]:
        names = shown.session.names
        for start, _, width in islice(names, first, stop):
            yield words_variable(names.label(start), Place(False, start, start + width), shown)


class Regions(_Few):
    """The parts of memory."""

    def all(self, shown: Shown) -> Iterator[Variable]:
        session = shown.session
        for name, addresses in MemoryRows(session.layout, len(session.core.memory)).regions:
            if addresses:
                yield words_variable(name, Place(True, addresses.start, addresses.stop), shown)


class Registers(_Few):
    """Where the core is: in cycles, in the program, in bundles executed."""

    def all(self, shown: Shown) -> Iterator[Variable]:
        core = shown.session.core
        for name, value in (("$cycle", core.cycle), ("$pc", core.pc), ("$step", core.position)):
            yield Variable(name, DECIMAL.text(value), expression=name)


@dataclass(frozen=True)
class Engine(_Few):
    """The slots of an engine in the bundle that is next."""

    engine: str

    def all(self, shown: Shown) -> Iterator[Variable]:
        bundle = next_bundle(shown.session)
        for group in bundle.groups if bundle else ():
            if group.engine == self.engine:
                yield Variable(f"{self.engine} {group.numbers}", group.text, Operands(group))


@dataclass(frozen=True)
class Operands(_Few):
    """What some slots read, and what will come of them."""

    group: GroupView

    def all(self, shown: Shown) -> Iterator[Variable]:
        group = self.group
        for read in group.reads:
            yield words_variable(f"{read.operand} {read.text}", read.place, shown)
        if group.written is not None:
            name = group.written.text(shown.session.names)
            yield words_variable(f"{name} before", group.written, shown)
            yield computed_variable(f"{name} after", group.words, shown)
        if group.target is not None:
            yield Variable("goes to", f"pc {group.target}")
        if group.fault is not None:
            yield Variable("faults", group.fault.value)
        if group.origin.text:
            yield Variable("is of", group.origin.text)


def computed_variable(name: str, words: Sequence[int], shown: Shown) -> Variable:
    """Words that lie nowhere, as a variable."""
    if len(words) == 1:
        return Variable(name, shown.radix.text(words[0]))
    return Variable(name, shown.radix.value_text(tuple(words)), Lanes(words))


class _Next(NamedTuple):
    """The bundle that was next when a session had this version, and where its slots come from."""

    version: int
    program: Program
    origins: Origins
    bundle: BundleView | None


_next: WeakKeyDictionary[Session, _Next] = WeakKeyDictionary()


def next_bundle(session: Session) -> BundleView | None:
    """The bundle that is next, at length; None at the end."""
    known, program, core = _next.get(session), session.program, session.core
    if known is None or known.version != session.version:
        origins = known.origins if known and known.program is program else Origins(program)
        now = snapshot_of(core)
        bundle = bundle_view(program, session.names, now, core.pc, origins=origins)
        known = _next[session] = _Next(session.version, program, origins, bundle)
    return known.bundle


def page(container: Container, shown: Shown, first: int, count: int) -> Iterator[Variable]:
    """So many variables from `first` on; with a count of 0 all of them, or groups of them."""
    size = container.size(shown)
    first = min(max(first, 0), size)
    stop = min(first + min(count, MOST_AT_ONCE), size) if count > 0 else size
    if count <= 0 and stop - first > PAGE and isinstance(container, Words):
        return _groups(container, shown, first, stop)
    return container.some(shown, first, stop)


def _groups(container: Words, shown: Shown, first: int, stop: int) -> Iterator[Variable]:
    size = PAGE
    while stop - first > size * PAGE:
        size *= PAGE
    for start in range(first, stop, size):
        part = container.part(start, min(start + size, stop))
        name = f"[{part.origin}:{part.origin + part.place.width}]"
        yield words_variable(name, part.place, shown)._replace(inside=part)


def find(container: Container, shown: Shown, name: str) -> Variable:
    """The variable of a name. Raises RequestError."""
    first, stop = 0, container.size(shown)
    if container.indexed:
        number = re.fullmatch(r"\[?([0-9]{1,9})\]?", name)
        at = int(number[1]) - container.origin if number else -1
        first, stop = (at, at + 1) if 0 <= at < stop else (0, 0)
    for variable in container.some(shown, first, stop):
        if container.indexed or variable.name == name:
            return variable
    raise RequestError(f"no variable is called {name[:80]} there")
