"""What agents can ask. Each public method is a tool: its name, its parameters, its docstring, and
what comes back.

A program is a file in the folder, or `default` for the bundled kernel. What is wrong with a
question is raised as everywhere: ProgramError, DebuggerError, BuildError.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

from machine.codec import write_program
from machine.problem import Problem
from vliwdbg import report, runner
from vliwdbg.agents.folder import Folder
from vliwdbg.agents.turns import Turns
from vliwdbg.bench import MOST_CYCLES, Measuring, measure, note
from vliwdbg.commands.program import with_notes
from vliwdbg.files import verify_writable, write_text
from vliwdbg.inspect.questions import Questions
from vliwdbg.inspect.who import DEPTH
from vliwdbg.ledger import Ledger
from vliwdbg.programs import Choice, Loaded, build_bundled, load
from vliwdbg.runner import RunOptions
from vliwdbg.scripts import entries
from vliwdbg.service import Debugger
from vliwdbg.service.events import Event, Printed, Said
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.session import Session
from vliwdbg.views.bench import Bench, Benched, Refused
from vliwdbg.views.bundle import Slots
from vliwdbg.views.dataflow import Found, Uses, Who, Writes
from vliwdbg.views.diff import Diff
from vliwdbg.views.diverge import Diverge
from vliwdbg.views.explain import Explain
from vliwdbg.views.lint import Lint
from vliwdbg.views.program import ProgramFacts, program_view
from vliwdbg.views.schedule import Critical, Floor, Slack, Stats, Why
from vliwdbg.views.storage import Live
from vliwdbg.views.whatif import WhatIf

Report = dict[str, Any]
"""What the command line prints with --json."""
MOST_PROGRAMS, MOST_TRIALS, MOST_REPLIES, MOST_PRINTED = 50, 10_000, 1_000, 1_000
MOST_EXECUTED = 10_000_000
"""Cycles of a run, and of the session of an exec."""
DEEPEST = 12
"""Of who: the slots that a word comes from grow with it."""
WRITING = {"bench", "build", "exec"}
"""Tools that may write a file; where no Python is run, the others write none."""
_KEPT = 4
"""Programs whose runs are kept for the next question."""


@dataclass(frozen=True)
class Told:
    """A command, whether it was done, and its answer: lines for people, and the view as data where
    that was asked for."""

    command: str
    ok: bool
    lines: tuple[str, ...]
    data: Any


@dataclass(frozen=True)
class Executed:
    """Commands with their answers, up to the first that failed. `note` says what ended it early."""

    ok: bool
    note: str
    replies: tuple[Told, ...]


class Tools:
    """The tools, about the programs of one folder."""

    def __init__(self, folder: Folder, turns: Turns) -> None:
        self._folder = folder
        self._turns = turns
        self._asked: dict[tuple[Any, ...], Questions] = {}

    def load(self, program: str) -> ProgramFacts:
        """What a program is: its size, its problem, what it claims, what is odd about it. A program
        with anything wrong in it is refused with every fault and its place."""
        loaded = load(self._folder.choice(program))
        return program_view(Session(with_notes(loaded), loaded.memory))

    def run(self, program: str, strict: bool = False, max_cycles: int = MOST_CYCLES) -> Report:
        """Run a program and check its result. Strict: any word changed outside its outputs, and
        wrong indices, are failures too."""
        loaded = self._load(self._folder.choice(program))
        most = _at_most("max_cycles", max_cycles, MOST_EXECUTED)
        options = RunOptions(most, self._turns.left, strict=strict)
        return report.as_json(runner.run(loaded, options))

    def bench(
        self,
        programs: tuple[str, ...],
        strict: bool = False,
        trials: int = 0,
        ledger: str | None = None,
    ) -> Bench:
        """Measure programs side by side: cycles, right or not (also on fresh inputs), floor, gap.
        With a ledger (a file) they are noted there, and told with the best before."""
        _at_most("programs", len(programs), MOST_PROGRAMS)
        _at_most("trials", trials, MOST_TRIALS)
        book = None if ledger is None else Ledger(self._folder.place(ledger))
        if book:
            book.verify()
        choices = [self._folder.choice(program) for program in programs]
        found: list[Benched | Refused] = []
        for choice in choices:
            if self._turns.is_over():
                break
            measuring = Measuring(strict, trials, timeout=self._turns.left)
            one = measure(choice, measuring)
            found.append(
                note(book, one, strict=strict) if book and isinstance(one, Benched) else one
            )
        return Bench(
            tuple(one for one in found if isinstance(one, Benched)),
            tuple(one for one in found if isinstance(one, Refused)),
            len(choices) - len(found),
            strict,
            ledger,
        )

    def build(
        self,
        output: str,
        kernel: str | None = None,
        scheduler: str | None = None,
        sizes: Mapping[str, int] | None = None,
        without: tuple[str, ...] = (),
        settings: Mapping[str, int | str] | None = None,
        indices: bool = False,
    ) -> Report:
        """Build a bundled kernel with a scheduler and write it as a program file. Names that are
        wrong are answered with those there are; sizes are forest_height, rounds, batch_size, seed;
        `without` leaves passes out."""
        choice = Choice(
            None, kernel, scheduler, indices, without, settings or {}, _sizes(sizes), kept=False
        )
        file = self._folder.place(output)
        verify_writable(file)
        program = build_bundled(choice, self._go_on)
        text = StringIO()
        write_program(program, text)
        write_text(file, text.getvalue())
        return report.built(program)

    def stats(self, program: str) -> Stats:
        """How much of each engine is used, when, and for what."""
        return self._questions(program).stats()

    def floor(self, program: str) -> Floor:
        """The least cycles for the same operations, which bound binds, and the gap to it."""
        return self._questions(program).floor()

    def critical(self, program: str) -> Critical:
        """The chain of waits up to the last output, split by what was waited for."""
        return self._questions(program).critical()

    def slack(self, program: str) -> Slack:
        """How much later slots could be, all others staying."""
        return self._questions(program).slack()

    def live(self, program: str) -> Live:
        """How many words of scratch hold a value, when most do, and who holds them then."""
        return self._questions(program).live()

    def lint(self, program: str) -> Lint:
        """What is wrong with a program, wasteful, or worth knowing."""
        return self._questions(program).lint()

    def why(self, program: str, cycle: int | None = None, engine: str | None = None) -> Why:
        """Why slots are free: in the bundle of a cycle (and of an engine), or in total."""
        return self._questions(program).why(cycle, engine)

    def whatif(self, program: str, change: str = "same") -> WhatIf:
        """The cycles if something were different: same, rename, load=3, free=const."""
        return self._questions(program).whatif(change)

    def diverge(self, program: str, against: str | None = None) -> Diverge:
        """The first wrong output of a program, the slot that makes it wrong, and a repair; compared
        with the reference, and with a program that is right, if there is one."""
        good = None if against is None else self._questions(against)
        return self._questions(program).diverge(good)

    def explain(self, program: str) -> Explain:
        """Which vector, round and stage slots work for, of a program that does not tell."""
        return self._questions(program).explain()

    def diff(self, program: str, other: str) -> Diff:
        """What differs between two programs, whatever their order and registers."""
        return self._questions(program).diff(self._questions(other), (program, other))

    def slots(self, program: str, cycle: int) -> Slots:
        """What each slot of a cycle's bundle reads and writes."""
        return self._questions(program).slots(cycle)

    def who(self, program: str, place: str, cycle: int | None = None, depth: int = DEPTH) -> Who:
        """Who wrote the words of a place (v_val[3], s[64:72], mem[2310]) before a cycle, and from
        what."""
        return self._questions(program).who(place, cycle, _at_most("depth", depth, DEEPEST))

    def uses(self, program: str, place: str, cycle: int | None = None) -> Uses:
        """Who reads the words of a place from a cycle on, until they are overwritten."""
        return self._questions(program).uses(place, cycle)

    def writes(self, program: str, words: str) -> Writes:
        """All writes to a range, with what it was and became."""
        return self._questions(program).writes(words)

    def find(self, program: str, expression: str, first: int = 0, last: int | None = None) -> Found:
        """Before which cycles an expression holds, like v_val[0] == 7."""
        return self._questions(program).find(expression, first, last)

    def exec(self, program: str, commands: tuple[str, ...], data: bool = False) -> Executed:
        """Execute debugger commands from the start of a program, in order, until one fails: step,
        break, watch, continue, reverse-continue, goto, print, x, info, … (`help` lists them). With
        data each answer is there as data, too."""
        choice = self._folder.choice(program)
        return _Execution(self._load(choice), choice, self._folder, self._turns).of(commands, data)

    def _load(self, choice: Choice) -> Loaded:
        return load(choice, progress=self._go_on)

    def _go_on(self, _what: str, _part: float | None) -> None:
        if self._turns.is_over():
            raise DebuggerError(f"The time is up: {self._turns.patience:g} s for a question.")

    def _questions(self, program: str) -> Questions:
        """Those about a program, as its file is now."""
        choice = self._folder.choice(program)
        key = (choice.program, *_state_of(choice))
        known = self._asked.pop(key, None)
        if known is None:
            loaded = self._load(choice)
            known = Questions(loaded.program, loaded.memory, max_cycles=MOST_CYCLES)
        self._asked[key] = known
        for old in list(self._asked)[:-_KEPT]:
            del self._asked[old]
        return known


