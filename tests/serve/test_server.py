"""Pages and websockets, asked by a client of our own: what is given, refused, and ended."""

from __future__ import annotations

import asyncio
import json
import random
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serve.serving import PATIENCE, Served, drawn, running, serving, wait_until

aiohttp = pytest.importorskip("aiohttp")
theirs = pytest.importorskip("textual_serve.server")
from vliwdbg.serve.visit import Visit  # noqa: E402

LIMIT = 2
TOKEN = "0123456789"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served"), "--limit", str(LIMIT)) as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[Any]:
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield session


async def read_until(websocket: Any, text: str) -> None:
    """Read what a debugger draws, until this is on the screen."""
    seen = b""
    while text not in drawn(seen):
        message = await websocket.receive(PATIENCE)
        assert message.type == aiohttp.WSMsgType.BINARY, drawn(seen)
        seen += message.data


def opened(client: Any, served: Served, path: str = "/ws?width=100&height=30") -> Any:
    return client.ws_connect(served.base + path, origin=served.base)


async def test_a_visit(served: Served, client: Any) -> None:
    async with client.get(served.address) as page:
        assert page.status == 200
        text = await page.text()
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert f"ws://{served.base.removeprefix('http://')}/ws" in text
    for path in ("/page.js", "/static/js/textual.js", "/static/css/xterm.css"):
        async with client.get(served.base + path) as part:
            assert part.status == 200
            assert path in text
    async with opened(client, served) as websocket:
        await read_until(websocket, "cycle 0")
        await websocket.send_json(["stdin", "s"])
        await read_until(websocket, "cycle 1")
        await websocket.send_json(["resize", {"width": 60, "height": 10**9}])
        await websocket.send_json(["ping", "7"])
        await websocket.send_json(["stdin", "\ud800S"])
        await read_until_text(websocket, ["pong", "7"])
        await read_until(websocket, "cycle 0")
        (visitor,) = served.visitors()
        await websocket.send_json(["stdin", ":quit\r"])
        assert await closed(websocket)
    wait_until(lambda: not running(visitor))


async def read_until_text(websocket: Any, told: Any) -> None:
    while True:
        message = await websocket.receive(PATIENCE)
        if message.type == aiohttp.WSMsgType.TEXT:
            assert json.loads(message.data) == told
            return


async def closed(websocket: Any) -> bool:
    """Whether the other side closes it, after whatever it says before."""
    ends = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)
    while (message := await websocket.receive(PATIENCE)).type not in ends:
        assert message.type != aiohttp.WSMsgType.ERROR
    return True


async def status_of(client: Any, served: Served) -> int:
    async with client.get(served.address) as page:
        return int(page.status)


async def test_so_many_at_once_and_each_has_a_process(served: Served, client: Any) -> None:
    async with opened(client, served), opened(client, served) as second:
        visitors = served.wait_for_visitors(LIMIT)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await opened(client, served)
        assert refused.value.status == 503
        async with client.get(served.address) as page:
            assert page.status == 503
            assert "the most there may be" in await page.text()
        await second.close()
        served.wait_for_visitors(LIMIT - 1)
        # Its place is free when the server has heard of the end of its process.
        async with asyncio.timeout(PATIENCE):
            while await status_of(client, served) != 200:
                await asyncio.sleep(0.01)
    served.wait_for_visitors(0)
    assert not any(map(running, visitors))


HOSTILE = [
    "{", "\xff", "", "null", "[]", '["stdin"]', '["stdin", 7]', '["resize", {}]', "[" * 100_000,
    '["resize", {"width": "x", "height": 1}]', '["ping", {"a": []}]', '["nope"]',
    '["resize", {"width": 1e400, "height": 1}]',
]  # fmt: skip


async def test_messages_of_no_page_end_the_visit_and_not_the_server(
    served: Served, client: Any
) -> None:
    async with opened(client, served) as websocket:
        await websocket.send_str("x" * 2**21)
        assert await closed(websocket)
    async with opened(client, served) as websocket:
        await websocket.send_bytes(b"\xff\xfe")
        assert await closed(websocket)
    served.wait_for_visitors(0)
    assert served.alive()


