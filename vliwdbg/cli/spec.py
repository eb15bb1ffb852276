"""`vliwdbg spec`: what a program file may hold."""

from __future__ import annotations

import json

from vliwdbg.cli.streams import print_out


def spec() -> int:
    """The program file as a JSON Schema."""
    from machine.schema import json_schema

    print_out(json.dumps(json_schema(), indent=1))
    return 0
