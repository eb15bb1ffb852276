"""Which commands are methods, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from keyword import iskeyword

from vliwdbg.commands import GROUPS, Command

_OTHERWISE = {"quit", "commands"}
"""Nobody leaves a session; and `commands` takes lines, so it is written by hand."""


def methods() -> Iterator[tuple[str, Command]]:
    """The name of each method, and its command."""
    for group in GROUPS:
        for command in group.commands:
            if command.name not in _OTHERWISE:
                yield method_name(command.name), command


def method_name(name: str) -> str:
    """`reverse_step` of `reverse-step`, `continue_` of `continue`."""
    name = name.replace("-", "_")
    return f"{name}_" if iskeyword(name) else name
