"""`vliwdbg schedulers`: what can build a kernel."""

from __future__ import annotations

import json

from vliwdbg.cli.options import AsJson
from vliwdbg.cli.streams import print_out


def schedulers(as_json: AsJson = False) -> int:
    """The schedulers, with a line each."""
    from kernels.catalog import DEFAULT_SCHEDULER, SCHEDULERS

    lines = {name: row.help for name, row in SCHEDULERS.items()}
    if as_json:
        print_out(json.dumps({"default": DEFAULT_SCHEDULER, "schedulers": lines}))
        return 0
    for name, line in lines.items():
        print_out(f"{name:<8} {line}{' (the default)' if name == DEFAULT_SCHEDULER else ''}")
    return 0
