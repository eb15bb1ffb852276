"""Who may come in, and who may not."""

import pytest

from vliwdbg.serve.gate import SHORTEST_TOKEN, Gate, is_loopback, new_token

TOKEN = "a-long secret/&?"
OPEN, CLOSED = Gate(), Gate(TOKEN)
HERE = "127.0.0.1:8000"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_addresses_of_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.0.1", "localhost.example", "", "x" * 999]
)
def test_addresses_of_others(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", [HERE, "localhost", "LOCALHOST:1", "[::1]:8000"])
def test_without_a_token_this_machine_comes_in(host: str) -> None:
    assert OPEN.refuses_page(host, None) is None
    assert OPEN.refuses_websocket(host, f"http://{host}", None) is None


@pytest.mark.parametrize("host", [None, "", "evil.example:8000", "10.0.0.1", "[::1", "[", "a b"])
def test_without_a_token_no_other_name_will_do(host: str | None) -> None:
    assert OPEN.refuses_page(host, None)
    assert OPEN.refuses_websocket(host, f"http://{host}", None)


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "http://evil.example", "http://localhost:8000", "http://127.0.0.1:8001",
     "http://127.0.0.1", "http://[", "file://127.0.0.1:8000", "127.0.0.1:8000"],
)  # fmt: skip
def test_pages_of_others_open_no_websocket(origin: str | None) -> None:
    assert OPEN.refuses_websocket(HERE, origin, None)
    assert CLOSED.refuses_websocket(HERE, origin, TOKEN)


@pytest.mark.parametrize("token", [None, "", "x", TOKEN[:-1], TOKEN + "x", "é\udc80"])
def test_a_wrong_token_keeps_everybody_out(token: str | None) -> None:
    assert CLOSED.refuses_page(HERE, token)
    assert CLOSED.refuses_websocket(HERE, f"http://{HERE}", token)


def test_with_the_token_any_name_will_do() -> None:
    assert CLOSED.refuses_page("kernels.example", TOKEN) is None
    assert CLOSED.refuses_websocket("kernels.example", "https://kernels.example", TOKEN) is None


def test_addresses_hold_the_token_as_a_url_must() -> None:
    assert CLOSED.page_address("::1", 80) == "http://[::1]:80/?token=a-long%20secret%2F%26%3F"
    assert CLOSED.websocket_path() == "/ws/a-long%20secret%2F%26%3F"
    assert OPEN.page_address("localhost", 80) == "http://localhost:80/"


def test_tokens_are_new_each_time() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert len(new_token()) > SHORTEST_TOKEN
