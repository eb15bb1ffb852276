"""Ctrl+C in the middle of a long run: soon heard, and the machine stands between two bundles."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from machine import Program
from machine.machine import NO_LIMIT
from machine.model import Model
from tests.machine.test_core import CORES, picture

ROOT = Path(__file__).parents[2]
SOON = 2.0
"""Seconds: some hundred times what it takes, for machines that do much else."""
FOREVER = 10**15
# Wide bundles, so that one in the middle of which it stops is told by its words.
ENDLESS = Program.from_bundles(
    [
        {"load": [["const", 0, 1], ["const", 1, 3]]},
        {
            "alu": [["+", 0, 0, 1], ["^", 2, 2, 0], ["+", 3, 3, 2]],
            "valu": [["vbroadcast", 8, 0], ["+", 16, 16, 8], ["^", 24, 24, 16]],
            "store": [["vstore", 4, 16]],
        },
        {"alu": [["+", 5, 5, 3]], "flow": [["jump", 1]]},
    ]
)
MEMORY = [0] * 16


@pytest.fixture(params=CORES)
def make(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return CORES[str(request.param)]


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0)


@contextmanager
def ctrl_c_after(seconds: float) -> Iterator[None]:
    """Press it that much later, whatever the main thread then does."""
    timer = threading.Timer(seconds, press_ctrl_c)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def interrupted(job: Callable[[], object], after: float) -> float:
    """Seconds from Ctrl+C in the middle of a job to the exception out of it."""
    began = time.monotonic()
    try:
        with ctrl_c_after(after):
            job()
    except KeyboardInterrupt:
        return time.monotonic() - began - after
    pytest.fail("it came back by itself")


def fresh(make: Callable[..., Any], position: int) -> Any:
    core = make(ENDLESS, MEMORY, count=True)
    core.run(position)
    return core


@pytest.mark.parametrize("history", [0, 100, NO_LIMIT])
def test_a_run_ends_between_two_bundles(make: Callable[..., Any], history: int) -> None:
    core = make(ENDLESS, MEMORY, history=history, count=True)
    for milliseconds in (0, 10, 30, 1, 17, 5):
        before = core.position
        assert interrupted(lambda: core.run(FOREVER), milliseconds / 1000) < SOON
        assert core.position >= before
        assert picture(core) == picture(fresh(make, core.position))
    here = picture(core)
    assert core.run(1000).position == here.position + 1000
    core.run(1)
    assert core.undo() is not None
    assert picture(core) == picture(fresh(make, here.position + 1000))


def test_a_run_where_memory_is_flagged(make: Callable[..., Any]) -> None:
    core = make(ENDLESS, MEMORY, history=NO_LIMIT, count=True)
    core.memory_flags[15] = 1
    assert interrupted(lambda: core.run(FOREVER), 0.05) < SOON
    assert picture(core) == picture(fresh(make, core.position))


def test_going_forth(make: Callable[..., Any]) -> None:
    core = make(ENDLESS, MEMORY, history=NO_LIMIT, count=True)
    for go in (core.seek, core.seek_cycle):
        assert interrupted(lambda go=go: go(FOREVER), 0.05) < SOON
        assert picture(core) == picture(fresh(make, core.position))
        assert core.seek(1000).position == 1000
        assert picture(core) == picture(fresh(make, 1000))


def test_going_to_and_fro(make: Callable[..., Any]) -> None:
    """Again and again, so that Ctrl+C comes on the way."""
    core = make(ENDLESS, MEMORY, history=NO_LIMIT, count=True)
    core.run(20_000)

    def go() -> None:
        while core.seek(100).position < core.seek(19_000).position:
            core.last_commit()

    assert interrupted(go, 0.05) < SOON
    assert picture(core) == picture(fresh(make, core.position))


def test_a_handler_that_raises_nothing_is_heard_and_the_run_goes_on(
    make: Callable[..., Any],
) -> None:
    core = make(ENDLESS, MEMORY, history=NO_LIMIT, count=True)
    bundles = 50_000 if isinstance(core.core, Model) else 10_000_000
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(core.position))
    try:
        with ctrl_c_after(0.02):
            stop = core.run(bundles)
    finally:
        signal.signal(signal.SIGINT, before)
    assert stop.position == core.position == bundles
    (position,) = heard
    assert 0 < position < bundles
    assert picture(core) == picture(fresh(make, core.position))


def test_in_another_thread_nothing_is_heard_and_nothing_breaks(make: Callable[..., Any]) -> None:
    core = make(ENDLESS, MEMORY, history=NO_LIMIT, count=True)
    thread = threading.Thread(target=lambda: core.run(FOREVER))
    thread.start()
    while core.position < 1000:
        time.sleep(0.001)
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c()
    assert thread.is_alive()
    core.interrupt()
    thread.join(SOON)
    assert not thread.is_alive()
    assert picture(core) == picture(fresh(make, core.position))


SCRIPT = """
import sys
from machine import Machine
from tests.machine.test_interrupts import ENDLESS, MEMORY
machine = Machine(ENDLESS, MEMORY, core=sys.argv[1])
print("runs", flush=True)
try:
    machine.run()
except KeyboardInterrupt:
    again = Machine(ENDLESS, MEMORY, core=sys.argv[1])
    again.run(machine.position)
    print(machine.position > 0, again.core.checkpoint() == machine.core.checkpoint())
"""


@pytest.mark.parametrize("core", CORES)
def test_a_process_of_its_own(core: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, core],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "runs\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "True True\n")
