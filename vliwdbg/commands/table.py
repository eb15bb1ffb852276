"""One row per command.

Help, completion, the palette and `docs/commands.md` derive from the rows. A group is a module of
this package with a tuple `COMMANDS`; `vliwdbg.commands.GROUPS` lists the groups. A handler takes
the console and the text after the command, and returns a view; it never prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from vliwdbg.render import lines_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import View
from vliwdbg.views.general import Quit
from vliwdbg.views.radix import Radix

if TYPE_CHECKING:
    from vliwdbg.commands.console import Console


@dataclass(frozen=True)
class Reply:
    """What came of a command line, and how words were written when it did."""

    command: str
    view: View
    radix: Radix

    @property
    def lines(self) -> list[str]:
        """What it says, as text."""
        return lines_of(self.view, self.radix)

    @property
    def ok(self) -> bool:
        """Whether it was done, and what it was to find out is a yes."""
        return self.view.ok

    @property
    def quit(self) -> int | None:
        """The exit code of a command that ends it all."""
        return self.view.code if isinstance(self.view, Quit) else None


Handler = Callable[["Console", str], View]


class Command(NamedTuple):
    """A row. `completes` says what its argument is: a key of `vliwdbg.commands.completion`."""

    names: tuple[str, ...]
    usage: str
    help: str
    handler: Handler
    completes: str = ""
    more: str = ""

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def short(self) -> str:
        """Its other names, as a list."""
        return ", ".join(self.names[1:])


class Group(NamedTuple):
    """Commands that belong together."""

    title: str
    commands: tuple[Command, ...]


T = TypeVar("T")


def find_unique(what: str, text: str, table: Mapping[str, T], otherwise: str = "") -> T:
    """The entry of that name, or the only one whose name starts so. Raises DebuggerError.

    `otherwise` is what else the user may have meant.
    """
    if text in table:
        return table[text]
    if not text:
        raise DebuggerError(f"Say which {what}: {', '.join(table)}.")
    starting = {name: entry for name, entry in table.items() if name.startswith(text)}
    if len(starting) == 1:
        return next(iter(starting.values()))
    if starting:
        raise DebuggerError(f"{what} {text!r} is ambiguous: {', '.join(sorted(starting))}.")
    known = f"{', '.join(table)}; {otherwise}" if otherwise else ", ".join(table)
    raise DebuggerError(f"No {what} is called {text!r}; there are {known}.")


WORD = re.compile(r"([A-Za-z][A-Za-z_-]*)(/\S*)?\s*(.*)", re.DOTALL)


def whole_number(what: str, text: str, default: int | None = None) -> int:
    """The number, or the default for an empty text. Raises DebuggerError."""
    text = text.strip()
    if not text and default is not None:
        return default
    if not re.fullmatch(r"[0-9]{1,18}", text):
        given = f"not {text!r}" if text else "and is missing"
        raise DebuggerError(f"{what} is a whole number, {given}.")
    return int(text)


def numbers(what: str, text: str) -> list[int]:
    """Some numbers and ranges of numbers, `1 3-5`. Raises DebuggerError."""
    found: list[int] = []
    for word in text.split():
        first, dash, last = word.partition("-")
        start = whole_number(what, first)
        end = whole_number(what, last) if dash else start
        if end - start > 10_000:
            raise DebuggerError(f"{word} is too many.")
        found.extend(range(start, end + 1))
    return found


def no_argument(name: str, text: str) -> None:
    """Raises DebuggerError if there is one."""
    if text.strip():
        raise DebuggerError(f"{name} takes no argument, not {text.strip()!r}.")


def by_name(commands: Iterable[Command]) -> dict[str, Command]:
    """Each name, short ones too, with its row."""
    return {name: command for command in commands for name in command.names}
