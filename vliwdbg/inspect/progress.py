"""How far the work on a question has come, told to whoever wants to know from wherever it is done.

    with told_to(listener):
        questions.lint()

    for op in parts_of("slots", range(count)):      within the work
        ...

The listener gets what is being done and which part of it is over, None where nobody knows. What it
raises ends the work; work that means something unfinished catches ENDED and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import TypeVar

from vliwdbg.programs import Progress
from vliwdbg.session.errors import EndedByUserError

T = TypeVar("T")
AT_ONCE = 20_000
"""Items between two words of progress: some hundredths of a second."""
ENDED = (KeyboardInterrupt, EndedByUserError)
"""What ends work from outside."""
_listener: ContextVar[Progress | None] = ContextVar("listener", default=None)


@contextmanager
def told_to(listener: Progress | None) -> Iterator[None]:
    """While it lasts, work of this thread is told to a listener."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(what: str, part: float | None = None) -> None:
    """Say what is being done. Raises what the listener raises."""
    listener = _listener.get()
    if listener is not None:
        listener(what, part)


def parts_of(what: str, items: Sequence[T], at_once: int = AT_ONCE) -> Iterator[T]:
    """The items, in order; now and then it is told how many of them are over."""
    return chain.from_iterable(_parts(what, items, at_once))


def _parts(what: str, items: Sequence[T], at_once: int) -> Iterator[Sequence[T]]:
    for first in range(0, len(items), at_once):
        tell(what, first / len(items))
        yield items[first : first + at_once]
