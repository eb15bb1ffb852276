"""Who may come in, decided on a request's words before anything is done for it.

Host     the name that the browser thinks it speaks to; without a token it has to be this
         machine's, or any page could reach us by a name that it has pointed here
Origin   the page that opens a websocket: one of ours, where every page of the web may try
token    part of the address, where one is asked for
"""

from __future__ import annotations

import secrets
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote, urlsplit

SHORTEST_TOKEN = 8
"""Characters. What can be guessed keeps nobody out."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """One that nobody guesses."""
    return secrets.token_urlsafe(16)


class Gate(NamedTuple):
    """The rules of one server; without a token, everybody on this machine may come in."""

    token: str | None = None

    def refuses_page(self, host: str | None, token: str | None) -> str | None:
        """Why a page is not given, None where it is."""
        if self.token is not None:
            right = secrets.compare_digest(_bytes(token or ""), _bytes(self.token))
            return None if right else "the address needs its token: ?token=…"
        name = _host_name(host)
        if name is None or not is_loopback(name):
            return "without a token the debugger is for this machine alone"
        return None

    def refuses_websocket(
        self, host: str | None, origin: str | None, token: str | None
    ) -> str | None:
        """Why a websocket is not opened, None where it is."""
        if origin is None or _authority(origin) != host:
            return "only a page of the debugger itself may open its websocket"
        return self.refuses_page(host, token)

    def page_address(self, host: str, port: int) -> str:
        """What to type into a browser."""
        shown = f"[{host}]" if ":" in host else host
        query = "" if self.token is None else f"?token={quote(self.token, safe='')}"
        return f"http://{shown}:{port}/{query}"

    def websocket_path(self) -> str:
        """Where the page finds its websocket."""
        return "/ws" if self.token is None else f"/ws/{quote(self.token, safe='')}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _host_name(host: str | None) -> str | None:
    """The name in a `Host` header, without the port."""
    try:
        return urlsplit(f"//{host}").hostname if host else None
    except ValueError:
        return None


def _authority(origin: str) -> str | None:
    """Host and port of an `Origin` header, None for what is no page of a server."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc if parts.scheme in ("http", "https") else None
