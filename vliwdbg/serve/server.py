"""The pages and websockets of the debugger in a browser.

/              the page, which opens a websocket
/ws[/TOKEN]    a visitor's debugger, for as long as it is open
/static        what the page is made of: a terminal, which textual-serve brings
/download      files that a debugger gives to its browser
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

import textual_serve.server as theirs
from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Handler

from machine.errors import ProgramError
from vliwdbg.serve.gate import Gate
from vliwdbg.serve.visit import GRACE, Visit

LONGEST_MESSAGE = 2**20
"""Bytes from a page: keys, and what is pasted."""
HEARTBEAT = 15.0
"""Seconds after which a browser that says nothing is asked whether it is still there."""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_STATIC = Path(theirs.__file__).with_name("static")


class Server:
    """Shows each visitor a debugger of their own, to so many at once."""

    def __init__(self, words: Sequence[str], gate: Gate, limit: int) -> None:
        self._words, self._gate, self._limit = words, gate, limit
        self._visitors: set[web.WebSocketResponse] = set()
        self._downloads = theirs.Server("vliwdbg")

    def application(self) -> web.Application:
        """What answers requests."""
        app = web.Application(middlewares=[_with_headers])
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/ws", self._websocket),
                web.get("/ws/{token}", self._websocket),
                web.get("/page.js", self._script),
                web.static("/static", _STATIC),
                web.get("/download/{key}", self._download),
            ]
        )
        app.on_shutdown.append(self._end_all)
        return app

    async def _page(self, request: web.Request) -> web.Response:
        token = request.query.get("token")
        self._admit(self._gate.refuses_page(request.headers.get("Host"), token))
        page = _read("page.html")
        address = f"ws://{request.host}{self._gate.websocket_path()}"
        return web.Response(
            text=page.replace("WEBSOCKET", escape(address)), content_type="text/html"
        )

    async def _script(self, _: web.Request) -> web.Response:
        return web.Response(text=_read("page.js"), content_type="text/javascript")

    async def _websocket(self, request: web.Request) -> web.WebSocketResponse:
        token = request.match_info.get("token")
        host, origin = request.headers.get("Host"), request.headers.get("Origin")
        self._admit(self._gate.refuses_websocket(host, origin, token))
        websocket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=LONGEST_MESSAGE)
        self._visitors.add(websocket)
        try:
            await websocket.prepare(request)
            visit = Visit(self._words, websocket, self._downloads.download_manager)
            await visit.last(_number(request, "width", 80), _number(request, "height", 24))
        finally:
            self._visitors.discard(websocket)
        return websocket

    async def _download(self, request: web.Request) -> web.StreamResponse:
        # The key in the address is one that nobody guesses.
        try:
            return await self._downloads.handle_download(request)
        except (KeyError, ValueError):
            raise web.HTTPNotFound from None

    def _admit(self, refusal: str | None) -> None:
        """Raise what tells a browser that it may not come in, or not now."""
        if refusal is not None:
            raise web.HTTPForbidden(text=refusal)
        if len(self._visitors) >= self._limit:
            raise web.HTTPServiceUnavailable(
                text=f"there are {self._limit} debuggers open here already, the most there may be"
            )

    async def _end_all(self, _: web.Application) -> None:
        leave = [v.close(code=WSCloseCode.GOING_AWAY) for v in self._visitors]
        await asyncio.gather(*leave, return_exceptions=True)


def _read(name: str) -> str:
    return files("vliwdbg.serve").joinpath(name).read_text("utf-8")


@web.middleware
async def _with_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        refusal.headers.update(HEADERS)
        raise
    if not response.prepared:
        response.headers.update(HEADERS)
    return response


def _number(request: web.Request, name: str, usual: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 9 else usual


async def serve(server: Server, host: str, port: int, announce: Callable[[int], None]) -> None:
    """Answer until cancelled; `announce` is told the port. Raises ProgramError for an address that
    cannot be had."""
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=GRACE + 1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ProgramError.at(f"{host}:{port}", reason) from None
        announce(runner.addresses[0][1])
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
