"""What any command may answer: nothing, a refusal, help, the end of it all."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.errors import BuildError
from machine.errors import SHOWN, Complaint, ProgramError
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import View

Refusal = DebuggerError | BuildError | ProgramError | OSError
"""The exceptions that are the user's to mend."""


@dataclass(frozen=True)
class Nothing(View, kind="nothing"):
    """There is nothing to say."""


@dataclass(frozen=True)
class Refused(View, kind="refused"):
    """A command that could not be done, and why.

    `column` is where in the text that the user wrote the trouble starts. `complaints` are the first
    of what is wrong with a program, and `more` counts the rest.
    """

    message: str
    text: str = ""
    column: int | None = None
    complaints: tuple[Complaint, ...] = ()
    more: int = 0

    @property
    def ok(self) -> bool:
        return False


def refused_view(refusal: Refusal, file: str = "") -> Refused:
    """What an exception says; `file` is the one concerned where it names none itself."""
    if isinstance(refusal, DebuggerError):
        return Refused(refusal.message, refusal.text, refusal.column)
    if isinstance(refusal, ProgramError):
        shown = refusal.complaints[:SHOWN]
        return Refused(str(shown[0]), "", None, shown, len(refusal.complaints) - len(shown))
    if isinstance(refusal, OSError):
        reason = (refusal.strerror or str(refusal)).lower()
        return Refused(f"{refusal.filename or file}: {reason}")
    return Refused(str(refusal))


@dataclass(frozen=True)
class Quit(View, kind="quit"):
    """The end of it all, with an exit code."""

    code: int


@dataclass(frozen=True)
class CommandRow:
    """A command: its names, the full one first, and what help says of it."""

    names: tuple[str, ...]
    usage: str
    help: str
    more: str


@dataclass(frozen=True)
class CommandGroup:
    """Commands that belong together."""

    title: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Overview(View, kind="help"):
    """All commands, by group."""

    groups: tuple[CommandGroup, ...]


@dataclass(frozen=True)
class Commands(View, kind="commands"):
    """Some commands with a line each."""

    commands: tuple[CommandRow, ...]


@dataclass(frozen=True)
class CommandHelp(View, kind="command"):
    """What a command does, at length."""

    command: CommandRow
