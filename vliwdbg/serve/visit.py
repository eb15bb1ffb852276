"""A visitor's debugger: a process of its own, shown through a websocket.

The browser gets what the process draws, and sends keys. Whoever of them ends first ends the other.
"""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import WSCloseCode
from aiohttp.web import WebSocketResponse
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from vliwdbg.serve.packets import PRELUDE, read_packet

MOST_COLUMNS, MOST_ROWS = 1000, 500
"""No screen is larger; the debugger would paint whatever it is told."""
GRACE = 3.0
"""Seconds for the debugger to end by itself."""


class Visit(AppService):
    """One debugger and the websocket that shows it."""

    def __init__(
        self, words: Sequence[str], websocket: WebSocketResponse, downloads: DownloadManager
    ) -> None:
        super().__init__(
            words[0],
            write_bytes=websocket.send_bytes,
            write_str=websocket.send_str,
            close=self._close,
            download_manager=downloads,
        )
        self._words, self._websocket = words, websocket

    async def last(self, width: int, height: int) -> None:
        """Show the debugger until either side has enough."""
        await self.start(*_within(width, height))
        try:
            async for message in self._websocket:
                await self.obey(message.data)
        except (ValueError, RecursionError):  # it is no message of our page's
            await self._websocket.close(code=WSCloseCode.PROTOCOL_ERROR)
        finally:
            await asyncio.shield(self.stop())

    async def stop(self) -> None:
        """End the process, by force where it has not ended after a while."""
        process, task = self._process, self._task
        if process is None or task is None:
            return
        self._task = None
        await self._download_manager.cancel_app_downloads(self.app_service_id)
        ends = asyncio.gather(self.send_meta({"type": "quit"}), process.wait())
        try:
            await asyncio.wait_for(ends, GRACE)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        task.cancel()

    async def run(self) -> None:
        """Hand on what the process draws, until it ends."""
        assert self._process is not None
        stdout = self._process.stdout
        assert stdout is not None
        handlers = {b"D": self.on_data, b"M": self.on_meta, b"P": self.on_packed}
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await stdout.readuntil(PRELUDE)
            while True:
                kind, payload = await read_packet(stdout)
                await handlers[kind](payload)
        await self._close()

    async def obey(self, data: str | bytes) -> None:
        """Do what the page sent. Raises ValueError for anything else."""
        match json.loads(data):
            case ["stdin", str(text)]:
                await self.send_bytes(text.encode("utf-8", "ignore"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                await self.set_terminal_size(*_within(width, height))
            case ["ping", (str() | int() | float()) as told]:
                await self._websocket.send_json(["pong", told])
            case ["blur", *_]:
                await self.blur()
            case ["focus", *_]:
                await self.focus()
            case _:
                raise ValueError("no message of the page's")

    async def _close(self) -> None:
        with suppress(ConnectionError):
            await self._websocket.close()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=self._build_environment(width, height),
            start_new_session=True,  # Ctrl+C is for the server, which ends us one by one
        )
        self._process, self._stdin = process, process.stdin
        return process


def _within(width: int, height: int) -> tuple[int, int]:
    return max(1, min(width, MOST_COLUMNS)), max(1, min(height, MOST_ROWS))
