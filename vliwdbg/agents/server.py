"""The tools as a server of the Model Context Protocol, on standard input and output."""

from __future__ import annotations

import json
import logging
import os
import sys
from dataclasses import replace
from typing import Any

import anyio
from mcp import MCPError
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListToolsResult,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    TextContent,
    TextResourceContents,
    ToolAnnotations,
)
from mcp_types import Tool as ToolFacts

from kernels.errors import BuildError
from machine.errors import ProgramError, quoted
from vliwdbg import __version__
from vliwdbg.agents.bounded import LONGEST
from vliwdbg.agents.calls import Tool
from vliwdbg.agents.folder import Folder
from vliwdbg.agents.texts import TEXTS
from vliwdbg.agents.tools import WRITING, Tools
from vliwdbg.agents.turns import Turns
from vliwdbg.session.errors import DebuggerError

_INSTRUCTIONS = """\
Tools about kernels for a simulated VLIW SIMD machine. Start with bench (is it right, how far from
its floor); of a wrong one ask diverge, of a right one critical and why (what keeps it from being
shorter), whatif, slots and who. exec drives the debugger. Lists that were cut are named in `cut`;
offset and limit get the rest. vliwdbg://machine is the machine's contract."""


def serve(folder: Folder) -> None:
    """Answer until standard input ends. The folder is the current one from here on."""
    os.chdir(folder.root)
    turns = Turns()
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    anyio.run(_serve, server_for(replace(folder, root=os.curdir), turns))
    if turns.busy:  # nobody waits for its answer, and it could take its time
        sys.stderr.flush()
        os._exit(0)


async def _serve(server: Server) -> None:
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def server_for(folder: Folder, turns: Turns) -> Server:
    """The server of a folder's programs."""
    tools = {tool.name: tool for tool in tools_of(Tools(folder, turns))}
    facts = [_facts(tool, runs_code=folder.allow_python) for tool in tools.values()]
    resources = [
        Resource(uri=uri, name=text.name, description=text.what, mime_type=text.mime_type)
        for uri, text in TEXTS.items()
    ]

    async def list_tools(_context: Any, _params: Any) -> ListToolsResult:
        return ListToolsResult(tools=facts)

    async def call_tool(_context: Any, params: CallToolRequestParams) -> CallToolResult:
        tool = tools.get(params.name)
        if tool is None:
            known = ", ".join(tools)
            raise MCPError(
                INVALID_PARAMS, f"no tool is called {quoted(params.name)}; there are {known}"
            )
        return await turns.take(lambda: _called(tool, params.arguments or {})) or _refusal(
            "nobody waited for it"
        )

    async def list_resources(_context: Any, _params: Any) -> ListResourcesResult:
        return ListResourcesResult(resources=resources)

    async def read_resource(_context: Any, params: ReadResourceRequestParams) -> ReadResourceResult:
        uri = str(params.uri)
        if uri not in TEXTS:
            known = ", ".join(TEXTS)
            raise MCPError(INVALID_PARAMS, f"nothing is at {quoted(uri)}; there are {known}")
        text = TEXTS[uri]
        contents = TextResourceContents(uri=uri, mime_type=text.mime_type, text=text.read())
        return ReadResourceResult(contents=[contents])

    return Server(
        "vliwdbg",
        version=__version__,
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_read_resource=read_resource,
    )


def tools_of(tools: Tools) -> list[Tool]:
    """Each tool, in the order in which they are written."""
    return [Tool(getattr(tools, name)) for name in vars(Tools) if not name.startswith("_")]


def _facts(tool: Tool, *, runs_code: bool) -> ToolFacts:
    reads = tool.name not in WRITING and not runs_code
    return ToolFacts(
        name=tool.name,
        description=tool.what,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=ToolAnnotations(read_only_hint=reads, open_world_hint=False),
    )


def _called(tool: Tool, arguments: dict[str, Any]) -> CallToolResult:
    """What comes of a call, told in the protocol's way where it cannot be done."""
    try:
        answer = tool.answer(arguments)
    except (ProgramError, DebuggerError, BuildError, OSError, MemoryError) as error:
        return _refusal(str(error) or type(error).__name__)
    text = TextContent(type="text", text=json.dumps(answer))
    return CallToolResult(content=[text], structured_content=answer)


def _refusal(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=message[:LONGEST])], is_error=True)
