"""`vliwdbg dap`: the debugger for editors."""

from __future__ import annotations

import sys
from typing import Annotated

from vliwdbg.cli.parameters import Option
from vliwdbg.cli.streams import print_err


def dap(
    port: Annotated[
        int | None,
        Option(
            min=0,
            max=65535,
            metavar="N",
            help="Listen on a port of this machine instead; 0 takes a free one and says which.",
        ),
    ] = None,
) -> int:
    """Serve an editor over standard input and output, by the Debug Adapter Protocol."""
    from vliwdbg.dap.server import serve_port, serve_streams

    if port is not None:
        serve_port(port)
    else:
        if sys.stdin.isatty():
            print_err("note: an editor is to start this; Ctrl+C ends it")
        serve_streams()
    return 0
