"""A real browser, without a screen: the debugger opens, steps, fits, and ends with its tab."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.serve.serving import PATIENCE, Served, drawn, running, serving

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("textual_serve")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium to look with")


class Tab:
    """A page of the debugger, and all that its terminal was told to draw."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.drawn = page, b""
        self.sent: list[Any] = []
        self.foreign: list[str] = []
        page.on("request", self._note_request)
        page.on("websocket", self._listen)
        self.answer = page.goto(address)

    def _listen(self, websocket: Any) -> None:
        websocket.on("framereceived", self._receive)
        websocket.on("framesent", lambda payload: self.sent.append(payload))

    def _receive(self, payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            self.drawn += payload

    def _note_request(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:")):
            self.foreign.append(request.url)

    def wait_for(self, text: str) -> None:
        """Wait until this is drawn, and forget all that was."""
        for _ in range(PATIENCE * 20):
            if text in drawn(self.drawn):
                self.drawn = b""
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{text!r} was not drawn, but {drawn(self.drawn)!r}")


def test_in_a_browser(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--limit", "2") as served,
        playwright.sync_playwright() as driver,
        driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"]) as browser,
    ):
        first = Tab(browser.new_page(), served.address)
        first.wait_for("cycle 0")
        first.page.keyboard.press("s")
        first.wait_for("cycle 1")
        first.page.set_viewport_size({"width": 1600, "height": 900})
        first.wait_for("cycle 1")
        assert sum('"resize"' in str(message) for message in first.sent) > 1

        second = Tab(browser.new_page(), served.address)
        second.wait_for("cycle 0")
        one, other = served.visitors()
        third = Tab(browser.new_page(), served.address)
        assert third.answer.status == 503

        second.page.keyboard.press("q")
        second.page.wait_for_selector("#ended", state="visible")
        assert served.wait_for_visitors(1) == [one]
        first.page.close()
        served.wait_for_visitors(0)
        assert not running(one)
        assert not running(other)
        assert first.foreign == []
        assert opened_by_another_page(browser, served) == "refused"
        assert served.visitors() == []


def opened_by_another_page(browser: Any, served: Served) -> str:
    """What comes of it when a script of any page of the web wants the debugger's websocket."""
    page = browser.new_page()
    page.goto("data:text/html,<p>elsewhere")
    address = served.base.replace("http:", "ws:") + "/ws?width=80&height=24"
    return str(page.evaluate(ASKS, address))


ASKS = """address => new Promise(done => {
    const socket = new WebSocket(address);
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
})"""
