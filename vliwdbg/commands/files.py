"""Files that commands name: how their names are written, what is read, how it is written.

dump memory "my words.json" 0:8     quotes for a name with spaces, where something follows it
save breakpoints ~/stops.gdb        ~ is the home folder, but not within quotes
dump scratch -                      standard output
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from vliwdbg.files import write_text
from vliwdbg.programs import Choice
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import unquoted

STDOUT = "-"
_QUOTED = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')(?:\s+|$)""")


class Files:
    """The files that commands may name, which are all; commands have no other way to a file. A face
    that lets nobody out of a folder overrides `place` and `choice`."""

    def place(self, name: str) -> str:
        """Where a file is. Raises ProgramError for one that may not be named."""
        return name

    def choice(self, program: str) -> Choice:
        """What a PROGRAM is. Raises ProgramError for one that may not be named."""
        return Choice(self.place(program))

    def named(self, text: str) -> str:
        """The file that all of a text names, `-` itself. Raises DebuggerError, ProgramError."""
        return self._at(name_of(text))

    def first(self, text: str) -> tuple[str, str]:
        """The file that a text names first, and the rest. Raises DebuggerError, ProgramError."""
        name, rest = name_first(text)
        return self._at(name) if name else "", rest

    def _at(self, name: str) -> str:
        return name if name == STDOUT else self.place(name)


def name_first(text: str) -> tuple[str, str]:
    """The name that a text begins with, without quotes, and the rest. Raises DebuggerError."""
    quoted = _QUOTED.match(text)
    if quoted:
        return _verified(unquoted(quoted.group(1))), text[quoted.end() :].strip()
    name, _, rest = text.partition(" ")
    return _verified(os.path.expanduser(name)), rest.strip()


def names_in(text: str) -> Iterator[str]:
    """Each name in a text, without quotes. Raises DebuggerError."""
    while text:
        name, text = name_first(text)
        yield name


def name_of(text: str) -> str:
    """The name that all of a text is, without quotes. Raises DebuggerError."""
    quoted = _QUOTED.fullmatch(text.strip())
    return _verified(unquoted(quoted.group(1)) if quoted else os.path.expanduser(text.strip()))


def _verified(name: str) -> str:
    if "\0" in name:
        raise DebuggerError("No file has a NUL in its name.")
    return name


def write(file: str, text: str) -> bool:
    """Write a file whole or not at all; False for standard output, where the reply is the text.

    Raises ProgramError.
    """
    if file == STDOUT:
        return False
    write_text(file, text)
    return True
