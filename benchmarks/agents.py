"""How long agents wait: for the first answer of `vliwdbg mcp`, and for a question through it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.timing import in_turns
from benchmarks.workloads import kernel
from machine.codec import write_program
from machine.machine import starting_memory
from tests.agents.wire import HELLO, Wire, request
from vliwdbg.inspect import Questions

_ROUNDS, _QUESTIONS = 15, 25
_EMPTY = [sys.executable, "-c", "import mcp.server, mcp.server.stdio"]


def first_answer() -> float:
    """Seconds from the start of a server to its first answer, less those of a Python that imports
    the same SDK and ends."""
    with tempfile.TemporaryDirectory() as folder:
        started: list[Wire] = []

        def serve() -> Callable[[], object]:
            for wire in started:
                wire.end()
            started.clear()
            return lambda: started.append(_greeted(folder))

        def empty() -> Callable[[], object]:
            return lambda: subprocess.run(_EMPTY, check=True)

        served, imported = in_turns(_ROUNDS, serve, empty)
        serve()
        return served - imported


def _greeted(folder: str) -> Wire:
    wire = Wire(Path(folder))
    wire.send(HELLO)
    wire.answer("hello")
    return wire


def why_through_the_wire() -> float:
    """Milliseconds that `why` of the bundled kernel takes longer than in process, once asked."""
    with tempfile.TemporaryDirectory() as folder:
        with Path(folder, "kernel.json").open("w") as stream:
            write_program(kernel(), stream)
        wire = Wire(Path(folder))
        wire.greet()
        asked = Questions(kernel(), starting_memory(kernel()))
        numbers = iter(range(2 * _QUESTIONS))

        def through() -> Callable[[], object]:
            number = next(numbers)
            params = {"name": "why", "arguments": {"program": "kernel.json"}}

            def ask() -> None:
                wire.send(request(number, "tools/call", **params))
                assert "structuredContent" in wire.answer(number)["result"]

            return ask

        through()()
        asked.why()
        slow, quick = in_turns(_QUESTIONS, through, lambda: asked.why)
        wire.end()
        return 1e3 * (slow - quick)
