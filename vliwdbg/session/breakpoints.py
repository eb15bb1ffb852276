"""Breakpoints and watchpoints: what is looked for, under which condition, how often it was met.

    candidate   the core stops at a flagged bundle (or at a cycle somebody waits for)
    holds       the location or the watched words really are what was asked for
    condition   is not 0
    counted     one more hit; while `ignore` is above 0 it goes down and the run goes on

A breakpoint is looked for before its bundle, a watchpoint after it. They belong to the session,
never to a checkpoint: going back in time does not bring a deleted one back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from machine.conditions import Need, Trap
from machine.stops import Commit, Write
from vliwdbg.session.conditions import compile_condition
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.locations import (
    Access,
    AtCycle,
    Location,
    Nowhere,
    OnMemory,
    OnScratch,
    Watched,
    location_of,
    memory_bits,
)
from vliwdbg.session.places import (
    Evaluator,
    Expression,
    Node,
    Place,
    Scope,
    parse,
    unquoted,
)
from vliwdbg.session.program_index import ProgramIndex, union


class Kind(NamedTuple):
    """A command that sets stops: what it is called in messages, and what it waits for."""

    noun: str
    access: Access | None = None


KINDS: Mapping[str, Kind] = {
    "break": Kind("breakpoint"),
    "tbreak": Kind("temporary breakpoint"),
    "watch": Kind("watchpoint", Access.CHANGED),
    "rwatch": Kind("read watchpoint", Access.READ),
    "awatch": Kind("access watchpoint", Access.TOUCHED),
    "dprintf": Kind("dprintf"),
}


@dataclass
class Breakpoint:
    """One of them. `source` is what the user wrote after the command, but for the condition."""

    number: int
    command: str
    source: str
    what: Location | Watched
    condition: Expression | None = None
    printing: Printing | None = None
    enabled: bool = True
    hits: int = 0
    ignore: int = 0
    commands: tuple[str, ...] = ()
    flags: bytes = b""
    cause: str = ""
    """Why it cannot be met in the program at hand; empty where it can."""

    @property
    def noun(self) -> str:
        return KINDS[self.command].noun

    @property
    def temporary(self) -> bool:
        return self.command == "tbreak"

    @property
    def watched(self) -> Watched | None:
        """The words it watches; None for what is looked for before a bundle."""
        return self.what if isinstance(self.what, Watched) else None

    @property
    def words(self) -> Place | None:
        """The words it is about, if it is about words."""
        return self.what.place if isinstance(self.what, (Watched, OnScratch, OnMemory)) else None

    @property
    def on_memory(self) -> bool:
        """Whether it is about words of memory."""
        return self.words is not None and self.words.memory

    @property
    def cycle(self) -> int | None:
        """The cycle it waits for, if it waits for one."""
        return self.what.cycle if isinstance(self.what, AtCycle) else None

    def written(self) -> str:
        """The command that sets it again."""
        condition = f" if {self.condition.text}" if self.condition else ""
        return f"{self.command} {self.source}{condition}"


class Hit(NamedTuple):
    """A breakpoint that was met, and what there was to see at that position.

    `writes` are what its bundle did to the watched words, `read` their values before the bundle,
    which are those it read. `text` is what a dprintf prints, `note` what is to be said besides.
    """

    breakpoint: Breakpoint
    writes: tuple[Write, ...] = ()
    read: tuple[int, ...] = ()
    text: str = ""
    note: str = ""

    @property
    def label(self) -> str:
        return f"{self.breakpoint.noun} {self.breakpoint.number}"


@dataclass(frozen=True)
class Printing:
    """What a dprintf prints: a format as printf's, and its arguments."""

    form: str
    arguments: tuple[Expression, ...]

    def text(self, scope: Scope) -> str:
        """Raises DebuggerError."""
        values = [argument.word(scope) for argument in self.arguments]
        try:
            return self.form % tuple(values)
        except (TypeError, ValueError) as wrong:
            raise DebuggerError(f"the format {self.form!r} does not fit: {wrong}.") from None


