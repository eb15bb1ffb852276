"""Endless programs, clients that vanish or come in numbers, and messages that mean nothing."""

import json
import random
import select
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import ENDLESS, FAULT, Command, unchecked
from tests.dap.client import PATIENCE, Client, connected, framed, started
from tests.dap.conftest import LOOP, program_file
from vliwdbg.dap import conversation
from vliwdbg.dap.requests import REQUESTS
from vliwdbg.dap.server import MOST_CLIENTS

LISTING = {"sourceReference": 1}
TURNING = [{"alu": [["+", 0, 0, 1]]}, {"flow": [["jump", 0]]}]
"""An endless program of two bundles."""


@pytest.fixture
def running(client: Client, tmp_path: Path) -> Client:
    """A client whose program runs without an end."""
    client.initialize(supportsProgressReporting=True)
    client.launch(program_file(tmp_path, unchecked(TURNING)), stopOnEntry=True)
    client.ask("continue", threadId=1)
    return client


# endless programs


def test_an_endless_program_can_be_paused(running: Client) -> None:
    running.ask("pause", threadId=1)
    assert running.wait_for("stopped")["reason"] == "pause"
    assert int(running.evaluate("$cycle")) > 0


def test_what_needs_a_program_at_rest_is_refused(running: Client) -> None:
    for command, arguments in (
        ("stackTrace", {"threadId": 1}),
        ("evaluate", {"expression": "1"}),
        ("next", {"threadId": 1}),
        ("variables", {"variablesReference": 1}),
    ):
        response = running.response(running.send(command, **arguments))
        assert (response["success"], response["message"]) == (False, "notStopped")
    assert running.ask("threads")["threads"]
    assert "no request" in running.refused("attach")


def test_breakpoints_set_meanwhile_are_met(running: Client) -> None:
    one = [{"instructionReference": "0x1", "condition": "$cycle > 1000"}]
    assert running.ask("setInstructionBreakpoints", breakpoints=one)["breakpoints"][0]["verified"]
    stopped = running.wait_for("stopped")
    assert (stopped["reason"], stopped["hitBreakpointIds"]) == ("instruction breakpoint", [1])
    assert running.pc() == 1


def test_progress_is_told_and_can_be_cancelled(running: Client) -> None:
    start = running.wait_for("progressStart")
    assert start["cancellable"]
    assert "cycle" in running.wait_for("progressUpdate")["message"]
    running.ask("cancel", progressId="another")
    running.ask("cancel", progressId=start["progressId"])
    running.wait_for("progressEnd")
    assert running.wait_for("stopped")["reason"] == "pause"


def test_a_command_can_be_cancelled(running: Client) -> None:
    running.ask("pause", threadId=1)
    running.wait_for("stopped")
    for line in ("goto end", "goto 50%"):
        asked = running.send("evaluate", expression=line, context="repl")
        time.sleep(0.1)
        running.ask("cancel", requestId=asked)
        running.response(asked)
    assert running.evaluate("1 + 1") == "2"


def test_commands_that_never_end_are_ended(client: Client, loop: str) -> None:
    client.initialize()
    client.launch(loop, stopOnEntry=True)
    client.do("break pc 3\ncommands\nrun\nend")
    asked = client.send("evaluate", expression="run", context="repl")
    time.sleep(0.5)
    client.ask("pause", threadId=1)
    assert client.response(asked)["success"]
    assert client.wait_for("stopped")
    asked = client.send("evaluate", expression="print 1\n" * 20_000, context="repl")
    client.ask("cancel", requestId=asked)
    client.response(asked)


def test_restart_and_terminate_end_what_runs(running: Client) -> None:
    running.ask("restart")
    assert running.wait_for("stopped")["reason"] == "entry"
    running.ask("continue", threadId=1)
    running.ask("terminate")
    running.wait_for("terminated")
    running.ask("disconnect")
    assert running.receive() is None


def test_a_client_may_leave_while_it_runs(running: Client) -> None:
    running.ask("disconnect")
    assert running.receive() is None


def test_a_client_may_vanish_while_it_runs(running: Client) -> None:
    """`connected` waits for the adapter's end."""


def test_a_client_may_leave_while_a_question_is_answered(
    running: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "DEAF", 0.2)
    running.ask("pause", threadId=1)
    running.wait_for("stopped")
    running.send("evaluate", expression="why", context="repl")
    running.send("disconnect")
    while running.receive(5):
        pass


