"""The types of the commands as methods, from the table of commands.

`python -m vliwdbg.api.stub` writes methods.pyi anew.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from vliwdbg.api.names import methods
from vliwdbg.commands import Command
from vliwdbg.views.base import VIEWS, View

FILE = Path(__file__).with_name("methods.pyi")
_WIDTH = 92
_CLASS = """\
class CommandMethods:
    def _ask(self, line: str) -> View: ...
"""
_HEAD = '''\
"""The commands as methods; written by `python -m vliwdbg.api.stub`."""

'''


def stub() -> str:
    """The text of the file."""
    rows = list(methods())
    used = {view_of(command) for _, command in rows} | {View}
    modules = sorted({view.__module__ for view in used})
    imports = "".join(f"from {module} import {_names(used, module)}\n" for module in modules)
    body = "".join(_method(name, command) for name, command in rows)
    return f"{_HEAD}{imports}\n{_CLASS}{body}"


def _names(views: set[type[View]], module: str) -> str:
    return ", ".join(sorted(view.__name__ for view in views if view.__module__ == module))


def view_of(command: Command) -> type[View]:
    """What a command answers with, as its handler says."""
    name = command.handler.__annotations__["return"]
    return next((view for view in VIEWS.values() if view.__name__ == name), View)


def _method(name: str, command: Command) -> str:
    told = "".join(f"        {line}\n" for line in _doc(command))
    return f"    def {name}(self, *words: object) -> {view_of(command).__name__}:\n{told}"


def _doc(command: Command) -> Iterator[str]:
    text = f'"""`{command.usage}`: {command.help}."""'
    yield from textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def main() -> None:
    """Write it."""
    FILE.write_text(stub(), encoding="utf-8")


if __name__ == "__main__":
    main()
