"""A row for each request: who does it, and what becomes of it while something runs."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from vliwdbg.dap.conversation import Body


class Meanwhile(Enum):
    """What becomes of a request that comes while something runs."""

    REFUSED = "it is refused: the session belongs to what runs"
    ANSWERED = "it is done at once"
    INTERRUPTS = "a move is interrupted, the request done, and the move goes on"
    ENDS = "what runs is interrupted, and the request done"


class Row(NamedTuple):
    """A request by its name in the protocol.

    `handler` takes the adapter, and arguments by keyword; it returns the body of the answer, None
    for an empty one, or has answered itself. It raises RequestError, or what commands raise.
    """

    command: str
    handler: Callable[..., Body | None]
    meanwhile: Meanwhile = Meanwhile.REFUSED
