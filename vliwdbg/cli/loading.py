"""Loading a program as a person at a terminal sees it: what builds long says so."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from vliwdbg.cli.streams import print_err
from vliwdbg.programs import Choice, Loaded, Progress, load

_SAID_AFTER = 1.0
"""Seconds before a build is worth a word."""


def load_shown(choice: Choice, *, quiet: int = 0, deadline: float | None = None) -> Loaded:
    """Load a program; what it prints while it is built, and that it is, goes to standard error."""
    with _shown(wanted=not quiet) as progress:
        loaded = load(choice, deadline=deadline, progress=progress)
    if loaded.printed and not quiet:
        print_err(loaded.printed.rstrip("\n"))
    return loaded


@contextmanager
def _shown(*, wanted: bool) -> Iterator[Progress | None]:
    if not wanted:
        yield None
    elif sys.stderr.isatty():
        from vliwdbg.cli.progress import SlowWork

        with SlowWork(_SAID_AFTER, "building") as slow_build:
            yield slow_build.update
    else:
        yield _SaidOnce().update


class _SaidOnce:
    """A line for logs, where a build takes a while."""

    def __init__(self) -> None:
        self._due = time.monotonic() + _SAID_AFTER

    def update(self, what: str, _: float | None) -> None:
        if time.monotonic() >= self._due:
            self._due = float("inf")
            print_err(f"note: building {what}; Ctrl+C ends it")
