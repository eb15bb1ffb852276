"""`exec`: command lines in, text or JSON out, an exit code.

The first command that fails ends it with 1, unless it is to keep going. A stop is no failure, a
fault included. `quit N` ends it with N, an interrupt with 130.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from machine.errors import ProgramError
from machine.interrupts import asked_interrupts
from vliwdbg.commands import Reply
from vliwdbg.printable import printable
from vliwdbg.programs import Choice, Loaded
from vliwdbg.render import lines_of
from vliwdbg.scripts import Entry, entries, read_script
from vliwdbg.service.debugger import Debugger
from vliwdbg.service.events import Event, Printed, Progress, Progressed, Said
from vliwdbg.views.moves import Logged, Moved
from vliwdbg.views.schema import schema_of_all

OK, NO, INTERRUPTED = 0, 1, 130
SCHEMA = "vliwdbg.exec/2"


@dataclass
class Batch:
    """Commands to be executed on a program, and where the answers go.

    `out` gets what commands answer, line by line; `err` why one failed. `on_slice` is told how far
    long work has come.
    """

    loaded: Loaded
    choice: Choice
    out: Callable[[str], None]
    err: Callable[[str], None]
    keep_going: bool = False
    as_json: bool = False
    on_slice: Callable[[Progress], None] | None = None
    _replies: list[Reply] = field(default_factory=list, init=False)
    """Of the entry being executed."""

    def execute(self, script: Iterable[Entry]) -> int:
        """Execute a script; the exit code."""
        with asked_interrupts() as interrupted:
            debugger = Debugger(
                self.loaded,
                self.choice,
                self._hear,
                interrupted=interrupted,
                streams=not self.as_json,
            )
            for note in debugger.session.notes():
                self.err(printable(f"note: {note}"))
            return self._execute_all(debugger, script)

    def _execute_all(self, debugger: Debugger, script: Iterable[Entry]) -> int:
        code = OK
        for entry in entries(script):
            self._replies.clear()
            debugger.execute(entry)
            if debugger.is_interrupted():
                return INTERRUPTED
            for reply in self._replies:
                if reply.quit is not None:
                    return reply.quit or code
                code = code if reply.ok else NO
            if code and not self.keep_going:
                break
        return code

    def _hear(self, event: Event) -> None:
        if isinstance(event, Said):
            self._replies.append(event.reply)
            self._say(event.reply)
        elif isinstance(event, Printed):
            self._show(lines_of(Logged(event.text)), self.out)
        elif isinstance(event, Progressed) and self.on_slice:
            self.on_slice(event.progress)

    def _say(self, reply: Reply) -> None:
        if self.as_json:
            self.out(json.dumps(as_json(reply)))
        else:
            failed = not (reply.ok or isinstance(reply.view, Moved))
            self._show(reply.lines, self.err if failed else self.out)

    @staticmethod
    def _show(lines: Iterable[str], tell: Callable[[str], None]) -> None:
        for line in lines:
            tell(line)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of what `--json` prints for a command."""
    data = schema_of_all()
    fields = {
        "schema": {"const": SCHEMA},
        "command": {"type": "string"},
        "ok": {"type": "boolean"},
        "lines": {"type": "array", "items": {"type": "string"}},
        "data": {"anyOf": data.pop("anyOf")},
    }
    return data | {"type": "object", "properties": fields, "required": list(fields)}


def as_json(reply: Reply) -> dict[str, Any]:
    """The object that `--json` prints for a command, one a line."""
    return {
        "schema": SCHEMA,
        "command": reply.command,
        "ok": reply.ok,
        "lines": reply.lines,
        "data": reply.view.to_json(),
    }


def read_lines(file: str) -> list[str]:
    """The commands of a file. Raises ProgramError where it cannot be read."""
    try:
        return read_script(file)
    except (OSError, ValueError) as wrong:
        raise ProgramError.at(file, _reason(wrong)) from None


def _reason(wrong: OSError | ValueError) -> str:
    if isinstance(wrong, UnicodeDecodeError):
        return "is not UTF-8 text"
    return getattr(wrong, "strerror", None) or str(wrong)