def test_an_endless_builder_is_ended(client: Client, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("while True: pass")
    client.initialize(supportsProgressReporting=True)
    asked = client.send("launch", program=str(tmp_path / "mine.py"))
    client.wait_for("progressStart")
    client.ask("cancel", requestId=asked)
    assert client.response(asked)["message"] == "cancelled"
    client.launch(program_file(tmp_path, LOOP), stopOnEntry=True)


def test_a_program_that_changes_or_goes_changes_nothing(client: Client, tmp_path: Path) -> None:
    client.initialize()
    file = Path(program_file(tmp_path, LOOP))
    client.launch(str(file), stopOnEntry=True)
    file.write_text("[]")
    client.move("next")
    file.unlink()
    assert client.ask("source", sourceReference=1)["content"].count("\n") == 9
    assert "no such file" in client.refused("restart")
    assert client.move("next")["reason"] == "step"


# processes and ports


def test_standard_output_is_the_protocols(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import os; os.write(1, b'noise'); print('noise')\n"
        "class KernelBuilder:\n"
        "    instrs = [{'alu': [('+', 0, 0, 0)]}]\n"
        "    def build_kernel(self, *sizes): pass\n"
    )
    with started(tmp_path) as (client, process):
        client.initialize()
        client.launch("mine.py", stopOnEntry=True)
        assert client.do("dump memory - 0:2").startswith("[")
        assert "reads a file" in client.refused("evaluate", expression="source -", context="repl")
        client.send_bytes(b"nonsense\r\n\r\n")
        client.ask("disconnect")
        assert client.receive() is None
        assert process.wait(PATIENCE) == 0
        assert process.stderr
        assert process.stderr.read() == b""


@pytest.mark.parametrize("leaves", [b"", b"Content-Length: 99\r\n\r\n{", b"\xff"], ids=str)
def test_a_process_ends_with_its_client(tmp_path: Path, leaves: bytes) -> None:
    program_file(tmp_path, unchecked(ENDLESS))
    with started(tmp_path) as (client, process):
        client.initialize()
        client.ask("launch", program="loop.json")
        client.ask("configurationDone")
        client.send_bytes(leaves)
        assert process.stdin
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def test_nobody_who_listens_is_no_trouble(tmp_path: Path, vliwdbg: Command) -> None:
    reader, writer = socket.socketpair()
    reader.close()
    data = framed({"seq": 1, "type": "request", "command": "initialize"})
    ended = vliwdbg("dap", stdin=data, stdout=writer)
    assert (ended.code, ended.err) == (0, "")


@contextmanager
def to_port(port: int) -> Iterator[Client]:
    ours = socket.create_connection(("127.0.0.1", port), PATIENCE)
    with ours, ours.makefile("rb") as reader, ours.makefile("wb") as writer:
        yield Client(reader, writer)
        with suppress(OSError):
            ours.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with started(tmp_path, "--port", "0") as (_, process):
        assert process.stderr
        assert select.select([process.stderr], [], [], PATIENCE)[0]
        yield int(process.stderr.readline().rpartition(b":")[2])
        assert process.poll() is None


def test_clients_of_a_port_have_sessions_of_their_own(port: int, loop: str, tmp_path: Path) -> None:
    with to_port(port) as one, to_port(port) as other:
        one.initialize()
        other.initialize()
        one.launch(program_file(tmp_path, unchecked(ENDLESS), "endless.json"), stopOnEntry=True)
        one.ask("continue", threadId=1)
        other.launch(loop, stopOnEntry=True)
        assert [other.move("next") and other.pc() for _ in range(3)] == [1, 2, 3]
        one.ask("pause", threadId=1)
        one.wait_for("stopped")
        other.ask("disconnect")
        assert other.receive() is None
        assert one.move("next")


def test_a_port_has_so_many_places(port: int) -> None:
    held = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(MOST_CLIENTS)]
    with to_port(port) as late:
        late.wait_for("terminated")
        assert f"{MOST_CLIENTS} clients" in late.output
        assert late.receive() is None
    for connection in held:
        connection.close()
    deadline = time.monotonic() + PATIENCE
    while True:
        with to_port(port) as next_:
            try:
                next_.initialize()
                break
            except (AssertionError, OSError):
                assert time.monotonic() < deadline


def test_a_browser_gets_nothing_done_at_a_port(port: int) -> None:
    launch = {"seq": 1, "type": "request", "command": "initialize", "arguments": {}}
    with to_port(port) as page:
        page.send_bytes(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + framed(launch))
        assert page.wait_for("output")["category"] == "stderr"
        assert page.receive() is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "65536"], "--port"),
        (["--port", "x"], "--port"),
        (["program.json"], "program.json"),
    ],
    ids=str,
)
def test_options_that_are_none(vliwdbg: Command, words: list[str], said: str) -> None:
    ended = vliwdbg("dap", *words)
    assert ended.code == 2
    assert said in ended.err


def test_ctrl_c_ends_a_port(tmp_path: Path) -> None:
    with started(tmp_path, "--port", "0") as (_, process):
        assert process.stderr
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130


