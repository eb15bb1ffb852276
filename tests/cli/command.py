"""The installed command in a process of its own, as a script calls it; and programs for it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

COMMAND = Path(sys.executable).with_name("vliwdbg")
PATIENCE = 60
_FROM_OUTSIDE = ("PYTHON", "NO_COLOR", "FORCE_COLOR", "VLIWDBG", "LC_", "TERM")


@dataclass(frozen=True)
class Ended:
    """What came of a command: its exit code, all it printed, and how long it took."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        (line,) = self.out.splitlines()
        return json.loads(line)


@dataclass(frozen=True)
class Command:
    """Calls the command from a folder of its own."""

    folder: Path

    def __call__(
        self,
        *words: str | bytes,
        stdin: bytes | IO[bytes] | int = b"",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        **streams: Any,
    ) -> Ended:
        began = time.monotonic()
        piped = stdin if isinstance(stdin, bytes) else None
        source = stdin if piped is None else subprocess.PIPE
        process = self.start(*words, cwd=cwd, env=env, stdin=source, **streams)
        try:
            out, err = process.communicate(piped, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        seconds = time.monotonic() - began
        return Ended(process.returncode, _text(out), _text(err), seconds)

    def start(
        self,
        *words: str | bytes,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        **streams: Any,
    ) -> "subprocess.Popen[bytes]":
        """The command, begun; Ctrl+C reaches it even where the tests run in the background."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(_FROM_OUTSIDE)}
        usual: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": _heed}
        return subprocess.Popen(
            [COMMAND, *words],
            cwd=cwd or self.folder,
            env=own | dict(env or {}),
            **(usual | streams),
        )

    def file(self, content: Any, name: str = "program.json") -> str:
        """The name of a new file in the folder: of bytes, of text, or of a value as JSON."""
        if not isinstance(content, bytes):
            text = content if isinstance(content, str) else json.dumps(content)
            content = text.encode("utf-8", "surrogatepass")
        (self.folder / name).write_bytes(content)
        return name


def _heed() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "backslashreplace")


# --- programs -------------------------------------------------------------------------------------

Bundles = list[dict[str, list[list[Any]]]]

ALU: Bundles = [{"alu": [["+", 0, 0, 0]]}]
ENDLESS: Bundles = [{"flow": [["jump", 0]]}]
FAULT: Bundles = [*ALU, *ALU, {"alu": [["//", 1, 2, 3]]}]


def stores(words: Mapping[int, int]) -> Bundles:
    """A program that stores these words, by address, in two cycles each."""
    bundles: Bundles = []
    for address, word in words.items():
        bundles += [
            {"load": [["const", 0, address], ["const", 1, word]]},
            {"store": [["store", 0, 1]]},
        ]
    return bundles


def unchecked(bundles: Bundles, **fields: Any) -> dict[str, Any]:
    """A program that brings memory and says nothing of what its result should be."""
    return {"bundles": bundles, "memory": [0] * 16, **fields}
