"""`vliwdbg dap`: the debugger for editors."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.parameters import Option


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

    if port is None:
        serve_streams()
    else:
        serve_port(port)
    return 0
