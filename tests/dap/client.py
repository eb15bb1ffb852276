"""A client of the protocol, which holds every message against what the protocol declares."""

import json
import queue
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from tests.cli.command import Command
from tests.dap.protocol import complaints
from vliwdbg.dap.server import converse_on

PATIENCE = 30
Message = dict[str, Any]


class Client:
    """Asks and listens; what was told is in `events` and `output`."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self.reader, self.writer = reader, writer
        self.events: list[Message] = []
        self.output = ""
        self.responses: dict[int, Message] = {}
        self.seq = 0
        self._incoming: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while header := self.reader.readline():
                assert header.startswith(b"Content-Length: "), header
                assert self.reader.readline() == b"\r\n"
                self._incoming.put(json.loads(self.reader.read(int(header[16:]))))
        finally:
            self._incoming.put(None)

    # one message

    def send(self, command: str, **arguments: Any) -> int:
        """Send a request; its number."""
        self.seq += 1
        message = {"seq": self.seq, "type": "request", "command": command, "arguments": arguments}
        assert complaints(message) == []
        self.send_bytes(framed(message))
        return self.seq

    def send_bytes(self, data: bytes) -> None:
        self.writer.write(data)
        self.writer.flush()

    def receive(self, seconds: float = PATIENCE) -> Message | None:
        """The next message; None at the end."""
        message = self._incoming.get(timeout=seconds)
        if message is None:
            return None
        assert complaints(message) == [], message
        if message["type"] == "response":
            self.responses[message["request_seq"]] = message
        else:
            self.events.append(message)
            if message["event"] == "output":
                self.output += message["body"]["output"]
        return message

    # questions

    def response(self, seq: int) -> Message:
        """The response to a request, whenever it comes."""
        while seq not in self.responses:
            assert self.receive() is not None
        return self.responses.pop(seq)

    def ask(self, command: str, **arguments: Any) -> Any:
        """The body of the response to a request that is done."""
        response = self.response(self.send(command, **arguments))
        assert response["success"], response
        return response.get("body")

    def refused(self, command: str, **arguments: Any) -> str:
        """Why a request is not done."""
        response = self.response(self.send(command, **arguments))
        assert not response["success"], response
        error = response["body"]["error"]
        return str(error["format"].format(**error["variables"]))

    def wait_for(self, event: str) -> Any:
        """The body of the next event of a kind, of those not yet waited for."""
        while not (found := [e for e in self.events if e["event"] == event]):
            assert self.receive() is not None, event
        self.events.remove(found[0])
        return found[0].get("body")

    # conversations

    def initialize(self, **can: bool) -> Any:
        return self.ask("initialize", adapterID="vliwdbg", **can)

    def launch(self, program: str, *, configure: Callable[[], object] = int, **more: Any) -> Any:
        """Begin to debug a program, and where it stops first."""
        self.ask("launch", program=program, **more)
        self.wait_for("initialized")
        configure()
        self.ask("configurationDone")
        return self.wait_for("stopped")

    def move(self, command: str) -> Any:
        """Move, and where it stops."""
        self.ask(command, threadId=1)
        return self.wait_for("stopped")

    def pc(self) -> int:
        frame = self.ask("stackTrace", threadId=1)["stackFrames"][0]
        return int(frame["instructionPointerReference"], 16)

    def evaluate(self, expression: str, context: str = "watch") -> str:
        return str(self.ask("evaluate", expression=expression, context=context)["result"])

    def do(self, line: str) -> str:
        """What a command says."""
        return self.evaluate(line, "repl")


def framed(message: Any) -> bytes:
    """A message with its header."""
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@contextmanager
def connected() -> Iterator[Client]:
    """A client of an adapter in this process."""
    ours, theirs = socket.socketpair()

    adapter = threading.Thread(target=converse_on, args=(theirs,))
    adapter.start()
    with ours, ours.makefile("rb") as reader, ours.makefile("wb") as writer:
        try:
            yield Client(reader, writer)
        finally:
            ours.shutdown(socket.SHUT_RDWR)
            adapter.join(PATIENCE)
        assert not adapter.is_alive()


@contextmanager
def started(folder: Path, *options: str) -> Iterator[tuple[Client, "subprocess.Popen[bytes]"]]:
    """A client of the command as a process."""
    process = Command(folder).start("dap", *options, stdin=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    try:
        yield Client(process.stdout, process.stdin), process  # type: ignore[arg-type]
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream
            stream.close()