class Silent:
    """A websocket that nobody listens to."""

    async def send_bytes(self, data: bytes) -> None: ...

    async def send_json(self, told: Any) -> None: ...

    send_str = send_bytes


class Recorded(Visit):
    """A visit without a process: what one would be sent."""

    def __init__(self) -> None:
        super().__init__(["nothing"], Silent(), theirs.Server("nothing").download_manager)  # type: ignore[arg-type]
        self.got: list[Any] = []

    async def send_bytes(self, data: bytes) -> bool:
        self.got.append(data)
        return True

    async def send_meta(self, data: dict[str, Any]) -> bool:
        self.got.append(data)
        return True


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:40])
async def test_what_is_no_message(text: str) -> None:
    visit = Recorded()
    with pytest.raises((ValueError, RecursionError)):
        await visit.obey(text)
    assert visit.got == []


async def test_ten_thousand_mutated_messages() -> None:
    """Whatever becomes of the page's messages, they are obeyed or refused; screens are small."""
    rng, visit, refused = random.Random(14), Recorded(), 0
    good = [
        '["stdin", "s"]',
        '["resize", {"width": 80, "height": 24}]',
        '["ping", "1"]',
        '["blur"]',
    ]
    for _ in range(10_000):
        text = list(rng.choice(good))
        for _ in range(rng.randrange(4)):
            text[rng.randrange(len(text))] = chr(rng.choice([0, 34, 57, 91, 44, 0x7F, 0xD800, 45]))
        try:
            await visit.obey("".join(text))
        except (ValueError, RecursionError):
            refused += 1
    assert 0 < refused < 10_000
    sizes = [told for told in visit.got if isinstance(told, dict) and told["type"] == "resize"]
    assert all(0 < told["width"] <= 1000 and 0 < told["height"] <= 500 for told in sizes)


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({"Origin": "http://evil.example"}, "/ws"),
        ({}, "/ws"),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, "/ws"),
        ({"Host": "evil.example"}, "/"),
    ],
    ids=str,
)
async def test_strangers_are_refused(
    served: Served, client: Any, headers: dict[str, str], path: str
) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    async with client.get(served.base + path, headers=upgrade | headers) as answer:
        assert answer.status == 403
    assert served.visitors() == []


async def test_what_there_is_not(served: Served, client: Any) -> None:
    for path in ("/nope", "/download/nope", "/static/../server.py", "/static/", "/ws/a/b"):
        async with client.get(served.base + path) as answer:
            assert answer.status in (403, 404)
    async with client.post(served.address, data=b"x") as answer:
        assert answer.status == 405
    assert served.alive()


async def test_a_token_is_needed_where_there_is_one(tmp_path: Path, client: Any) -> None:
    with serving(tmp_path, "--token", TOKEN) as served:
        for query in ("", "?token=", "?token=wrong"):
            async with client.get(f"{served.base}/{query}") as page:
                assert page.status == 403
        for path in ("/ws", "/ws/wrong"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await opened(client, served, path)
            assert refused.value.status == 403
        async with client.get(served.address, headers={"Host": "other.example"}) as page:
            assert page.status == 200
        async with opened(client, served, f"/ws/{TOKEN}"):
            (visitor,) = served.wait_for_visitors(1)
            served.process.send_signal(signal.SIGINT)
            assert served.process.wait(PATIENCE) == 130
        assert not running(visitor)


async def test_visitors_end_with_a_server_that_is_killed(tmp_path: Path, client: Any) -> None:
    with serving(tmp_path) as served:
        async with opened(client, served) as websocket:
            await read_until(websocket, "cycle 0")
            (visitor,) = served.visitors()
            served.process.kill()
            wait_until(lambda: not running(visitor))


async def test_a_program_that_became_unreadable_is_told_in_the_page(
    tmp_path: Path, client: Any
) -> None:
    with serving(tmp_path) as served:
        (tmp_path / "five.json").write_text("[{\x1b")
        async with opened(client, served) as websocket:
            await read_until(websocket, "five.json")
            assert await closed(websocket)