class Breakpoints:
    """All breakpoints and watchpoints of a session, by number, from 1 on."""

    def __init__(self, scope: Scope) -> None:
        self.all: dict[int, Breakpoint] = {}
        self._next = 1
        self.take_program(scope)

    def take_program(self, scope: Scope) -> list[str]:
        """Look for the same in another program; what cannot be met there any more, a line each."""
        self.scope = scope
        self.index = ProgramIndex(scope.program)
        self._before: list[Breakpoint] = []
        self._after: list[Breakpoint] = []
        self._cycles: list[int] = []
        self._flagged_memory = False
        return [line for stop in self.all.values() for line in self._look_again(stop)]

    def _look_again(self, stop: Breakpoint) -> Iterator[str]:
        stop.flags, stop.cause = b"", ""
        try:
            found = _READERS[stop.command](stop.command, stop.source, self.scope)
        except DebuggerError as wrong:
            stop.cause = wrong.message
            yield f"{stop.noun} {stop.number} cannot be met here: {wrong.message}"
            return
        stop.what, stop.printing = found.what, found.printing
        stop.flags = stop.what.flags(self.index)

    # setting and finding

    def add(self, command: str, text: str) -> Breakpoint:
        """Set one: `command` is break, tbreak, watch, rwatch, awatch or dprintf, `text` the rest.

        Raises DebuggerError.
        """
        return self._number(self.read(command, text))

    def add_again(self, command: str, source: str, condition: str) -> Breakpoint:
        """Set one of earlier; where it cannot be met in this program, its cause says why.

        Raises DebuggerError for a condition that is none.
        """
        checked = Expression.parse(condition) if condition else None
        try:
            stop = self.read(command, source)
        except DebuggerError as wrong:
            stop = Breakpoint(0, command, source, Nowhere(), cause=wrong.message)
        stop.condition = checked
        return self._number(stop)

    def _number(self, stop: Breakpoint) -> Breakpoint:
        stop.number = self._next
        self._next += 1
        self.all[stop.number] = stop
        return stop

    def read(self, command: str, text: str) -> Breakpoint:
        """What the text asks for, without a number and not set. Raises DebuggerError."""
        stop = _READERS[command](command, text, self.scope)
        stop.flags = stop.what.flags(self.index)
        return stop

    def find(self, number: int) -> Breakpoint:
        """Raises DebuggerError."""
        if number not in self.all:
            raise DebuggerError(f"No breakpoint number {number}; `info breakpoints` lists them.")
        return self.all[number]

    def delete(self, number: int) -> Breakpoint:
        """Raises DebuggerError."""
        stop = self.find(number)
        del self.all[number]
        return stop

    def set_condition(self, number: int, text: str) -> Breakpoint:
        """Give one a condition; an empty text takes it away. Raises DebuggerError."""
        stop = self.find(number)
        condition = Expression.parse(text) if text else None
        if condition:
            condition.verify(self.scope)
        stop.condition = condition
        return stop

    def at_pc(self, pc: int) -> list[Breakpoint]:
        """Those that may stop at a bundle's pc, for a gutter."""
        return [stop for stop in self.all.values() if stop.flags[pc : pc + 1] > b"\0"]

    # meeting

    def arm(self, extra: Sequence[Breakpoint] = ()) -> None:
        """Have the core stop for those that can be met now, and for these; no others are met.

        A word of memory has flags of its own: what reaches it no pc tells.
        """
        core = self.scope.core
        stops = [stop for stop in (*self.all.values(), *extra) if stop.enabled and not stop.cause]
        self._before = [stop for stop in stops if not stop.watched]
        self._after = [stop for stop in stops if stop.watched]
        self._cycles = [stop.cycle for stop in stops if stop.cycle is not None]
        reached = [stop for stop in stops if stop.on_memory]
        flags = (stop.flags for stop in stops if not stop.on_memory)
        core.flags[:] = union(flags, len(self.scope.program))
        if reached or self._flagged_memory:
            core.memory_flags[:] = bytes(len(core.memory))
            self._flagged_memory = True
        core.set_traps([self._trap(stop) for stop in stops if stop.cycle is None])
        for stop in reached:
            assert stop.words
            bits = memory_bits(stop.what)
            for address in range(stop.words.start, stop.words.stop):
                core.memory_flags[address] |= bits

    def _trap(self, stop: Breakpoint) -> Trap:
        """What has to be true where the core is to stop for one."""
        code = compile_condition(stop.condition, self.scope) if stop.condition else ()
        need, words = stop.what.need, stop.words
        start, end = (words.start, words.stop) if need is not Need.NOTHING and words else (0, 0)
        flags = b"" if stop.on_memory else stop.flags
        return Trap(flags, stop.watched is not None, need, start, end, code)

    def next_cycle(self, cycle: int) -> int | None:
        """The first cycle past this one that a breakpoint waits for."""
        return min((waited for waited in self._cycles if waited > cycle), default=None)

    # Asking costs a commit, so both take a callable: most candidates can be judged without.

    def before(self, fresh: Callable[[], bool]) -> list[Hit]:
        """What is met by the bundle about to be executed; only looked at, not counted.

        `fresh` says whether no bundle before it shares its cycle.
        """
        core, program = self.scope.core, self.scope.program
        pc, cycle = core.pc, core.cycle
        return [
            hit._replace(text=self._printed(stop))
            for stop in self._before
            if not isinstance(stop.what, Watched)
            and (stop.flags[pc : pc + 1] > b"\0" or stop.cycle == cycle)
            and stop.what.holds(program, core)
            and (stop.cycle is None or fresh())
            for hit in self._under_condition(Hit(stop))
        ]

    def after(self, last_commit: Callable[[], Commit | None]) -> list[Hit]:
        """What was met by the bundle just executed; only looked at, not counted."""
        commit = last_commit() if self._after else None
        if commit is None:
            return []
        core, program = self.scope.core, self.scope.program
        return [
            hit
            for stop in self._after
            if (watched := stop.watched)
            and stop.flags[commit.pc]
            and watched.holds(program, core, commit)
            for hit in self._under_condition(self._watch_hit(stop, watched, commit))
        ]

    @staticmethod
    def _changes(watched: Watched, commit: Commit) -> tuple[Write, ...]:
        writes = watched.writes(commit)
        changed = watched.access is Access.CHANGED
        return tuple(write for write in writes if not changed or write.old != write.new)

    def _watch_hit(self, stop: Breakpoint, watched: Watched, commit: Commit) -> Hit:
        writes = () if watched.access is Access.READ else self._changes(watched, commit)
        return Hit(stop, writes, watched.words_before(self.scope.core, commit))

    def _printed(self, stop: Breakpoint) -> str:
        """What a dprintf prints at this position; empty for any other."""
        if stop.printing is None:
            return ""
        try:
            return stop.printing.text(self.scope)
        except DebuggerError as wrong:
            return f"{stop.noun} {stop.number}: {wrong.message}"

    def _under_condition(self, hit: Hit) -> Iterator[Hit]:
        stop = hit.breakpoint
        try:
            if stop.condition is None or stop.condition.word(self.scope):
                yield hit
        except DebuggerError as wrong:
            # As in gdb: better to stop once too often than to pass over what was meant.
            note = f"The condition of {hit.label} cannot be computed: {wrong.message}"
            yield hit._replace(note=note)

    def count(self, hits: Sequence[Hit]) -> list[Hit]:
        """Count these; give those that stop, and delete the temporary ones among them."""
        stopping = [hit for hit in hits if _counted(hit.breakpoint)]
        for hit in stopping:
            if hit.breakpoint.temporary:
                self.all.pop(hit.breakpoint.number, None)
        return stopping


