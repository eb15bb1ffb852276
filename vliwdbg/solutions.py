"""Python solutions of the public challenge: a file whose KernelBuilder builds the program.

This runs the user's code, in a process and a working folder of its own (`solution_runner`). The
process is watched while it builds, and ends with whoever watches it: it leads a group of processes,
which is killed when the kernel is there, when time is up, and on every error; and it reads from a
pipe that ends when we do, however that happens.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from machine.codec import MAX_BYTES, parse_json, program_of
from machine.errors import ProgramError, TimeLimitError
from machine.isa import SCRATCH_SIZE
from machine.problem import Problem
from machine.program import Program
from vliwdbg.builder_notes import document_of

_RUNNER = Path(__file__).with_name("solution_runner.py")
_VENV = Path(".venv") / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
_SHOWN_LINES = 5
_KEPT = 2**16
"""Bytes of the output that are kept, the last ones."""
_CHUNK = 2**16
_PARTING = 0.5
"""Seconds that a process has for its own clearing up once the kernel is there."""
_LOOK_EVERY = 0.05
"""Seconds between looks at the time and at whether the process is still there."""


@dataclass(frozen=True)
class Solution:
    """A file to build a program from: for which problem, with which interpreter, for how many words
    of scratch, until when.

    `python` None is that of a `.venv` beside the file, or else our own. `deadline` is a time of
    `time.monotonic`. `progress` may raise, which ends the build.
    """

    source: str
    problem: Problem
    python: str | None = None
    scratch_size: int = SCRATCH_SIZE
    deadline: float | None = None
    progress: Callable[[str, float | None], None] | None = None

    def build(self) -> tuple[Program, str]:
        """The kernel that it builds, and the last of what it printed.

        Raises ProgramError where it builds none, TimeLimitError where it takes too long.
        """
        path = Path(os.path.realpath(self.source))
        if not path.is_file():
            what = "is a directory" if path.is_dir() else "no such file"
            raise ProgramError.at(self.source, what)
        interpreter = _interpreter(path, self.python)
        with _started([interpreter.name, "-u", str(_RUNNER), str(path)], self._sizes, path) as run:
            result = self._watch(run)
        told = parse_json(result, self.source)
        program = program_of(document_of(told), path.name, self.scratch_size)
        notes = (*program.notes, *interpreter.notes)
        return replace(program, problem=self.problem, notes=notes), run.output.text()

    @property
    def _sizes(self) -> list[str]:
        layout = self.problem.layout
        sizes = (
            self.scratch_size,
            layout.forest_height,
            layout.n_nodes,
            layout.batch_size,
            layout.rounds,
        )
        return list(map(str, sizes))

    def _watch(self, run: _Run) -> bytes:
        """Read what comes until the kernel is there."""
        began = time.monotonic()
        while not run.complete:
            gone = run.process.poll() is not None
            if not run.read(0 if gone else _LOOK_EVERY) and gone:
                raise ProgramError.at(self.source, _no_kernel(run))
            if len(run.result) > MAX_BYTES:
                raise ProgramError.at(self.source, f"a kernel of more than {MAX_BYTES} bytes")
            now = time.monotonic()
            if self.deadline is not None and now >= self.deadline:
                message = f"still building after {now - began:.1f} s, when its time was up"
                raise TimeLimitError.at(self.source, message)
            if self.progress:
                self.progress(f"{os.path.basename(self.source)}, {now - began:.0f} s", None)
        run.let_end(_PARTING)
        return bytes(run.result)


# The interpreter


class _Interpreter(NamedTuple):
    name: str
    notes: tuple[str, ...] = ()


def _interpreter(source: Path, asked: str | None) -> _Interpreter:
    if asked is not None:
        found = shutil.which(asked)
        if found is None:
            raise ProgramError.at("--python", f"there is no interpreter {asked!r}")
        return _Interpreter(os.path.abspath(found))
    beside = source.parent / _VENV
    if os.access(beside, os.X_OK) and str(beside) != sys.executable:
        note = f"built with {_VENV} beside {source.name}; --python EXE takes another interpreter"
        return _Interpreter(str(beside), (note,))
    return _Interpreter(sys.executable)


# The process


class _Output:
    """The last of what was printed."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._dropped = 0

    def add(self, data: bytes) -> None:
        self._kept += data
        if len(self._kept) > 2 * _KEPT:
            self._dropped += len(self._kept) - _KEPT
            del self._kept[:-_KEPT]

    def text(self) -> str:
        text = self._kept.decode("utf-8", "backslashreplace")
        return f"… {self._dropped} bytes before\n{text}" if self._dropped else text


class _Run:
    """A process that builds, what it has printed, and what it has handed over so far."""

    def __init__(self, process: subprocess.Popen[bytes], result: int, printed: int) -> None:
        self.process = process
        self.output = _Output()
        self.result = bytearray()
        self._selector = selectors.DefaultSelector()
        for pipe, take in ((result, self.result.extend), (printed, self.output.add)):
            os.set_blocking(pipe, False)
            self._selector.register(pipe, selectors.EVENT_READ, take)

    @property
    def complete(self) -> bool:
        """Whether the line of JSON is there."""
        return self.result.endswith(b"\n")

    def read(self, seconds: float) -> bool:
        """Wait so long for output and take it; whether there was any."""
        if not self._selector.get_map():
            time.sleep(seconds)
        found = False
        for key, _ in self._selector.select(seconds):
            if data := os.read(key.fd, _CHUNK):
                key.data(data)
                found = True
            else:
                self._selector.unregister(key.fd)
        return found

    def let_end(self, seconds: float) -> None:
        """Take what is still printed until the process ends, for so long at most."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            self.read(_LOOK_EVERY / 10)
        self.read(0)

    def close(self) -> None:
        self._selector.close()


@contextmanager
def _started(command: Sequence[str], sizes: Sequence[str], source: Path) -> Iterator[_Run]:
    with ExitStack() as pipes:
        result, give_result = _pipe(pipes)
        printed, give_printed = _pipe(pipes)
        lifeline, _held = _pipe(pipes)
        process = subprocess.Popen(
            [*command, str(give_result.fileno()), str(lifeline.fileno()), *sizes],
            cwd=source.parent,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=give_printed,
            stderr=give_printed,
            pass_fds=(give_result.fileno(), lifeline.fileno()),
            process_group=0,
        )
        try:
            give_result.close()
            give_printed.close()
            run = _Run(process, result.fileno(), printed.fileno())
            pipes.callback(run.close)
            yield run
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    reader, writer = os.pipe()
    return stack.enter_context(open(reader, "rb", 0)), stack.enter_context(open(writer, "wb", 0))


def _environment() -> dict[str, str]:
    """Ours, with the folders of PYTHONPATH as they are seen from here."""
    environment = dict(os.environ)
    if paths := environment.get("PYTHONPATH"):
        seen = (os.path.abspath(path) for path in paths.split(os.pathsep) if path)
        environment["PYTHONPATH"] = os.pathsep.join(seen)
    return environment


def _no_kernel(run: _Run) -> str:
    code = run.process.returncode
    how = f"exit code {code}" if code >= 0 else f"ended by {signal.Signals(-code).name}"
    last = "\n".join(run.output.text().splitlines()[-_SHOWN_LINES:])
    return f"it built no kernel ({how})\n{last}".rstrip()
