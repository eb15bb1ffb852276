"""What a client's configuration says of the program, and of what comes first."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from vliwdbg.dap.arguments import RequestError
from vliwdbg.programs import DEFAULT, Choice


class Sizes(NamedTuple):
    """Those of the problem that are not to be the usual ones."""

    forest_height: int | None = None
    rounds: int | None = None
    batch_size: int | None = None
    seed: int | None = None


class Launch(NamedTuple):
    """What a client's configuration says: the program, how it is built, and what comes first.

    `settings` are parameters of the bundled kernel. The listing is written to the file `listing`
    for clients that show nothing but files. `commands` are done after the breakpoints and
    watchpoints are set; where they lead anywhere, the program is not started but stands there.
    """

    program: str = DEFAULT
    cwd: str = ""
    memory: str | None = None
    python: str | None = None
    kernel: str | None = None
    scheduler: str | None = None
    indices: bool = False
    without: tuple[str, ...] = ()
    settings: Mapping[str, Any] | None = None
    sizes: Sizes = Sizes()
    breakpoints: tuple[str, ...] = ()
    watchpoints: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    listing: str | None = None
    stop_on_entry: bool = False
    no_debug: bool = False

    def choice(self) -> Choice:
        """What to load. Raises RequestError for what does not go together."""
        if self.program == "-":
            raise RequestError("standard input is the protocol's; name a file as the program")
        choice = Choice(
            self.program if self.program == DEFAULT else self._file(self.program),
            self.kernel,
            self.scheduler,
            self.indices,
            self.without,
            dict(self.settings or {}),
            {name: size for name, size in self.sizes._asdict().items() if size is not None},
            None if self.memory is None else self._file(self.memory),
            self.python,
        )
        self._verify(choice)
        self.listing_file()
        return choice

    def _verify(self, choice: Choice) -> None:
        if self.python is not None and not choice.is_python:
            raise RequestError("python is for a Python file, which builds the program")
        for name, value in choice.settings.items():
            if not isinstance(value, (int, str)):
                raise RequestError(f"settings.{name} is a number or text")
        names = ("kernel", "scheduler", "indices", "without", "settings")
        given = [name for name in names if getattr(self, name)]
        if given and not choice.bundled:
            raise RequestError(f"{given[0]} is for the bundled kernel, not for a program file")

    def listing_file(self) -> str:
        """The file that the listing goes to; empty where it goes to none. Raises RequestError."""
        if self.listing is None:
            return ""
        file = os.path.abspath(self._file(self.listing))
        if os.path.realpath(file) == os.path.realpath(self._file(self.program)):
            raise RequestError("the listing would take the program's place; name another file")
        return file

    def _file(self, name: str) -> str:
        if not name:
            raise RequestError("the name of a file is empty")
        return os.path.join(self.cwd, name)

    def lines(self) -> list[str]:
        """The commands that come before the program's start."""
        return [
            *(f"break {location}" for location in self.breakpoints),
            *(f"watch {place}" for place in self.watchpoints),
            *self.commands,
        ]
