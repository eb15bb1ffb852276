"""Signals at any moment, on a terminal of our own: it is as usable afterwards as it was before."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.tui.driving import small_program

INSTALLED = str(Path(sys.executable).with_name("vliwdbg"))
PATIENCE = 60
PYTHON_INTERRUPTED = 1 << 8
"""The status of Python where Ctrl+C comes while it starts."""
MODES = {"1049": "l", "25": "h", "1000": "l", "1003": "l", "1006": "l", "2004": "l", "1004": "l"}
"""What each mode has to be set to last, if ever: no other screen, a cursor, no mouse, no paste."""


class Debugger:
    """The installed program in a terminal; what it has written so far is `written`."""

    def __init__(self, *words: str, home: Path, command: Sequence[str] = (INSTALLED,)) -> None:
        self.written = b""
        self._status: int | None = None
        self.terminal, self._other_end = pty.openpty()
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.attributes = termios.tcgetattr(self._other_end)
        self.attributes[0] &= ~termios.IXON  # so that a late Ctrl+S holds up nothing it has to say
        termios.tcsetattr(self._other_end, termios.TCSANOW, self.attributes)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which would end the test itself
        self.pid = os.fork()
        if self.pid == 0:
            os.login_tty(self._other_end)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            env = os.environ | {"TERM": "xterm-256color", "HOME": str(home)}
            os.execve(command[0], [*command, *words], env)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def look(self, seconds: float) -> None:
        """Take what it writes for so long, and all that it has written by then."""
        until = time.monotonic() + seconds
        while select.select([self.terminal], [], [], max(0, until - time.monotonic()))[0]:
            self.written += os.read(self.terminal, 65536)

    def wait_for(self, text: bytes) -> None:
        until = time.monotonic() + PATIENCE
        while text not in self.written:
            assert time.monotonic() < until, self.written[-2000:]
            self.look(0.05)

    def press(self, keys: bytes) -> None:
        """Type, as far as there is room for what is not yet read, and anybody to read it."""
        until = time.monotonic() + PATIENCE
        while keys and time.monotonic() < until and not self.has_ended():
            if select.select([], [self.terminal], [], 0.1)[1]:
                keys = keys[os.write(self.terminal, keys[:1000]) :]
            self.look(0)

    def has_ended(self) -> bool:
        if self.pid:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid, self._status = 0, status
                self.look(0.05)
        return not self.pid

    def end(self) -> int:
        """Its wait status, once it has ended."""
        until = time.monotonic() + PATIENCE
        while not self.has_ended():
            assert time.monotonic() < until, "it did not end"
            self.look(0.02)
        assert self._status is not None
        return self._status

    def assert_given_back(self) -> None:
        assert termios.tcgetattr(self._other_end) == self.attributes
        last = dict(re.findall(r"\x1b\[\?(\d+)([hl])", self.written.decode("utf-8", "replace")))
        assert {mode: last.get(mode, off) for mode, off in MODES.items()} == MODES

    def close(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._other_end)
        os.close(self.terminal)


@contextmanager
def debugger(folder: Path) -> Iterator[Debugger]:
    program = folder / "program.json"
    program.write_text(small_program_text())
    opened = Debugger(str(program), home=folder)
    try:
        yield opened
    finally:
        opened.close()


def small_program_text() -> str:
    return json.dumps({"bundles": list(small_program().written()), "memory": []})


def ended_by(status: int) -> int:
    """The number of the signal that ended it, also where an exit code says so."""
    code = os.waitstatus_to_exitcode(status)
    return -code if code < 0 else code - 128


@pytest.mark.parametrize("rounds", [1, pytest.param(100, marks=pytest.mark.soak)])
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT"])
def test_a_signal_gives_the_terminal_back(tmp_path: Path, number: str, rounds: int) -> None:
    """Once the screen is there, and at any moment of the start."""
    random = Random(number)
    for round_ in range(rounds):
        with debugger(tmp_path) as opened:
            if round_ % 2 == 0:
                opened.wait_for(b"ready")
            opened.look(random.uniform(0, 0.8))
            os.kill(opened.pid, getattr(signal, number))
            status = opened.end()
            if (
                number == "SIGINT"
                and b"vliwdbg/cli" not in opened.written
                and status == PYTHON_INTERRUPTED
            ):
                continue  # before anything of ours had begun
            assert ended_by(status) == getattr(signal, number), opened.written[-2000:]
            opened.assert_given_back()


@pytest.mark.parametrize("rounds", [2, pytest.param(100, marks=pytest.mark.soak)])
def test_ctrl_c_while_it_leaves_tells_no_tale(tmp_path: Path, rounds: int) -> None:
    """As often as a hand on the keyboard could, from the last key to the end."""
    for _ in range(rounds):
        with debugger(tmp_path) as opened:
            opened.wait_for(b"ready")
            opened.written = b""
            opened.press(b"q")
            while not opened.has_ended():
                opened.press(b"\x03")
                opened.look(0.002)
            left = opened.written[opened.written.rfind(b"\x1b[?1049l") :]
            assert b"Traceback" not in left, left
            assert os.waitstatus_to_exitcode(opened.end()) in (0, -signal.SIGINT, 130), left
            opened.assert_given_back()


INTERRUPTED_AS_IT_LEAVES = """
import os, signal
from vliwdbg.tui.driver import TerminalDriver
from vliwdbg.cli import main

stop = TerminalDriver.stop_application_mode

def stop_and_interrupt(driver):
    stop(driver)
    os.kill(os.getpid(), signal.SIGINT)

TerminalDriver.stop_application_mode = stop_and_interrupt
main()
"""


def test_a_signal_before_all_is_written_waits_for_it(tmp_path: Path) -> None:
    program = tmp_path / "program.json"
    program.write_text(small_program_text())
    command = (sys.executable, "-c", INTERRUPTED_AS_IT_LEAVES)
    opened = Debugger(str(program), home=tmp_path, command=command)
    try:
        opened.wait_for(b"ready")
        opened.press(b"q")
        assert ended_by(opened.end()) == signal.SIGINT
        opened.assert_given_back()
    finally:
        opened.close()


def test_ctrl_z_suspends_and_it_goes_on(tmp_path: Path) -> None:
    with debugger(tmp_path) as opened:
        opened.wait_for(b"ready")
        opened.press(b"\x1a")
        until = time.monotonic() + PATIENCE
        while os.waitpid(opened.pid, os.WUNTRACED | os.WNOHANG)[0] == 0:
            assert time.monotonic() < until
            opened.look(0.02)
        opened.assert_given_back()
        opened.written = b""
        os.kill(opened.pid, signal.SIGCONT)
        opened.wait_for(b"\x1b[?1049h")
        opened.wait_for(b"ready")
        opened.press(b"q")
        assert opened.end() == 0
        opened.assert_given_back()


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    with debugger(tmp_path) as opened:
        opened.wait_for(b"ready")
        opened.press(b"\xe9\xff\x80\xc3")
        opened.look(0.3)
        opened.press(b"s")
        opened.wait_for(b"cycle 1")
        opened.press(b"q")
        assert opened.end() == 0
        opened.assert_given_back()
