"""Ctrl+C, held back while a state is changing, so that what its handler raises finds it whole."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def deferred_sigint() -> Iterator[Callable[[], None]]:
    """While it lasts Ctrl+C waits. Calling what is given lets it through, as does the end.

    Either calls the handler of before, which may raise. In other threads than the main one, where
    Ctrl+C does not come, and where no Python function handles it, nothing is held back.
    """
    waiting: list[int] = []
    handler = signal.getsignal(signal.SIGINT)

    def let_through() -> None:
        if waiting and callable(handler):
            waiting.clear()
            handler(signal.SIGINT, None)

    try:
        if callable(handler):
            signal.signal(signal.SIGINT, lambda number, _: waiting.append(number))
    except ValueError:  # not in the main thread
        yield let_through
        return
    try:
        yield let_through
    finally:
        if callable(handler):
            signal.signal(signal.SIGINT, handler)
        let_through()
