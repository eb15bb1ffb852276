"""Where an option says that a result goes: a file, or `-` for standard output."""

from __future__ import annotations

from vliwdbg import files
from vliwdbg.cli.load_options import verify_named
from vliwdbg.cli.streams import print_out

STDOUT = "-"


def verify_output(option: str, file: str | None) -> None:
    """Raise ProgramError or UsageError where a result would have no place to go."""
    verify_named(option, file)
    if file is not None and file != STDOUT:
        files.verify_writable(file)


def write_output(file: str, text: str) -> None:
    """Write a result. Raises ProgramError where it cannot be written."""
    if file == STDOUT:
        print_out(text, end="")
    else:
        files.write_text(file, text)
