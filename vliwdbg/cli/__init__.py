"""The command line. A first word that is no subcommand is a PROGRAM, which opens the debugger.

stdout carries the answer, stderr the narration.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence

_FIRST_LOOK = 100_000
"""Objects after which Python looks for garbage. To start and run a program makes half of them."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The installed command: do what the arguments say and leave with the exit code."""
    gc.set_threshold(_FIRST_LOOK)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _exit_code(words)
    except KeyboardInterrupt:  # before anything began, or after all was done
        code = 130
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is left that it could interrupt
    gc.freeze()  # or Python would look through all objects once more before it ends
    sys.exit(code)


def _exit_code(words: Sequence[str]) -> int:
    from vliwdbg.cli.app import FIRST_WORDS, OPEN, SUBCOMMANDS, complete, do
    from vliwdbg.cli.exit_codes import USAGE, exit_code_of
    from vliwdbg.cli.parameters import ASKED_BY_SHELL
    from vliwdbg.cli.streams import flush, prepare, print_err

    prepare()
    if ASKED_BY_SHELL in os.environ:
        return exit_code_of(complete, "completion")
    opens = not words or words[0] not in FIRST_WORDS
    typed = [OPEN, *words] if opens else words
    code = exit_code_of(
        lambda: do(typed),
        "run" if opens else words[0],
        as_json="--json" in words,
        silent=_counted("-q", words) + words.count("--quiet") > 1,
    )
    if code == USAGE and opens and _looks_like_subcommand(words):
        print_err(f"{words[0]} is no subcommand either; there are {', '.join(sorted(SUBCOMMANDS))}")
    flush()
    return code


def _counted(option: str, words: Sequence[str]) -> int:
    """How often a short option is given: `-qq` is twice `-q`."""
    return sum(len(word) - 1 for word in words if word.rstrip(option[1]) == "-")


def _looks_like_subcommand(words: Sequence[str]) -> bool:
    return bool(words) and words[0].isalpha() and not os.path.exists(words[0])
