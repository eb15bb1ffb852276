"""An editor that waits for `vliwdbg dap`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any

from benchmarks.timing import in_turns, seconds

COMMAND = [sys.executable, "-c", "from vliwdbg.cli import main; main()", "dap"]


class Editor:
    """A conversation with a process; what comes is only read as far as it is waited for."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin
        assert process.stdout
        self._out, self._in = process.stdin, process.stdout

    def send(self, command: str, **arguments: Any) -> None:
        """Ask for something."""
        message = {"seq": 1, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self._out.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._out.flush()

    def wait_for(self, kind: str, name: str) -> None:
        """Until there is the response to a command, or an event."""
        while True:
            length = int(self._in.readline()[16:])
            self._in.readline()
            told = json.loads(self._in.read(length))
            if told.get("command" if kind == "response" else kind) == name:
                return

    def ask(self, command: str, **arguments: Any) -> None:
        """Ask, and wait for the response."""
        self.send(command, **arguments)
        self.wait_for("response", command)

    def move(self, command: str) -> None:
        """Move, and wait until it stands."""
        self.send(command, threadId=1)
        self.wait_for("event", "stopped")


@contextmanager
def editor() -> Iterator[Editor]:
    """One with a process of its own, ended by force: who leaves waits for nobody."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Editor(process)
        finally:
            process.kill()


@contextmanager
def at_entry() -> Iterator[Editor]:
    """An editor at the first bundle of the bundled kernel."""
    with editor() as found:
        found.ask("initialize")
        found.ask("launch", stopOnEntry=True)
        found.send("configurationDone")
        found.wait_for("event", "stopped")
        yield found


def first_answer() -> float:
    """Seconds from the start of a process to its first answer, over an empty Python program."""

    def answered() -> None:
        with editor() as found:
            found.ask("initialize")

    def empty() -> object:
        return subprocess.run([sys.executable, "-c", "pass"], check=True)

    ours, theirs = in_turns(9, lambda: answered, lambda: empty)
    return ours - theirs


STEPS = 300


def step_and_empty_request() -> tuple[float, float]:
    """Milliseconds of a step to its stop, and of a request that asks for next to nothing."""
    with at_entry() as found:
        steps = [seconds(partial(found.move, "next")) for _ in range(STEPS)]
        empty = [seconds(partial(found.ask, "threads")) for _ in range(STEPS)]
    return 1e3 * median(steps), 1e3 * median(empty)


def step_and_look() -> float:
    """Milliseconds of a step with what an editor asks for then: the stack, the scopes, the first
    of their variables."""
    with at_entry() as found:

        def look() -> None:
            found.move("next")
            found.ask("stackTrace", threadId=1)
            found.ask("scopes", frameId=1)
            found.ask("variables", variablesReference=1)

        return 1e3 * median(seconds(look) for _ in range(STEPS))
