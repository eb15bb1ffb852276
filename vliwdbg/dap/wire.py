"""Messages on a stream of bytes, each after a header that tells its length.

    Content-Length: 119\r\n\r\n{"seq": 153, "type": "request", "command": "next", …}

Whatever cannot be read as a request is told as `Malformed`, and reading goes on at the next header.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple, NoReturn

LONGEST = 2**24
"""Bytes of a message."""
_LONGEST_LINE = 2**12
"""Bytes of a line of a header."""
_HEADER = re.compile(rb"\s*([A-Za-z][A-Za-z0-9-]*)[ \t]*:[ \t]*([^\r\n]*?)\s*")
_OF_A_BROWSER = re.compile(rb"[A-Z]+ \S+ HTTP/[0-9.]+\s*")
_LENGTH = re.compile(rb"[0-9]{1,18}")


class Request(NamedTuple):
    """What a client asks for."""

    seq: int
    command: str
    arguments: Mapping[str, Any]


class Malformed(NamedTuple):
    """Bytes that are no request, and why; `seq` and `command` as far as it told them."""

    reason: str
    seq: int = 0
    command: str = ""


class ClientGoneError(Exception):
    """Nobody reads what is sent."""


@dataclass
class Wire:
    """Both directions of a conversation."""

    reader: BinaryIO
    writer: BinaryIO
    _sent: int = field(default=0, init=False)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message under the next number. Raises ClientGoneError."""
        self._sent += 1
        body = json.dumps({"seq": self._sent, **message}, separators=(",", ":")).encode("ascii")
        try:
            self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            self.writer.flush()
        except (OSError, ValueError):  # closed on their side, or on ours
            raise ClientGoneError from None

    def receive(self) -> Iterator[Request | Malformed]:
        """What comes in, until it ends."""
        lost = False
        while True:
            try:
                length = self._length(lost)
            except _WrongError as wrong:
                yield Malformed(str(wrong))
                if wrong.final:
                    return
                lost = True
                continue
            body = b"" if length is None else self.reader.read(length)
            if length is None or len(body) < length:
                return
            lost = False
            message = _message(body)
            if message is not None:
                yield message

    def _length(self, lost: bool) -> int | None:
        """The length that the next header tells; None at the end.

        Who is `lost` looks for the next header, and does not complain of what is no header.
        """
        length = None
        while line := self.reader.readline(_LONGEST_LINE):
            if not line.strip():
                if length is not None:
                    return length
                continue
            header = _HEADER.fullmatch(line)
            if header and header[1].lower() == b"content-length":
                length = _told_length(header[2])
            elif length is None and not lost and not header:
                _complain(line)
        return None


class _WrongError(Exception):
    """Why a header is invalid, and whether there is no sense in reading on."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


def _told_length(text: bytes) -> int:
    if not _LENGTH.fullmatch(text):
        raise _WrongError(f"Content-Length is a number of bytes, not {_shown(text)}")
    if int(text) > LONGEST:
        raise _WrongError(f"a message has at most {LONGEST} bytes, not {int(text)}")
    return int(text)


def _complain(line: bytes) -> NoReturn:
    if _OF_A_BROWSER.fullmatch(line):
        # A page in a browser may send what it likes to any port of this machine, in the body.
        raise _WrongError("this is the Debug Adapter Protocol, not HTTP", final=True)
    raise _WrongError(f"a header is like Content-Length: 119, not {_shown(line.strip())}")


def _shown(text: bytes) -> str:
    return ascii(text[:40].decode("utf-8", "replace")) + ("…" if len(text) > 40 else "")


def _message(body: bytes) -> Request | Malformed | None:
    """The request of a body; None for a message that asks for nothing."""
    try:
        told = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        return Malformed("a message is nested too deep")
    except ValueError as wrong:
        return Malformed(f"a message is JSON in UTF-8: {wrong}")
    if not isinstance(told, dict):
        return Malformed("a message is an object")
    if told.get("type") in ("response", "event"):
        return None
    seq, command, arguments = told.get("seq"), told.get("command"), told.get("arguments")
    known = seq if type(seq) is int and 0 <= seq < 2**53 else 0
    named = command if isinstance(command, str) else ""
    if told.get("type") != "request" or not named:
        return Malformed("a message has the type request, and a command", known, named)
    if seq != known:
        return Malformed("seq is a whole number", known, named)
    if arguments is not None and not isinstance(arguments, dict):
        return Malformed("arguments is an object", known, named)
    return Request(known, named, arguments or {})


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
