"""What holds for every test: signals are heard, and nothing waits for ever."""

import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

PATIENCE = 180
"""Seconds that a test may take, many times what any needs."""
SOAK_PATIENCE = 7200

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in whatever a script starts with `&`
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # nohup
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


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
