"""Files that commands name: how their names are written, what is read, how it is written.

dump memory "my words.json" 0:8     quotes for a name with spaces, where something follows it
save breakpoints ~/stops.gdb        ~ is the home folder, but not within quotes
dump scratch -                      standard output
"""

from __future__ import annotations

import os
import re

from vliwdbg.files import write_text
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import unquoted

STDOUT = "-"
_QUOTED = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')(?:\s+|$)""")


def file_named(text: str) -> str:
    """The file that all of a text names. Raises DebuggerError."""
    quoted = _QUOTED.fullmatch(text.strip())
    return _verified(unquoted(quoted.group(1)) if quoted else os.path.expanduser(text.strip()))


def file_first(text: str) -> tuple[str, str]:
    """The file that a text names first, and the rest. Raises DebuggerError."""
    quoted = _QUOTED.match(text)
    if quoted:
        return _verified(unquoted(quoted.group(1))), text[quoted.end() :].strip()
    name, _, rest = text.partition(" ")
    return _verified(os.path.expanduser(name)), rest.strip()


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
