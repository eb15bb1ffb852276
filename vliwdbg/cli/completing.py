"""What could come next on a shell's command line: names of kernels, passes, tags, words, rules.

Files are completed by the shell itself, wherever nothing here has a candidate.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from vliwdbg.cli.parameters import ASKED_BY_SHELL
from vliwdbg.programs import Choice, load


class Asked(NamedTuple):
    """A line so far: its values by the name of their parameters, and the word to be completed."""

    values: Mapping[str, Any]
    word: str


def candidates(kind: str, asked: Asked) -> list[str]:
    """What the word may become, in order; empty too where the program cannot be read."""
    from kernels.errors import BuildError
    from machine.errors import ProgramError

    try:
        found = [text for text in _KINDS[kind](asked) if text.startswith(asked.word)]
    except (ProgramError, BuildError):
        return []
    return [_for_shell(text, asked.word) for text in dict.fromkeys(found)]


def _for_shell(text: str, word: str) -> str:
    # Bash takes candidates as if they were typed; other shells put quotes around what needs them.
    if not os.environ.get(ASKED_BY_SHELL, "").endswith("bash") or _is_quoted(word):
        return text
    return re.sub(r"([ '])", r"\\\1", text)


def _is_quoted(word: str) -> bool:
    """Whether the word that bash completes began with a quote, which it then ends itself."""
    before = os.environ.get("COMP_WORDS", "").removesuffix(word)
    return before.endswith(('"', "'"))


def _kernels(_: Asked) -> Iterable[str]:
    from kernels.catalog import KERNELS

    return KERNELS


def _schedulers(_: Asked) -> Iterable[str]:
    from kernels.catalog import SCHEDULERS

    return SCHEDULERS


def _techniques(asked: Asked) -> Iterable[str]:
    from kernels.ablation import techniques
    from kernels.vectors import STEPS

    return STEPS if asked.values.get("kernel") == "vectors" else techniques()


def _settings(_: Asked) -> Iterable[str]:
    from kernels.plan import SETTINGS
    from kernels.schedule.stored import FILE

    return (f"{name}=" for name in (*SETTINGS, FILE))


def _rules(_: Asked) -> Iterable[str]:
    from vliwdbg.inspect.lint import RULES

    return RULES


def _keys(_: Asked) -> Iterable[str]:
    from vliwdbg.tui.settings import SETTINGS

    return SETTINGS


def _values(asked: Asked) -> Iterable[str]:
    from vliwdbg.tui.settings import SETTINGS

    key = str(asked.values.get("key"))
    return SETTINGS[key].choices if key in SETTINGS else ()


def _in_session(kind: str) -> Callable[[Asked], Iterable[str]]:
    """What the debugger itself completes, in a session on the line's program."""

    def found(asked: Asked) -> Iterable[str]:
        from vliwdbg.commands.completion import COMPLETERS, complete
        from vliwdbg.commands.console import Console
        from vliwdbg.session.session import Session

        choice = Choice(asked.values.get("program"))
        if choice.is_python:  # a look at the line runs nobody's code
            return ()
        loaded = load(choice)
        console = Console(Session(loaded.program, loaded.memory))
        return complete(console, asked.word) if kind == "line" else COMPLETERS[kind](console)

    return found


_KINDS: Mapping[str, Callable[[Asked], Iterable[str]]] = {
    "kernel": _kernels,
    "scheduler": _schedulers,
    "technique": _techniques,
    "setting": _settings,
    "rule": _rules,
    "key": _keys,
    "value": _values,
    "location": _in_session("location"),
    "place": _in_session("place"),
    "line": _in_session("line"),
}
