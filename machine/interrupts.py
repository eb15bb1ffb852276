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


class deferred_sigint:  # noqa: N801  # a context manager, written out because every run waits for it
    """While it lasts Ctrl+C waits. Calling what is given lets it through, as does the end.

    Either calls the handler of before, which may raise. Where no Python function handles it,
    nothing is held back.
    """

    def __enter__(self) -> Callable[[], None]:
        self._noted: list[int] = []
        self._handler = signal.getsignal(signal.SIGINT)
        self._held = callable(self._handler)
        if self._held:
            try:
                signal.signal(signal.SIGINT, self._note)
            except ValueError:  # not in the main thread
                self._held = False
        return self._let_through

    def __exit__(self, *_: object) -> None:
        if self._held:
            signal.signal(signal.SIGINT, self._handler)
            self._let_through()

    def _note(self, number: int, _frame: object) -> None:
        self._noted.append(number)

    def _let_through(self) -> None:
        if self._noted and callable(self._handler):
            self._noted.clear()
            self._handler(signal.SIGINT, None)


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
