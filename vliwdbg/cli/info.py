"""`vliwdbg info`: this installation."""

from __future__ import annotations

import json

from vliwdbg.cli.options import AsJson
from vliwdbg.cli.streams import print_out


def info(as_json: AsJson = False) -> int:
    """Versions, kernels, the machine's limits."""
    from vliwdbg import report

    facts = report.facts()
    print_out(json.dumps(facts) if as_json else report.facts_text(facts))
    return 0
