"""The one folder whose files an agent may name."""

from __future__ import annotations

import os
from dataclasses import dataclass

from kernels.catalog import DEFAULT_KERNEL
from machine.errors import ProgramError, quoted
from vliwdbg.programs import DEFAULT, Choice


@dataclass(frozen=True)
class Folder:
    """A folder, and whether Python files in it may be run. Links that lead out of it are refused,
    also where what they lead to does not exist yet."""

    root: str
    allow_python: bool = False

    def file(self, name: str) -> str:
        """The path of a file in it. Raises ProgramError for any other."""
        if "\0" in name:
            raise ProgramError.at(quoted(name), "no file has a NUL in its name")
        root = os.path.realpath(self.root)
        path = os.path.realpath(os.path.join(root, name))
        if os.path.commonpath((root, path)) != root:
            raise ProgramError.at(quoted(name), "is outside the folder that this was started for")
        return path

    def choice(self, program: str) -> Choice:
        """What a program of a tool is. Raises ProgramError."""
        if program == DEFAULT:
            return Choice(kernel=DEFAULT_KERNEL)  # not the kept one, which lies elsewhere
        path = self.file(program)
        choice = Choice(path)
        if choice.is_python and not self.allow_python:
            raise ProgramError.at(
                quoted(program), "is a Python file; they are run with --allow-python alone"
            )
        return choice
