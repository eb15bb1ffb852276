"""`vliwdbg serve`: the debugger in a browser."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

from vliwdbg.cli.load_options import choice_of, stop_lines
from vliwdbg.cli.loading import load_shown
from vliwdbg.cli.options import Building, Sizes, Source, Stopping
from vliwdbg.cli.parameters import Option, UsageError
from vliwdbg.cli.streams import print_out
from vliwdbg.serve.gate import SHORTEST_TOKEN, Gate, is_loopback, new_token

STDIN = "-"


def serve(
    source: Source,
    building: Building,
    sizes: Sizes,
    stopping: Stopping,
    host: Annotated[
        str,
        Option(metavar="ADDRESS", help="Where to listen; others than this machine need a token."),
    ] = "127.0.0.1",
    port: Annotated[
        int, Option(min=0, max=65535, metavar="N", help="Where to listen; 0: any that is free.")
    ] = 8000,
    token: Annotated[
        str | None, Option(metavar="T", help="What the address must bring, else nobody comes in.")
    ] = None,
    limit: Annotated[int, Option(min=1, max=1000, metavar="N", help="Debuggers open at once.")] = 4,
) -> int:
    """Show the debugger in a browser, to each visitor one of their own.

    Whoever may come in can do whatever you can: load Python files, write files. The address is
    printed; Ctrl+C ends all.
    """
    gate = Gate(_token(host, token))
    choice = choice_of(source, building, sizes)
    if source.program == STDIN:
        raise UsageError("serve takes a program by its name; standard input is read only once")
    if find_spec("textual_serve") is None:
        raise UsageError("serve needs the extra vliwdbg[serve]")
    load_shown(choice)
    import asyncio

    from vliwdbg.serve.server import Server
    from vliwdbg.serve.server import serve as serve_until_cancelled
    from vliwdbg.serve.visitor import words_for

    server = Server(words_for(choice, [*stop_lines(stopping)]), gate, limit)
    asyncio.run(
        serve_until_cancelled(
            server, host, port, lambda chosen: print_out(gate.page_address(host, chosen))
        )
    )
    return 0


def _token(host: str, token: str | None) -> str | None:
    """The token to ask for: the one given, or a new one where others can reach the address."""
    if not host:
        raise UsageError("--host is empty; it takes an address")
    if token is None:
        return None if is_loopback(host) else new_token()
    if len(token) < SHORTEST_TOKEN:
        raise UsageError(f"--token takes {SHORTEST_TOKEN} characters or more")
    return token
