"""Standard input, output and error: what is said there, and what happens where nobody listens.

    print_out   to stdout: what was asked for. Full is an error; closed is none.
    print_err   to stderr: the narration, which may get lost.

The exit code tells what came of the job, not who was there to read it.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

from machine.errors import ProgramError
from vliwdbg.printable import printable

_KEPT = "\n\t"


def prepare() -> None:
    """Make all three streams usable, whatever the command was started with."""
    # In this order, so that each closed stream gets its own number back, before a file takes it.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    # Names come from users' files and may hold what a terminal's encoding cannot say.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def print_out(text: str, end: str = "\n") -> None:
    """Print to standard output, with nothing that a terminal would obey.

    Raises ProgramError where it takes no more.
    """
    try:
        print(printable(text, keep=_KEPT), end=end, flush=True)
    except BrokenPipeError:
        _let_go(sys.stdout)
    except OSError as error:
        _let_go(sys.stdout)
        reason = (error.strerror or str(error)).lower()
        raise ProgramError.at("standard output", reason) from None


def print_err(text: str) -> None:
    """Print lines to standard error, with nothing in them that a terminal would obey."""
    try:
        print(printable(text, keep=_KEPT), file=sys.stderr, flush=True)
    except OSError:
        _let_go(sys.stderr)


def flush() -> None:
    """Leave nothing for Python to flush at exit, where it could only complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _let_go(stream)


def _let_go(stream: TextIO) -> None:
    # What the stream still holds, and all that follows, goes into nothing.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
