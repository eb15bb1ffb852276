"""`vliwdbg ledger`: what kernels came to over time."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.bench import history
from vliwdbg.cli.asking import tell_view
from vliwdbg.cli.load_options import verify_named
from vliwdbg.cli.options import AsJson
from vliwdbg.cli.parameters import Argument, Option
from vliwdbg.ledger import DEFAULT_FILE, Ledger


def ledger(
    file: Annotated[
        str | None,
        Argument(metavar="FILE", help=f"What `bench` has written; usually {DEFAULT_FILE}."),
    ] = None,
    kernel: Annotated[
        str | None, Option(metavar="NAME", help="This one alone, with its runs.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show the history of kernels that `bench` has measured."""
    verify_named("FILE", file)
    return tell_view(history(Ledger(file or DEFAULT_FILE), kernel), as_json)
