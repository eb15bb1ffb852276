"""Python solutions of the public challenge: a file whose KernelBuilder builds the program.

This runs the user's code, in a process and a working folder of its own (`solution_runner`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from machine.codec import program_of, read_json
from machine.errors import ProgramError
from machine.problem import Problem
from machine.program import Program

_RUNNER = Path(__file__).with_name("solution_runner.py")
_SHOWN_LINES = 5


def run_solution(source: str, problem: Problem) -> tuple[Program, str]:
    """Run a Python file in its own folder: the kernel that it builds, and all it printed.

    Raises ProgramError where it builds none.
    """
    path = Path(os.path.realpath(source))
    if not path.is_file():
        raise ProgramError.at(source, "is a directory" if path.is_dir() else "no such file")
    layout = problem.layout
    sizes = (layout.forest_height, layout.n_nodes, layout.batch_size, layout.rounds)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "program.json"
        command = [sys.executable, str(_RUNNER), str(path), str(out), *map(str, sizes)]
        done = subprocess.run(
            command,
            cwd=path.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
        )
        printed = done.stdout + done.stderr
        if done.returncode or not out.exists():
            last = "\n".join(printed.splitlines()[-_SHOWN_LINES:])
            message = f"it built no kernel (exit code {done.returncode})\n{last}".rstrip()
            raise ProgramError.at(source, message)
        program = program_of(read_json(str(out)), name=path.name)
    return replace(program, problem=problem), printed
