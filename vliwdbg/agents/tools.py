"""What agents can ask. Each method is a tool: its name, its parameters and its docstring.

A program is a file in the folder, or `default` for the bundled kernel. What is wrong with a
question is raised as everywhere: ProgramError, DebuggerError, BuildError.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from vliwdbg import report, runner
from vliwdbg.agents.bounded import LIMIT, answer_of
from vliwdbg.agents.folder import Folder
from vliwdbg.bench import MOST_CYCLES, Measuring, measure, note
from vliwdbg.inspect.questions import Questions
from vliwdbg.ledger import Ledger
from vliwdbg.programs import DEFAULT, Choice, load
from vliwdbg.runner import RunOptions
from vliwdbg.views.bench import Bench, Benched, Refused

Answer = dict[str, Any]
_KEPT = 4
"""Programs whose runs are kept for the next question."""


class Tools:
    """The tools, about the programs of one folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._asked: dict[tuple[Any, ...], Questions] = {}

    def all(self) -> list[Callable[..., Answer]]:
        """Each tool."""
        return [
            self.run, self.bench, self.stats, self.floor, self.critical, self.slack, self.live,
            self.lint, self.why, self.whatif, self.who, self.uses, self.writes, self.find,
        ]  # fmt: skip

    def run(self, program: str, strict: bool = False, max_cycles: int = MOST_CYCLES) -> Answer:
        """Run a program and check its result. Strict: any word changed outside its outputs, and
        wrong indices, are failures too."""
        loaded = load(self._folder.choice(program))
        return report.as_json(runner.run(loaded, RunOptions(max_cycles, strict=strict)))

    def bench(
        self,
        programs: list[str],
        strict: bool = False,
        trials: int = 0,
        ledger: str | None = None,
        offset: int = 0,
        limit: int = LIMIT,
    ) -> Answer:
        """Measure programs side by side: cycles, right or not (also on fresh inputs), floor, gap.
        With a ledger (a file) they are noted there, and told with the best before."""
        book = None if ledger is None else Ledger(self._folder.file(ledger))
        if book:
            book.verify()
        paths = {self._path(program): program for program in programs}
        found = [measure(path, Measuring(strict, trials)) for path in paths]
        if book:
            found = [note(book, f, strict=strict) if isinstance(f, Benched) else f for f in found]
        view = Bench(
            tuple(f for f in found if isinstance(f, Benched)),
            tuple(f for f in found if isinstance(f, Refused)),
            0,
            strict,
            ledger,
        )
        return answer_of(view, offset, limit)

    def stats(self, program: str, offset: int = 0, limit: int = LIMIT) -> Answer:
        """How much of each engine is used, when, and for what."""
        return answer_of(self._questions(program).stats(), offset, limit)

    def floor(self, program: str) -> Answer:
        """The least cycles for the same operations, which bound binds, and the gap to it."""
        return answer_of(self._questions(program).floor())

    def critical(self, program: str, offset: int = 0, limit: int = LIMIT) -> Answer:
        """The chain of waits up to the last output, split by what was waited for."""
        return answer_of(self._questions(program).critical(), offset, limit)

    def slack(self, program: str, offset: int = 0, limit: int = LIMIT) -> Answer:
        """How much later slots could be, all others staying."""
        return answer_of(self._questions(program).slack(), offset, limit)

    def live(self, program: str, offset: int = 0, limit: int = LIMIT) -> Answer:
        """How many words of scratch hold a value, when most do, and who holds them then."""
        return answer_of(self._questions(program).live(), offset, limit)

    def lint(self, program: str, offset: int = 0, limit: int = LIMIT) -> Answer:
        """What is wrong with a program, wasteful, or worth knowing."""
        return answer_of(self._questions(program).lint(), offset, limit)

    def why(
        self,
        program: str,
        cycle: int | None = None,
        engine: str | None = None,
        offset: int = 0,
        limit: int = LIMIT,
    ) -> Answer:
        """Why slots are free: in the bundle of a cycle (and of an engine), or in total."""
        return answer_of(self._questions(program).why(cycle, engine), offset, limit)

    def whatif(self, program: str, change: str = "same") -> Answer:
        """The cycles if something were different: same, rename, load=3, free=const."""
        return answer_of(self._questions(program).whatif(change))

    def who(self, program: str, place: str, cycle: int | None = None, depth: int = 3) -> Answer:
        """Who wrote the words of a place (v_val[3], s[64:72], mem[2310]) before a cycle, and from
        what."""
        return answer_of(self._questions(program).who(place, cycle, depth))

    def uses(
        self,
        program: str,
        place: str,
        cycle: int | None = None,
        offset: int = 0,
        limit: int = LIMIT,
    ) -> Answer:
        """Who reads the words of a place from a cycle on, until they are overwritten."""
        return answer_of(self._questions(program).uses(place, cycle), offset, limit)

    def writes(self, program: str, words: str, offset: int = 0, limit: int = LIMIT) -> Answer:
        """All writes to a range, with what it was and became."""
        return answer_of(self._questions(program).writes(words), offset, limit)

    def find(
        self,
        program: str,
        expression: str,
        first: int = 0,
        last: int | None = None,
        offset: int = 0,
        limit: int = LIMIT,
    ) -> Answer:
        """Before which cycles an expression holds, like v_val[0] == 7."""
        return answer_of(self._questions(program).find(expression, first, last), offset, limit)

    def _path(self, program: str) -> str:
        return self._folder.choice(program).program or DEFAULT

    def _questions(self, program: str) -> Questions:
        """Those about a program, as its file is now."""
        choice = self._folder.choice(program)
        key = (choice.program, *_state_of(choice))
        known = self._asked.pop(key, None)
        if known is None:
            loaded = load(choice)
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