def _state_of(choice: Choice) -> tuple[int, ...]:
    """What changes when a file does; a Python file may import others, so its runs are not known."""
    if choice.program is None or not os.path.exists(choice.program):
        return ()
    found = os.stat(choice.program)
    return found.st_mtime_ns, found.st_size, found.st_ino


def _sizes(sizes: Mapping[str, int] | None) -> Mapping[str, int]:
    known = Problem.__dataclass_fields__
    for name in sizes or {}:
        if name not in known:
            raise DebuggerError(f"No size is called {name!r}; there are {', '.join(known)}.")
    return sizes or {}


def _at_most(what: str, number: int, most: int) -> int:
    if not 0 <= number <= most:
        raise DebuggerError(f"{what} is 0 to {most:,}.")
    return number


class _Execution:
    """Commands on a session of their own, as far as they come."""

    def __init__(self, loaded: Loaded, choice: Choice, folder: Folder, turns: Turns) -> None:
        self._turns = turns
        self._replies: list[Said] = []
        self._printed: list[str] = []
        self._lines: list[tuple[str, ...]] = []
        self._note = ""
        self._debugger = Debugger(
            loaded, choice, self._hear, interrupted=self._too_much, streams=True, files=folder
        )
        self._debugger.session.most_cycles = MOST_EXECUTED

    def of(self, commands: tuple[str, ...], data: bool) -> Executed:
        """The answers to commands."""
        lines = [line for command in commands for line in command.splitlines()]
        for entry in entries(lines):
            self._debugger.execute(entry)
            last = self._replies[-1].reply if self._replies else None
            if self._too_much() or (last and (not last.ok or last.quit is not None)):
                break
        told = tuple(self._told(data))
        return Executed(all(reply.ok for reply in told), self._note, told)

    def _told(self, data: bool) -> Iterator[Told]:
        for said, lines in zip(self._replies, self._lines, strict=True):
            view = said.reply.view
            yield Told(said.reply.command, said.reply.ok, lines, view.to_json() if data else None)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Printed):
            self._printed += event.text.split("\n")[: MOST_PRINTED - len(self._printed)]
        elif isinstance(event, Said):
            self._replies.append(event)
            self._lines.append((*self._printed, *event.reply.lines))
            self._printed = []

    def _too_much(self) -> bool:
        """Whether it is to end; why is noted, since it may go back from there."""
        cycles = self._debugger.session.core.cycle
        limits = {
            f"The time is up: {self._turns.patience:g} s for a question.": self._turns.is_over(),
            f"{MOST_REPLIES:,} commands were executed.": len(self._replies) >= MOST_REPLIES,
            f"{MOST_PRINTED:,} lines were printed.": len(self._printed) >= MOST_PRINTED,
            f"More than {MOST_EXECUTED:,} cycles were executed.": cycles > MOST_EXECUTED,
        }
        met = [note for note, there in limits.items() if there]
        self._note = self._note or "".join(met[:1])
        return bool(met)
