"""The tools as a server of the Model Context Protocol, on standard input and output."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from kernels.errors import BuildError
from machine.errors import ProgramError
from machine.schema import json_schema
from vliwdbg import __version__
from vliwdbg.agents.folder import Folder
from vliwdbg.agents.tools import Answer, Tools
from vliwdbg.session.errors import DebuggerError

_INSTRUCTIONS = """\
Tools about kernels for a simulated VLIW SIMD machine. Start with bench (is it right, how far from
its floor), then critical and why (what keeps it from being shorter), whatif and who. A list that
was cut is named in left_out; offset and limit get the rest."""


def serve(folder: Folder) -> None:
    """Answer until standard input ends."""
    server_for(folder).run("stdio")


def server_for(folder: Folder) -> MCPServer:
    """The server of a folder's programs."""
    server = MCPServer(
        "vliwdbg", instructions=_INSTRUCTIONS, version=__version__, log_level="ERROR"
    )
    for tool in Tools(folder).all():
        server.add_tool(_told(tool), structured_output=True)
    server.resource("vliwdbg://schema", mime_type="application/json")(program_schema)
    return server


def program_schema() -> str:
    """The JSON Schema of a program file."""
    return json.dumps(json_schema())


def _told(tool: Callable[..., Answer]) -> Callable[..., Answer]:
    """A tool that says in the protocol's way what is wrong with a question."""

    @wraps(tool)
    def told(*args: Any, **named: Any) -> Answer:
        try:
            return tool(*args, **named)
        except (ProgramError, DebuggerError, BuildError) as error:
            raise ToolError(str(error)) from None

    return told