def _counted(stop: Breakpoint) -> bool:
    stop.hits += 1
    if stop.ignore:
        stop.ignore -= 1
        return False
    return True


# From what a user wrote


def _read_break(command: str, text: str, scope: Scope) -> Breakpoint:
    tree = parse(text, "stop")
    location, condition = tree.children
    found = location_of(location, text, scope)
    return _made(command, text, location, found, _condition(text, condition, scope))


def _read_watch(command: str, text: str, scope: Scope) -> Breakpoint:
    tree = parse(text, "watch")
    words, condition = tree.children
    found = _watched(command, text, words, scope)
    return _made(command, text, words, found, _condition(text, condition, scope))


def _read_dprintf(command: str, text: str, scope: Scope) -> Breakpoint:
    location, form, *arguments = parse(text, "print_at").children
    stop = _made(command, text, location, location_of(location, text, scope))
    parts = (Expression.part(text, argument) for argument in arguments)
    stop.printing = Printing(unescaped(str(form)), tuple(part for part in parts if part))
    if _TOO_WIDE.search(stop.printing.form):
        raise DebuggerError("A width in a format is a number of at most 3 digits, like %8d.")
    stop.printing.text(scope)
    stop.source = text
    return stop


def _condition(text: str, tree: Node | None, scope: Scope) -> Expression | None:
    condition = Expression.part(text, tree)
    if condition:
        condition.verify(scope)
    return condition


def _made(
    command: str, text: str, tree: Node, found: Any, condition: Expression | None = None
) -> Breakpoint:
    source = text[tree.meta.start_pos : tree.meta.end_pos]
    return Breakpoint(0, command, source, found, condition)


def _watched(command: str, text: str, tree: Any, scope: Scope) -> Watched:
    access = KINDS[command].access
    assert access is not None
    return Watched(Evaluator(scope, text).place(tree), access)


_READERS: Mapping[str, Callable[[str, str, Scope], Breakpoint]] = {
    "break": _read_break,
    "tbreak": _read_break,
    "watch": _read_watch,
    "rwatch": _read_watch,
    "awatch": _read_watch,
    "dprintf": _read_dprintf,
}
_TOO_WIDE = re.compile(r"%[^a-zA-Z%]*(\*|[0-9]{4})")
_ESCAPES = {"\\n": "\n", "\\t": "\t"}


def unescaped(text: str) -> str:
    """A quoted format without its quotes, with \\n and \\t meant."""
    text = unquoted(text)
    for escape, meant in _ESCAPES.items():
        text = text.replace(escape, meant)
    return text
