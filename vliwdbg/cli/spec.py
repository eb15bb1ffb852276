"""`vliwdbg spec`: what a program file may hold, and what `exec --json` answers."""

from __future__ import annotations

import json
from typing import Annotated

from typer import Option

from vliwdbg.cli.streams import print_out


def spec(
    replies: Annotated[
        bool, Option("--replies", help="Of what `exec --json` prints for a command instead.")
    ] = False,
) -> int:
    """The program file as a JSON Schema."""
    if replies:
        from vliwdbg.batch import json_schema as replies_schema

        print_out(json.dumps(replies_schema(), indent=1))
        return 0
    from machine.schema import json_schema

    print_out(json.dumps(json_schema(), indent=1))
    return 0
