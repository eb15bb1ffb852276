"""How a visitor's process and the server talk: a letter, a length, that many bytes.

D   what a terminal shows, and its keys
M   JSON about either side: resize, quit, exit
P   a part of a file for the browser
"""

from __future__ import annotations

from asyncio import StreamReader

PRELUDE = b"__GANGLION__\n"
"""The line before the first packet."""


def packet(kind: bytes, payload: bytes) -> bytes:
    """The bytes of one."""
    return kind + len(payload).to_bytes(4, "big") + payload


async def read_packet(stream: StreamReader) -> tuple[bytes, bytes]:
    """The next one: its letter and its payload. Raises IncompleteReadError at the end."""
    kind = await stream.readexactly(1)
    length = int.from_bytes(await stream.readexactly(4), "big")
    return kind, await stream.readexactly(length)
