"""What holds for every test: signals are heard, and nothing waits for ever."""

import gc
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

PATIENCE = 180
"""Seconds that a test may take, many times what any needs."""
SOAK_PATIENCE = 7200

# What a script starts with `&` ignores SIGINT and SIGQUIT, what nohup starts SIGHUP too; so would
# all that a test starts.
_HEARD: dict[str, Any] = {
    "SIGINT": signal.default_int_handler,
    "SIGQUIT": signal.SIG_DFL,
    "SIGHUP": signal.SIG_DFL,
}
for name in _HEARD.keys() & signal.Signals.__members__.keys():
    if signal.getsignal(signal.Signals[name]) is signal.SIG_IGN:
        signal.signal(signal.Signals[name], _HEARD[name])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are CPUs, as some tests wait for other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never among what was collected, which lives to the end: with ten
    thousand tests to look through, it is an eighth of the time they take."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


@pytest.fixture(autouse=True)
def no_test_waits_for_ever(request: pytest.FixtureRequest) -> Iterator[None]:
    """End a test that hangs, with the place where it does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seconds = SOAK_PATIENCE if request.node.get_closest_marker("soak") else PATIENCE

    def end(_: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