def test_a_port_that_is_taken(vliwdbg: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = vliwdbg("dap", "--port", str(port))
    assert (ended.code, ended.out) == (2, "")
    assert f"port {port}: address already in use" in ended.err


# messages that mean nothing

ODD: list[Any] = [
    None, True, 0, -1, 1, 2**31, 2**63, 10**30, 1.5, "", "x", "\ud800", "a\0b", "\n", "s[0]",
    "pc 3", "0x0", "-0x1", "9" * 500, "(" * 500, "v_val", [], [1], {}, {"a": 1}, [[]], [{}],
    LISTING, {"line": 3}, [{"line": 2}], "step", "goto end", "quit", "source /dev/null", "why",
    "x" * 5000,
]  # fmt: skip
DEEP: Any = 0
for _ in range(400):
    DEEP = [DEEP]
USUAL: dict[str, dict[str, Any]] = {
    "setBreakpoints": {"source": LISTING, "breakpoints": [{"line": 3, "condition": "n == 1"}]},
    "setFunctionBreakpoints": {"breakpoints": [{"name": "round", "hitCondition": "2"}]},
    "setInstructionBreakpoints": {"breakpoints": [{"instructionReference": "0x2", "offset": 1}]},
    "setDataBreakpoints": {"breakpoints": [{"dataId": "acc", "accessType": "read"}]},
    "setExceptionBreakpoints": {"filters": ["pauses"]},
    "dataBreakpointInfo": {"name": "acc", "variablesReference": 1, "asAddress": True, "bytes": 4},
    "breakpointLocations": {"source": LISTING, "line": 1, "endLine": 9},
    "gotoTargets": {"source": LISTING, "line": 3},
    "goto": {"threadId": 1, "targetId": 2},
    "stackTrace": {"threadId": 1, "startFrame": 0, "levels": 2},
    "scopes": {"frameId": 1},
    "variables": {"variablesReference": 1, "start": 1, "count": 3, "filter": "indexed"},
    "setVariable": {"variablesReference": 1, "name": "n", "value": "1"},
    "setExpression": {"expression": "n", "value": "3"},
    "evaluate": {"expression": "print n", "context": "repl", "format": {"hex": True}},
    "completions": {"text": "print ", "column": 7, "line": 1},
    "source": {"source": LISTING, "sourceReference": 1},
    "disassemble": {"memoryReference": "0x0", "instructionOffset": -3, "instructionCount": 9},
    "readMemory": {"memoryReference": "0x0", "offset": 1, "count": 9},
    "writeMemory": {"memoryReference": "0x4", "data": "AAAA", "allowPartial": True},
    "cancel": {"requestId": 1, "progressId": "work 1"},
    "launch": {"program": "loop.json", "stopOnEntry": True, "commands": ["step"]},
    "restart": {},
}
RARELY = ("disconnect", "terminate", "initialize")


def mutated(rng: random.Random, seq: int) -> bytes:
    """A request with something wrong in it, or somewhere wrong, most of the time."""
    command = rng.choice([c for c in REQUESTS if c not in RARELY] + ["nothing", "initialize"])
    arguments = deepcopy(USUAL.get(command, {"threadId": 1}))
    for _ in range(rng.randrange(3)):
        target: Any = arguments
        while isinstance(target, (dict, list)) and target and rng.random() < 0.5:
            key = (
                rng.choice(list(target)) if isinstance(target, dict) else rng.randrange(len(target))
            )
            if not isinstance(target[key], (dict, list)):
                break
            target = target[key]
        odd = deepcopy(DEEP if rng.random() < 0.02 else rng.choice(ODD))
        if isinstance(target, dict):
            target[rng.choice([*target, "more"])] = odd
        else:
            target.append(odd)
    message: Any = {"seq": seq, "type": "request", "command": command, "arguments": arguments}
    if rng.random() < 0.1:
        message[rng.choice(list(message))] = deepcopy(rng.choice(ODD))
    data = bytearray(framed(message))
    if rng.random() < 0.1:
        for _ in range(rng.randrange(1, 5)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    if rng.random() < 0.03:
        del data[rng.randrange(len(data)) :]
    return bytes(data)


def survive(client: Client, folder: Path, seed: int, messages: int) -> int:
    """Send so many; in between it has to answer. How many errors of ours there were is returned."""
    rng = random.Random(seed)
    program = program_file(folder, LOOP if seed % 2 else unchecked(FAULT))
    USUAL["launch"]["program"] = program
    client.launch(program, stopOnEntry=True)
    bugs = 0
    for seq in range(1, messages + 1):
        client.send_bytes(mutated(rng, 10**6 + seq))
        if seq % 20 == 0:
            # What was cut off is made up for, so that the next header is one.
            client.send_bytes(b"\r\n" * 40 + b" " * 9000 + b"\n")
            client.send("pause", threadId=1)
            assert client.response(client.send("threads"))["success"]
            client.response(client.send("launch", program=program, stopOnEntry=True))
            client.response(client.send("scopes", frameId=1))
        bugs += sum("our bug" in json.dumps(r) for r in client.responses.values())
        client.responses.clear()
        client.events.clear()
    return bugs


def test_whatever_is_sent_it_lives(client: Client, tmp_path: Path) -> None:
    client.initialize()
    assert survive(client, tmp_path, 1, 400) == 0


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_ten_thousand_messages(tmp_path: Path, seed: int) -> None:
    with connected() as client:
        client.initialize()
        assert survive(client, tmp_path, seed, 500) == 0
