"""The command line. A first word that is no subcommand is a PROGRAM, which opens the debugger.

stdout carries the answer, stderr the narration.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

ROOT_OPTIONS = frozenset({"-h", "--help", "--version"})
OPEN = "open"


def main(arguments: Sequence[str] | None = None) -> None:
    """The installed command: do what the arguments say and leave with the exit code."""
    from vliwdbg.cli.app import SUBCOMMANDS, app
    from vliwdbg.cli.ends import exit_code_of

    _never_fail_to_print()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] not in SUBCOMMANDS | ROOT_OPTIONS:
        words.insert(0, OPEN)
    code = exit_code_of(
        lambda: app(words, prog_name="vliwdbg", standalone_mode=False),
        words[0],
        as_json="--json" in words,
    )
    sys.exit(code)


def _never_fail_to_print() -> None:
    # Names come from users' files and may hold what a terminal's encoding cannot say.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
