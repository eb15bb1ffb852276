"""The server at its wire: what is no message, clients that vanish, two at once."""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.agents.wire import HELLO, READY, Wire, request
from tests.cli.command import unchecked

pytest.importorskip("mcp")

INTERNAL = -32603
PROGRAM = unchecked(
    [
        {"load": [["const", 8, 3], ["const", 9, 4]]},
        {"alu": [["+", 9, 9, 8]]},
        {"store": [["store", 8, 9]]},
    ]
)
ENDLESS = unchecked([{"flow": [["jump", 0]]}])
BUILDS_FOR_EVER = """
import pathlib, os
pathlib.Path("pid").write_text(str(os.getpid()))
class KernelBuilder:
    def build_kernel(self, *sizes):
        while True:
            pass
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.json").write_text(json.dumps(PROGRAM))
    (tmp_path / "endless.json").write_text(json.dumps(ENDLESS))
    (tmp_path / "long.py").write_text(BUILDS_FOR_EVER)
    return tmp_path


@contextmanager
def wire(folder: Path, *options: str, greeted: bool = True) -> Iterator[Wire]:
    wire = Wire(folder, *options)
    try:
        if greeted:
            wire.greet()
        yield wire
    finally:
        wire.end()


def call(number: Any, tool: str, **arguments: Any) -> dict[str, Any]:
    return request(number, "tools/call", name=tool, arguments=arguments)


# Messages, and what may become of them

MESSAGES: list[Any] = [
    HELLO,
    READY,
    request(1, "ping"),
    request(2, "tools/list"),
    request(3, "resources/list"),
    request(4, "resources/read", uri="vliwdbg://schema"),
    call(5, "floor", program="a.json"),
    call(6, "who", program="a.json", place="s[9]", cycle=2),
    call(7, "exec", program="a.json", commands=["b pc 1", "c", "p s[9]", "x/4 mem[0]"]),
    call(8, "bench", programs=["a.json", "endless.json"], ledger="k.ledger"),
    call(9, "slots", program="a.json", cycle=1, limit=3, offset=0),
    call(10, "find", program="a.json", expression="s[9] == (7 + 0) && $cycle > 1"),
    {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 8}},
    {"jsonrpc": "2.0", "id": 11, "result": {}},
]
VALUES: list[Callable[[], Any]] = [
    lambda: None,
    lambda: -1,
    lambda: 10**400,
    lambda: 1.5,
    lambda: True,
    lambda: "",
    lambda: "../../../etc/passwd",
    lambda: "a\0b\ud800\u202e",
    lambda: "(" * 3000,
    lambda: "x" * 100_000,
    list,
    lambda: [[]] * 1000,
    dict,
    lambda: {"a": {"b": None}},
    lambda: "tools/call",
    lambda: "default.json",
]


def mutated(rng: random.Random) -> bytes:
    """A message in which something is otherwise, or that is none any more."""
    message = json.loads(json.dumps(rng.choice(MESSAGES)))
    for _ in range(rng.choice((0, 1, 1, 2))):
        _change(message, rng)
    data = bytearray(
        json.dumps(message, ensure_ascii=rng.random() < 0.5).encode("utf-8", "replace")
    )
    for _ in range(rng.choice((0, 0, 0, 1, 3))):
        at = rng.randrange(len(data))
        if rng.random() < 0.5:
            data[at] = rng.randrange(256)
        else:
            del data[at : at + rng.randrange(1, 20)]
            data += b" "
    if rng.random() < 0.02:
        data = bytearray(b"[" * 100_000 if rng.random() < 0.5 else b'{"a":' * 50_000)
    return bytes(data).replace(b"\n", b" ")


def _change(message: Any, rng: random.Random) -> None:
    """Change something, anywhere in a message."""
    places = [(message, key) for key in message]
    for holder, key in places:
        inside = holder[key]
        if isinstance(inside, (dict, list)):
            places += [
                (inside, k) for k in (inside if isinstance(inside, dict) else range(len(inside)))
            ]
    if not places:
        return
    holder, key = rng.choice(places)
    if isinstance(holder, dict) and rng.random() < 0.2:
        del holder[key]
    elif isinstance(holder, dict) and rng.random() < 0.2:
        holder[str(rng.choice(VALUES)())[:50]] = holder[key]
    else:
        holder[key] = rng.choice(VALUES)()


def survives(wire: Wire, messages: int, seed: int) -> None:
    """Send so many that are mutated; in between it still answers, and all it writes is protocol."""
    rng = random.Random(seed)
    for number in range(messages):
        wire.send(mutated(rng))
        if number % 50 == 49:
            wire.send(call(f"alive {number}", "floor", program="a.json"))
            told = wire.answer(f"alive {number}")
            assert told["result"]["structuredContent"]["cycles"] == 3
    for line in wire.lines:
        told = json.loads(line)
        assert told["jsonrpc"] == "2.0"
        assert told.get("error", {}).get("code") != INTERNAL, "a fault of ours, or of the SDK"


@pytest.mark.parametrize("seed", [1])
def test_mutated_messages(folder: Path, seed: int) -> None:
    with wire(folder) as server:
        survives(server, 300, seed)
        assert server.end() == 0
    assert set(folder.iterdir()) == {
        folder / name for name in ("a.json", "endless.json", "long.py", "k.ledger")
    }


@pytest.mark.soak
def test_ten_thousand_mutated_messages(folder: Path) -> None:
    for seed in range(2, 12):
        with wire(folder) as server:
            survives(server, 1000, seed)
            assert server.end() == 0


# Clients that come and go


def test_a_client_that_calls_off_a_question_and_one_that_vanishes(folder: Path) -> None:
    server = Wire(folder, "--allow-python")
    server.greet()
    server.send(call(1, "run", program="long.py"))
    server.send(call(2, "floor", program="a.json"))
    called_off = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    server.send(called_off)
    began = time.monotonic()  # half a minute is what a question may take
    assert server.answer(2)["result"]["structuredContent"]["cycles"] == 3
    (folder / "pid").unlink(missing_ok=True)
    server.send(call(3, "run", program="long.py"))
    process = folder / "pid"
    while not (process.exists() and process.read_text()):
        assert time.monotonic() - began < 20
        time.sleep(0.02)
    assert server.end() == 0
    assert time.monotonic() - began < 20
    builder = Path("/proc", process.read_text())
    while builder.exists():
        assert time.monotonic() - began < 20
        time.sleep(0.02)


def test_two_clients_of_which_one_begins_with_what_is_no_message(folder: Path) -> None:
    with wire(folder, greeted=False) as one, wire(folder) as other:
        for line in (b"", b"\xff\xfe", b"null", b"[]", b"{" * 10**6, b'"' + b"x" * 10**7 + b'"'):
            one.send(line)
        one.greet()
        one.send(call("huge", "floor", program="x" * 10**6))
        assert len(json.dumps(one.answer("huge"))) < 5000
        for number in range(3):
            for server in (one, other):
                server.send(call(number, "bench", programs=["a.json"], ledger="k.ledger"))
        for server in (one, other):
            for number in range(3):
                (program,) = server.answer(number)["result"]["structuredContent"]["programs"]
                assert program["cycles"] == 3
