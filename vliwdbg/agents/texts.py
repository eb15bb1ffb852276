"""What agents can read, by address."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from machine.manual import text as contract
from machine.schema import json_schema
from vliwdbg.commands.manual import page as commands


class Text(NamedTuple):
    """A text: what it is, its type, and where it comes from."""

    name: str
    what: str
    mime_type: str
    read: Callable[[], str]


TEXTS = {
    "vliwdbg://machine": Text(
        "machine", "The machine's contract, to the bit.", "text/markdown", contract
    ),
    "vliwdbg://commands": Text(
        "commands", "The debugger's commands, as exec takes them.", "text/markdown", commands
    ),
    "vliwdbg://schema": Text(
        "schema",
        "The JSON Schema of a program file.",
        "application/json",
        lambda: json.dumps(json_schema()),
    ),
}
