"""The files that a subcommand writes: whole or not at all, and tried before the work begins."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from io import StringIO

from machine.errors import ProgramError
from vliwdbg.cli.choosing import verify_named
from vliwdbg.cli.streams import answer
from vliwdbg.runner import Outcome

STDOUT = "-"


def verify_writable(option: str, file: str | None) -> None:
    """Find out before a long run, not after it, that its result has no place to go."""
    verify_named(option, file)
    if file is None or file == STDOUT:
        return
    folder = os.path.dirname(os.path.abspath(file))
    if os.path.isdir(file):
        raise ProgramError.at(file, "is a folder, not a file to write")
    if not os.path.isdir(folder):
        raise ProgramError.at(file, "its folder does not exist")
    needed = {file} if os.path.exists(file) else {folder}
    if _replaces(file):
        needed.add(folder)
    if not all(os.access(place, os.W_OK) for place in needed):
        raise ProgramError.at(file, "cannot be written")


def write_words(file: str | None, words: Sequence[int]) -> None:
    """Write words as a JSON list, where a file is named."""
    if file is not None:
        write(file, json.dumps(list(words)) + "\n")


def write_trace(file: str | None, outcome: Outcome) -> None:
    """Write the trace of a run for Perfetto, where a file is named."""
    if file is None:
        return
    from machine.trace import write_run

    loaded, text = outcome.loaded, StringIO()
    write_run(text, loaded.program, loaded.memory, outcome.stop.position)
    write(file, text.getvalue())


def write(file: str, text: str) -> None:
    """Write a file whole or not at all; `-` is standard output."""
    if file == STDOUT:
        answer(text, end="")
        return
    unfinished = f"{file}.{os.getpid()}.tmp" if _replaces(file) else file
    try:
        with open(unfinished, "w", encoding="utf-8") as stream:
            stream.write(text)
        if unfinished != file:
            os.replace(unfinished, file)
    except BrokenPipeError:  # whoever reads there has had enough
        return
    except OSError as error:
        raise ProgramError.at(file, (error.strerror or str(error)).lower()) from None
    finally:
        if unfinished != file and os.path.exists(unfinished):
            os.unlink(unfinished)


def _replaces(file: str) -> bool:
    """Whether a file is written beside its place first; not so a link, a pipe or a device."""
    return not os.path.lexists(file) or (os.path.isfile(file) and not os.path.islink(file))
