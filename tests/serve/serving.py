"""A server of the debugger in a process of its own, and the processes of its visitors."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.cli.command import COMMAND

PATIENCE = 30
"""Seconds, on a machine that does much else."""
ESCAPES = re.compile(r"\x1b\[[0-9;?<>=]*[a-zA-Z$]+")


class Served:
    """The server's process and the address that it printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.address = process.stdout.readline().strip()
        self.base = self.address.partition("?")[0].rstrip("/")

    def visitors(self) -> list[int]:
        """The processes that show the debugger now."""
        pid = self.process.pid
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def wait_for_visitors(self, number: int) -> list[int]:
        """Their processes, once there are so many."""
        wait_until(lambda: len(self.visitors()) == number)
        return self.visitors()

    def alive(self) -> bool:
        return self.process.poll() is None


@contextlib.contextmanager
def serving(folder: Path, *words: str) -> Iterator[Served]:
    """A server of a small program, ended afterwards."""
    bundles = [{"load": [["const", n, n]]} for n in range(5)]
    program = folder / "five.json"
    program.write_text(json.dumps({"bundles": bundles, "memory": [0] * 16}))
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("COLUMNS", "LINES"))}
    with subprocess.Popen(
        [COMMAND, "serve", str(program), "--port", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment | {name: str(folder) for name in ("HOME", "XDG_STATE_HOME")},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        try:
            yield Served(process)
        finally:
            process.kill()


def wait_until(done: Callable[[], Any]) -> Any:
    """What is told, once it is true."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if told := done():
            return told
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def running(pid: int) -> bool:
    """Whether a process is there, and no mere remainder of one."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def drawn(data: bytes) -> str:
    """What a debugger drew, without what steers the terminal."""
    return ESCAPES.sub("", data.decode("utf-8", "replace"))
