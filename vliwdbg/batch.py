"""`exec`: command lines in, text or JSON out, an exit code.

The first command that fails ends it with 1, unless it is to keep going. A stop is no failure, a
fault included. `quit N` ends it with N, an interrupt with 130.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from machine.errors import ProgramError
from vliwdbg.commands import Console, Reply
from vliwdbg.commands.program import with_notes
from vliwdbg.interrupts import interrupts
from vliwdbg.programs import Choice, Loaded
from vliwdbg.render import lines_of
from vliwdbg.session.session import Run, Session, StopEvent
from vliwdbg.views.base import View
from vliwdbg.views.moves import Logged, Moved

OK, NO, INTERRUPTED = 0, 1, 130
SCHEMA = "vliwdbg.exec/2"


@dataclass
class Batch:
    """Commands to be executed on a program, and where the answers go.

    `out` gets what commands answer, line by line; `err` why one failed. `on_slice` is called
    between the slices of long moves.
    """

    loaded: Loaded
    choice: Choice
    out: Callable[[str], None]
    err: Callable[[str], None]
    keep_going: bool = False
    as_json: bool = False
    on_slice: Callable[[Run], None] | None = None
    _interrupted: Callable[[], bool] = field(init=False)

    def execute(self, lines: Iterable[str]) -> int:
        """Execute the lines; the exit code."""
        session = Session(with_notes(self.loaded), self.loaded.memory)
        console = Console(session, self.choice, drive=self._drive)
        for note in session.notes():
            self.err(f"note: {note}")
        with interrupts() as self._interrupted:
            return self._execute_all(console, lines)

    def _execute_all(self, console: Console, lines: Iterable[str]) -> int:
        code = OK
        for line in lines:
            for reply in console.execute(line):
                self._tell(reply)
                if self._interrupted():
                    return INTERRUPTED
                if reply.quit is not None:
                    return reply.quit or code
                code = code if reply.ok else NO
            if code and not self.keep_going:
                return code
        if console.attaching:
            self.err("The commands of a breakpoint are not closed; `end` closes them.")
            return NO
        return code

    def _tell(self, reply: Reply) -> None:
        if self.as_json:
            self.out(json.dumps(as_json(reply)))
            return
        tell = self.out if reply.ok or isinstance(reply.view, Moved) else self.err
        self._show(reply.view, tell)

    def _show(self, view: View, tell: Callable[[str], None]) -> None:
        for line in lines_of(view):
            tell(line)

    def _drive(self, run: Run) -> StopEvent:
        while (arrival := run.advance()) is None:
            if not self.as_json:
                for text in run.printed:
                    self._show(Logged(text), self.out)
                run.printed.clear()
            if self.on_slice:
                self.on_slice(run)
            if self._interrupted():
                return run.interrupt()
        return arrival


def as_json(reply: Reply) -> dict[str, Any]:
    """The object that `--json` prints for a command, one a line."""
    return {
        "schema": SCHEMA,
        "command": reply.command,
        "ok": reply.ok,
        "lines": lines_of(reply.view),
        "data": reply.view.to_json(),
    }


def read_lines(file: str) -> list[str]:
    """The commands of a file, without empty lines, which repeat only where they are typed.

    Raises ProgramError where it cannot be read.
    """
    import sys

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as wrong:
        reason = getattr(wrong, "strerror", None) or "is not UTF-8 text"
        raise ProgramError.at(file, reason) from None
    return [line for line in text.splitlines() if line.strip()]
