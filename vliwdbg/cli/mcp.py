"""`vliwdbg mcp`: the questions for agents."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Annotated

from vliwdbg.cli.parameters import Argument, Option, UsageError


def mcp(
    folder: Annotated[
        str | None,
        Argument(metavar="FOLDER", help="Where the programs are; usually the current folder."),
    ] = None,
    allow_python: Annotated[
        bool, Option("--allow-python", help="Run Python files, to build their kernels.")
    ] = False,
) -> int:
    """Serve agents over standard input and output, by the Model Context Protocol.

    Files outside FOLDER are neither read nor written.
    """
    root = os.curdir if folder is None else folder
    if not os.path.isdir(root):
        raise UsageError(f"{root!r} is no folder")
    if find_spec("mcp") is None:
        raise UsageError("mcp needs the extra vliwdbg[mcp]")
    from vliwdbg.agents.folder import Folder
    from vliwdbg.agents.server import serve

    serve(Folder(root, allow_python))
    return 0
