"""Ctrl+C at the right moment: noted when it comes, acted upon when nothing is half done.

Two manners. Long work that can be ended asks now and then (`asked_interrupts`). A state that is
changing must not be left by an exception (`deferred_sigint`). In other threads than the main one,
where Ctrl+C does not come, neither does anything.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Noted:
    """Each Ctrl+C is noted and nothing else, from `hold` to `release`."""

    # Written out, as its heir is, because every run of a machine waits for it.
    def __init__(self) -> None:
        self.noted: list[int] = []
        self.before = signal.getsignal(signal.SIGINT)
        self._held = False

    def hold(self) -> None:
        try:
            signal.signal(signal.SIGINT, self._note)
            self._held = True
        except ValueError:  # not in the main thread
            pass

    def release(self) -> None:
        if self._held:
            # None stands for a handler that Python did not set, and cannot set again.
            signal.signal(signal.SIGINT, signal.SIG_DFL if self.before is None else self.before)

    def _note(self, number: int, _frame: object) -> None:
        self.noted.append(number)


@contextmanager
def asked_interrupts() -> Iterator[Callable[[], bool]]:
    """While it lasts, Ctrl+C raises nothing; calling what is given tells whether it came."""
    interrupts = _Noted()
    interrupts.hold()
    try:
        yield lambda: bool(interrupts.noted)
    finally:
        interrupts.release()


class deferred_sigint(_Noted):  # noqa: N801  # a context manager, called as a function would be
    """While it lasts Ctrl+C waits. Calling what is given lets it through, as does the end.

    Either calls the handler of before, which may raise. Where no Python function handles it,
    nothing is held back.
    """

    def __enter__(self) -> Callable[[], None]:
        if callable(self.before):
            self.hold()
        return self._let_through

    def __exit__(self, *_: object) -> None:
        self.release()
        self._let_through()

    def _let_through(self) -> None:
        if self.noted and callable(self.before):
            self.noted.clear()
            self.before(signal.SIGINT, None)
