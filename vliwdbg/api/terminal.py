"""The debugger in the terminal, from within a script, or within a test whose streams are caught."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from machine.errors import ProgramError
from machine.problem import Problem
from vliwdbg.api.opening import Source, loaded_of
from vliwdbg.tui.start import TERMINAL, run_app

_STREAMS = (0, 1, 2)


def debug(
    source: Source,
    *commands: str,
    memory: Sequence[int] | None = None,
    problem: Problem | None = None,
) -> int:
    """Open the debugger in the terminal on what `open` takes; `commands` are executed first. The
    exit code, once somebody has left it.

    Standard input and output may be anything, as they are in a test that pytest runs: it is shown
    in the controlling terminal. Raises ProgramError where there is none, and in a notebook.
    """
    loaded, choice = loaded_of(source, memory, problem)
    if _in_event_loop():
        raise ProgramError.at(
            "terminal", "a notebook has none; vliwdbg.open(…) answers in its place"
        )
    with _controlling_terminal():
        try:
            return run_app(loaded, choice, commands)
        finally:
            gc.unfreeze()  # here the process goes on


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@contextmanager
def _controlling_terminal() -> Iterator[None]:
    """While it lasts, standard input, output and error are the terminal."""
    try:
        terminal = os.open(TERMINAL, os.O_RDWR)
    except OSError:
        raise ProgramError.at("terminal", "there is none to show the debugger in") from None
    kept = [os.dup(stream) for stream in _STREAMS]
    try:
        for stream in _STREAMS:
            os.dup2(terminal, stream)
        yield
    finally:
        for stream, was in zip(_STREAMS, kept, strict=True):
            os.dup2(was, stream)
            os.close(was)
        os.close(terminal)
