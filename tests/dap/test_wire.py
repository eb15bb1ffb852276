"""What comes in, whatever it is: requests, and what is none."""

import io
import json
from typing import Any

import pytest

from tests.dap.client import framed
from vliwdbg.dap.arguments import RequestError, read_arguments
from vliwdbg.dap.configuration import Launch
from vliwdbg.dap.stops import Source, SourceBreakpoint, set_breakpoints
from vliwdbg.dap.wire import LONGEST, Malformed, Request, Wire

NEXT = {"seq": 7, "type": "request", "command": "next", "arguments": {"threadId": 1}}
READ = Request(7, "next", {"threadId": 1})


def received(data: bytes) -> list[Any]:
    return list(Wire(io.BytesIO(data), io.BytesIO()).receive())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", None),
        (b"\r\n\n", None),
        (b"content-type: text\r\n", None),
        (b"Content-Length: x\r\n\r\n", "a number of bytes, not 'x'"),
        (b"Content-Length: -5\r\n\r\n", "a number of bytes"),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", "a number of bytes"),
        (b"Content-Length: %d\r\n\r\n" % (LONGEST + 1), "at most"),
        (b'{"seq": 1}\nand more\n', "header is like"),
        (b"\x00\xff\xfe\n", "header is like"),
        (b"x" * 100_000, "header is like"),
        (b"Content-Length: 2\r\n\r\n{]", "JSON"),
        (b"Content-Length: 2\r\n\r\n\xff\xff", "JSON"),
        (b"Content-Length: 0\r\n\r\n", "JSON"),
        (framed([]), "an object"),
        (framed(1), "an object"),
        (b"Content-Length: 12\r\n\r\n{\"seq\": NaN}", "NaN is no number"),
        (b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000, "too deep"),
        (framed({"type": "request"}), "and a command"),
        (framed({"type": "request", "command": ["next"], "seq": 1}), "and a command"),
        (framed({"type": "question", "command": "next", "seq": 1}), "the type request"),
        (framed({**NEXT, "seq": "1"}), "seq is"),
        (framed({**NEXT, "seq": -1}), "seq is"),
        (framed({**NEXT, "seq": True}), "seq is"),
        (framed({**NEXT, "arguments": [1]}), "arguments is"),
        (framed({"type": "response", "seq": 1}), None),
        (framed({"type": "event", "seq": 1}), None),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_after_anything_the_next_request_is_read(data: bytes, said: str | None) -> None:
    *before, last = received(data + b"\n" + framed(NEXT))
    assert last == READ
    assert [type(one) for one in before] == ([Malformed] if said else [])
    assert not said or said in before[0].reason


def test_a_browser_is_not_listened_to() -> None:
    data = b"POST / HTTP/1.1\r\nHost: localhost\r\n" + framed(NEXT)
    (only,) = received(data)
    assert "not HTTP" in only.reason


def test_a_message_that_is_cut_off_is_none() -> None:
    assert received(framed(NEXT)[:-1]) == []


def test_what_is_known_of_a_bad_request_is_told() -> None:
    (only,) = received(framed({**NEXT, "arguments": 1}))
    assert (only.seq, only.command) == (7, "next")


def test_numbers_are_counted_and_text_is_ascii() -> None:
    out = io.BytesIO()
    wire = Wire(io.BytesIO(), out)
    wire.send({"type": "event", "event": "é\ud800"})
    wire.send({"type": "event", "event": "b"})
    first, second = out.getvalue().split(b"Content-Length: ")[1:]
    assert json.loads(first.split(b"\r\n\r\n")[1])["event"] == "é\ud800"
    assert json.loads(second.split(b"\r\n\r\n")[1])["seq"] == 2
    assert out.getvalue().isascii()


def test_arguments_are_read_as_their_types() -> None:
    source = {"sourceReference": 1, "checksums": []}
    given = {
        "source": source,
        "breakpoints": [{"line": 3, "logMessage": None}],
        "sourceModified": 1,
    }
    whole, named = read_arguments(set_breakpoints, given)
    assert whole == []
    assert named == {
        "source": Source(source_reference=1),
        "breakpoints": (SourceBreakpoint(3),),
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "source is missing"),
        ({"source": []}, "source is an object"),
        ({"source": {}, "breakpoints": {}}, "breakpoints is a list"),
        ({"source": {}, "breakpoints": [1]}, "breakpoints[0] is an object"),
        ({"source": {}, "breakpoints": [{}]}, "breakpoints[0].line is missing"),
        ({"source": {}, "breakpoints": [{"line": 1.5}]}, "line is a whole number"),
        ({"source": {}, "breakpoints": [{"line": True}]}, "line is a whole number"),
        ({"source": {}, "breakpoints": [{"line": 10**40}]}, "line is a whole number"),
        ({"source": {"name": "\ud800"}}, "source.name is text"),
        ({"source": {"name": "a\0b"}}, "source.name is text"),
    ],
    ids=str,
)
def test_other_arguments_are_refused_with_their_place(wrong: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said.replace("[", r"\[")):
        read_arguments(set_breakpoints, wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"program": "-"}, "standard input"),
        ({"program": ""}, "empty"),
        ({"program": "a.json", "kernel": "baseline"}, "kernel is for the bundled kernel"),
        ({"program": "a.json", "python": "python3"}, "for a Python file"),
        ({"settings": {"a": []}}, "settings.a is a number or text"),
    ],
    ids=str,
)
def test_a_configuration_that_does_not_go_together(wrong: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        Launch(**wrong).choice()
