"""The server of tools for agents at its wire: bytes in, lines of JSON out."""

import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from tests.cli.command import COMMAND

PATIENCE = 120
VERSION = "2025-06-18"
CLIENT = {"name": "wire", "version": "1"}
HELLO = {
    "jsonrpc": "2.0",
    "id": "hello",
    "method": "initialize",
    "params": {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": CLIENT},
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def request(number: Any, method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


class Wire:
    """A process of the server, and the lines that it has written."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "mcp", *options],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.lines: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)  # a line at a time, as they come

    def send(self, message: Any) -> None:
        """Send a message, or bytes as they are, as a line."""
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(data + b"\n")
        self.process.stdin.flush()

    def answer(self, number: Any) -> dict[str, Any]:
        """The answer to a request, when it comes."""
        wanted, seen = json.dumps(number).encode(), 0
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            lines = self.lines[seen:]
            seen += len(lines)
            for line in lines:
                if wanted in line and (told := json.loads(line)).get("id") == number:
                    return dict(told)
            time.sleep(0.001)
        raise AssertionError(f"no answer to {number}; {self.process.poll()}")

    def greet(self) -> None:
        """What every client says first."""
        self.send(HELLO)
        self.answer("hello")
        self.send(READY)

    def end(self) -> int:
        """Hang up; the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self._reader.join(PATIENCE)
