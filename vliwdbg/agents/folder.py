"""The one folder whose files an agent may name."""

from __future__ import annotations

import os
from dataclasses import dataclass

from machine.errors import ProgramError, quoted
from vliwdbg.commands.files import STDOUT, Files
from vliwdbg.programs import DEFAULT, Choice


@dataclass(frozen=True)
class Folder(Files):
    """A folder, and whether Python files in it may be run.

    Links that lead out of it are refused, also where what they lead to does not exist yet, and so
    is what is no file: a pipe could be waited for until the end of days.
    """

    root: str
    allow_python: bool = False

    def place(self, name: str) -> str:
        """The path of a file in it, as it is seen from the current folder."""
        if "\0" in name:
            raise ProgramError.at(quoted(name), "no file has a NUL in its name")
        root = os.path.realpath(self.root)
        path = os.path.realpath(os.path.join(root, name))
        if os.path.commonpath((root, path)) != root:
            raise ProgramError.at(quoted(name), "is outside the folder that this was started for")
        if os.path.exists(path) and not os.path.isfile(path):
            raise ProgramError.at(quoted(name), "is no file")
        seen = os.path.relpath(path)
        return seen if seen != STDOUT else os.path.join(os.curdir, seen)

    def choice(self, program: str) -> Choice:
        """What a program is: a file in it, or `default`, which is built each time: what the user
        keeps of it lies elsewhere."""
        if program == DEFAULT:
            return Choice(kept=False)
        choice = Choice(self.place(program))
        if choice.is_python and not self.allow_python:
            raise ProgramError.at(
                quoted(program), "is a Python file; they are run with --allow-python alone"
            )
        return choice
