"""Ctrl+C at the right moment: noted when it comes, acted upon when nothing is half done.

Two manners. Long work that can be ended asks now and then (`asked_interrupts`). A state that is
changing must not be left by an exception (`deferred_sigint`). In other threads than the main one,
where Ctrl+C does not come, neither does anything.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def asked_interrupts() -> Iterator[Callable[[], bool]]:
    """While it lasts, Ctrl+C raises nothing; calling what is given tells whether it came."""
    with _noted_interrupts() as noted:
        yield lambda: bool(noted)


@contextmanager
def deferred_sigint() -> Iterator[Callable[[], None]]:
    """While it lasts Ctrl+C waits. Calling what is given lets it through, as does the end.

    Either calls the handler of before, which may raise. Where no Python function handles it,
    nothing is held back.
    """
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        yield lambda: None
        return
    noted: list[int] = []

    def let_through() -> None:
        if noted:
            noted.clear()
            handler(signal.SIGINT, None)

    try:
        with _noted_interrupts() as noted:
            yield let_through
    finally:
        let_through()


@contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """A list that each Ctrl+C is added to, for as long as this lasts."""
    noted: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    except ValueError:  # not in the main thread
        yield noted
        return
    try:
        yield noted
    finally:
        # None stands for a handler that Python did not set, and cannot set again.
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
