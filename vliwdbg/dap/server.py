"""Where conversations come from: standard input and output, or a port of this machine."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import BinaryIO, NoReturn

from machine.errors import ProgramError
from vliwdbg.dap.conversation import Conversation
from vliwdbg.dap.wire import ClientGoneError, Wire

LOOPBACK = "127.0.0.1"
MOST_CLIENTS = 8
"""At the same time, on a port."""


def converse(reader: BinaryIO, writer: BinaryIO) -> None:
    """Hold a conversation to its end."""
    with suppress(ClientGoneError), closing(Conversation(Wire(reader, writer))) as conversation:
        if conversation.open():
            from vliwdbg.dap.adapter import Adapter
            from vliwdbg.dap.requests import REQUESTS

            Adapter(conversation, REQUESTS).serve()


def serve_streams() -> None:
    """A conversation on standard input and output, which nothing else reads or writes then."""
    with _protocol_alone() as (reader, writer):
        converse(reader, writer)


@contextmanager
def _protocol_alone() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Our standard streams for the protocol; for all else there is no input, and output is
    narration."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    before, sys.stdout = sys.stdout, sys.stderr
    try:
        yield reader, writer
    finally:
        sys.stdout = before
        os.dup2(writer.fileno(), 1)


def serve_port(port: int) -> None:
    """A conversation with each client that comes to a port of this machine, until Ctrl+C.

    Port 0 is any that is free; which one is said on standard error. Raises ProgramError.
    """
    try:
        listening = socket.create_server((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ProgramError.at(f"port {port}", reason) from None
    with listening:
        print(f"listening on {LOOPBACK}:{listening.getsockname()[1]}", file=sys.stderr, flush=True)
        welcome(listening)


def welcome(listening: socket.socket) -> NoReturn:
    """Have a conversation with whoever comes, as long as there is a place."""
    places = threading.BoundedSemaphore(MOST_CLIENTS)
    while True:
        client, _ = listening.accept()
        attend = _attend if places.acquire(blocking=False) else _turn_away
        threading.Thread(target=attend, args=(client, places), daemon=True).start()


def _attend(client: socket.socket, places: threading.BoundedSemaphore) -> None:
    try:
        with suppress(OSError):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        converse_on(client)
    finally:
        places.release()


def _turn_away(client: socket.socket, _places: threading.BoundedSemaphore) -> None:
    converse_on(client, _excuse)


def converse_on(
    client: socket.socket, converse: Callable[[BinaryIO, BinaryIO], None] = converse
) -> None:
    """Hold a conversation on a connection, and close it."""
    with suppress(OSError), client:  # what was not sent cannot be
        reader, writer = client.makefile("rb"), client.makefile("wb")
        try:
            converse(reader, writer)
        finally:
            with suppress(OSError):  # who reads still, does no longer
                client.shutdown(socket.SHUT_RDWR)
            reader.close()
            writer.close()


def _excuse(reader: BinaryIO, writer: BinaryIO) -> None:
    wire = Wire(reader, writer)
    with suppress(ClientGoneError):
        said = f"{MOST_CLIENTS} clients are here already; end one of their sessions\n"
        body = {"category": "important", "output": said}
        wire.send({"type": "event", "event": "output", "body": body})
        wire.send({"type": "event", "event": "terminated"})
