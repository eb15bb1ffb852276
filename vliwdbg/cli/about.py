"""`vliwdbg info`, `schedulers` and `spec`: what there is."""

from __future__ import annotations

import json

from vliwdbg.cli.options import AsJson
from vliwdbg.cli.streams import answer


def info(as_json: AsJson = False) -> int:
    """Versions, kernels, the machine's limits."""
    from vliwdbg import report

    facts = report.facts()
    answer(json.dumps(facts) if as_json else report.facts_text(facts))
    return 0


def schedulers(as_json: AsJson = False) -> int:
    """The schedulers, with a line each."""
    from kernels.catalog import DEFAULT_SCHEDULER, SCHEDULERS

    lines = {name: row.help for name, row in SCHEDULERS.items()}
    if as_json:
        answer(json.dumps({"default": DEFAULT_SCHEDULER, "schedulers": lines}))
        return 0
    for name, line in lines.items():
        answer(f"{name:<8} {line}{' (the default)' if name == DEFAULT_SCHEDULER else ''}")
    return 0


def spec() -> int:
    """The program file as a JSON Schema."""
    from machine.schema import json_schema

    answer(json.dumps(json_schema(), indent=1))
    return 0
