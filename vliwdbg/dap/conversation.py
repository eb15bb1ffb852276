"""One client of the protocol: its requests in the order of their coming, answers and events out.

Requests are read in a thread of their own, so that one may come while another is being done.
"""

from __future__ import annotations

import ctypes
import threading
from collections import deque
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import Any, Literal, NamedTuple

from vliwdbg.dap.arguments import RequestError, read_object
from vliwdbg.dap.wire import ClientGoneError, Malformed, Request, Wire

Body = Mapping[str, Any]
"""Of a response or an event."""
Category = Literal["console", "important", "stdout", "stderr"]

LEAVES = "disconnect"
"""The last request of a client."""
DEAF = 2.0
"""Seconds after which work is broken off that has not heard that its client has left."""

CAPABILITIES: Body = {
    **dict.fromkeys(
        (
            "supportsBreakpointLocationsRequest",
            "supportsCancelRequest",
            "supportsClipboardContext",
            "supportsCompletionsRequest",
            "supportsConditionalBreakpoints",
            "supportsConfigurationDoneRequest",
            "supportsDataBreakpointBytes",
            "supportsDataBreakpoints",
            "supportsDelayedStackTraceLoading",
            "supportsDisassembleRequest",
            "supportsEvaluateForHovers",
            "supportsExceptionInfoRequest",
            "supportsFunctionBreakpoints",
            "supportsGotoTargetsRequest",
            "supportsHitConditionalBreakpoints",
            "supportsInstructionBreakpoints",
            "supportsLoadedSourcesRequest",
            "supportsLogPoints",
            "supportsReadMemoryRequest",
            "supportsRestartRequest",
            "supportsSetExpression",
            "supportsSetVariable",
            "supportsStepBack",
            "supportsSteppingGranularity",
            "supportsTerminateRequest",
            "supportsValueFormattingOptions",
            "supportsWriteMemoryRequest",
        ),
        True,
    ),
    "exceptionBreakpointFilters": [
        {"filter": "pauses", "label": "Pauses", "description": "flow pause", "default": True},
        {
            "filter": "debug",
            "label": "Compares",
            "description": "debug compare and vcompare that find another word",
            "default": True,
        },
    ],
}
"""What this adapter can; a filter is called as the setting of the session that it turns on."""


class Client(NamedTuple):
    """What a client says of itself."""

    lines_start_at1: bool = True
    columns_start_at1: bool = True
    supports_progress_reporting: bool = False
    supports_invalidated_event: bool = False
    supports_memory_event: bool = False

    def line(self, line: int) -> int:
        """A line that is counted from 1, as the client counts."""
        return line if self.lines_start_at1 else line - 1

    def line_from(self, line: int) -> int:
        """A line as the client counts, counted from 1."""
        return line if self.lines_start_at1 else line + 1

    def column(self, column: int) -> int:
        """A column that is counted from 0, as the client counts."""
        return column + 1 if self.columns_start_at1 else column

    def column_from(self, column: int) -> int:
        """A column as the client counts, counted from 0."""
        return column - 1 if self.columns_start_at1 else column


class Conversation:
    """Who asks, what waits to be answered, and what is being answered."""

    def __init__(self, wire: Wire) -> None:
        self.client = Client()
        self.answering: Request | None = None
        """The request that has no answer yet."""
        self._wire = wire
        self._inbox: SimpleQueue[Request | Malformed | None] = SimpleQueue()
        self._first: deque[Request] = deque()
        self._ended = False
        self._heard_last = threading.Event()
        """Set when it is known that the client leaves."""
        self._leaving = threading.Lock()
        self._answers_in = threading.get_ident()
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def _read(self) -> None:
        try:
            for message in self._wire.receive():
                self._inbox.put(message)
                if isinstance(message, Request) and message.command == LEAVES:
                    break
        except (OSError, ValueError):  # the connection was lost, or closed on our side
            pass
        finally:
            self._inbox.put(None)
        # Some questions about long runs are deaf for many seconds; nobody waits for their answer.
        if not self._heard_last.wait(DEAF):
            with self._leaving:
                if not self._heard_last.is_set():
                    raise_in_thread(self._answers_in, ClientGoneError)

    def close(self) -> None:
        """Nothing is answered any more."""
        with self._leaving:
            self._heard_last.set()

    # requests

    def next(self) -> Request | None:
        """The next request; None where no more will come. Raises ClientGoneError."""
        while True:
            if self._first:
                return self._first.popleft()
            if self._ended:
                return None
            request = self._heard(self._inbox.get())
            if request:
                return request

    def waiting(self) -> list[Request]:
        """The requests that have come meanwhile. Raises ClientGoneError."""
        found: list[Request] = []
        while not self._ended:
            try:
                request = self._heard(self._inbox.get_nowait())
            except Empty:
                break
            found += [request] if request else []
        return found

    @property
    def ended(self) -> bool:
        """Whether it is known that no more will come."""
        return self._ended

    def put_back(self, request: Request) -> None:
        """Have a request come again, before all others."""
        self._first.append(request)

    @property
    def has_put_back(self) -> bool:
        """Whether one will."""
        return bool(self._first)

    def _heard(self, message: Request | Malformed | None) -> Request | None:
        if isinstance(message, Request):
            if message.command == LEAVES:
                self._heard_last.set()
            return message
        if message is None:
            self._heard_last.set()
            self._ended = True
        elif message.command or message.seq:
            self._respond(message, False, message.reason, _error(message.reason))
        else:
            self.say(f"{message.reason}\n", "stderr")
        return None

    def open(self) -> bool:
        """Get to know the client; whether one came. Raises ClientGoneError."""
        while request := self.next():
            self.answering = request
            if request.command != "initialize":
                self.refuse(RequestError("initialize comes first"))
                continue
            try:
                self.client = read_object(Client, request.arguments)
            except RequestError as wrong:
                self.refuse(wrong)
                continue
            self.accept(CAPABILITIES)
            return True
        return False

    # answers and events

    def accept(self, body: Body | None = None) -> None:
        """Answer the request that is being answered, if it is not yet. Raises ClientGoneError."""
        if (request := self.answering) is not None:
            self.answering = None
            self._respond(request, True, "", body)

    def refuse(self, error: RequestError) -> None:
        """Answer that it is not done; where it was accepted before, say so."""
        request, self.answering = self.answering, None
        if request is None:
            self.say(f"{error}\n", "stderr")
        else:
            self._respond(request, False, error.kind or str(error), _error(str(error)))

    def _respond(
        self, to: Request | Malformed, success: bool, message: str, body: Body | None
    ) -> None:
        told = {"type": "response", "request_seq": to.seq, "success": success}
        more = {"message": message} if message else {}
        self._wire.send(
            {**told, "command": to.command, **more, **({} if body is None else {"body": body})}
        )

    def tell(self, event: str, body: Body | None = None) -> None:
        """An event. Raises ClientGoneError."""
        self._wire.send({"type": "event", "event": event, **({"body": body} if body else {})})

    def say(self, text: str, category: Category = "console") -> None:
        """Text for people. Raises ClientGoneError."""
        if text:
            self.tell("output", {"category": category, "output": text})


def raise_in_thread(thread: int, error: type[Exception]) -> None:
    """Raise an exception in another thread, at its next step in Python."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


def _error(message: str) -> Body:
    """The body of an answer that something was not done."""
    # In a format braces are variables: the message is one, so that it may hold any.
    return {"error": {"id": 1, "format": "{message}", "variables": {"message": message}}}
