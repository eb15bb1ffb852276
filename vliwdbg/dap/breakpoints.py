"""The breakpoints of a client. It sets all of one kind at once; what is the same as before stays,
with its number and its hits.

    in the listing   break pc 30, or dprintf for a log point
    instruction      break pc 30
    function         break 'the name of a tag', or any other LOC
    data             watch, rwatch, awatch
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from vliwdbg.dap.conversation import Body, Client
from vliwdbg.dap.listing import ListingSource
from vliwdbg.session.breakpoints import Breakpoint
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.locations import AtPc
from vliwdbg.session.places import Expression, Scope
from vliwdbg.session.session import Session
from vliwdbg.views.moves import Moved

Kind = Literal["source", "instruction", "function", "data"]
MOST = 1000
"""Of one kind."""
WIDEST = 64
"""Words of a range that a log message tells."""
_HIT_CONDITION = re.compile(r"\s*(>=|>|)\s*([0-9]{1,9})\s*")
_ARGUMENT = re.compile(r"\{([^{}]*)\}")


class Wanted(NamedTuple):
    """One that a client wants: a command of the session with its text, and what else it is to do.

    `place` is what the client is told besides of where it is. `refused` says why it cannot be set.
    """

    command: str = "break"
    text: str = ""
    condition: str = ""
    hit_condition: str = ""
    refused: str = ""


class ClientBreakpoints:
    """Those that the client has set, by kind, and what it knows of all there are."""

    def __init__(self, listing: ListingSource, client: Client) -> None:
        self._listing, self._client = listing, client
        self._set: dict[Kind, dict[Wanted, int]] = {}
        self._known: dict[int, Body] = {}

    def replace(self, session: Session, kind: Kind, wanted: Sequence[Wanted]) -> list[Body]:
        """Have these of a kind and no others; what the client is to know of each, in order."""
        breakpoints = session.breakpoints
        before = self._set.get(kind, {})
        for gone in before.keys() - set(wanted):
            breakpoints.all.pop(before[gone], None)
        now = self._set[kind] = {}
        told = [
            self._told(session, one, before, now)
            if len(now) < MOST
            else _not_set(f"there are {MOST} breakpoints of this kind already")
            for one in wanted
        ]
        session.version += 1
        self._known = self._bodies(session)
        return told

    def _told(
        self, session: Session, wanted: Wanted, before: dict[Wanted, int], now: dict[Wanted, int]
    ) -> Body:
        breakpoints = session.breakpoints
        number = now.get(wanted, before.get(wanted, 0))
        try:
            known = breakpoints.all.get(number) or self._adopted(session, wanted)
            stop: Breakpoint = known or _added(session, wanted)
        except DebuggerError as wrong:
            return _not_set(str(wrong))
        now[wanted] = stop.number
        return self._body(stop)

    def _adopted(self, session: Session, wanted: Wanted) -> Breakpoint | None:
        """One that was set by a command, and that the client has made its own since."""
        if wanted.condition or wanted.hit_condition:
            return None
        ours = {number for of_kind in self._set.values() for number in of_kind.values()}
        return next(
            (
                stop
                for stop in session.breakpoints.all.values()
                if stop.number not in ours and stop.written() == f"{wanted.command} {wanted.text}"
            ),
            None,
        )

    def start_over(self, session: Session) -> None:
        """Have hits counted anew."""
        for stop in session.breakpoints.all.values():
            stop.hits = 0
        for of_kind in self._set.values():
            for wanted, number in of_kind.items():
                if number in session.breakpoints.all:
                    session.breakpoints.all[number].ignore = _ignored(wanted.hit_condition)

    def changes(self, session: Session) -> Iterator[tuple[str, Body]]:
        """What the client does not know yet: new, changed or removed, and the breakpoint."""
        before = self._known
        now = self._bodies(session)
        self._known = now
        for number, body in now.items():
            if number not in before:
                yield "new", body
            elif body != before[number]:
                yield "changed", body
        for number in before.keys() - now.keys():
            yield "removed", before[number]

    def _bodies(self, session: Session) -> dict[int, Body]:
        return {number: self._body(stop) for number, stop in session.breakpoints.all.items()}

    def _body(self, stop: Breakpoint) -> Body:
        """What the client is to know of a breakpoint."""
        body: dict[str, Any] = {"id": stop.number, "verified": not stop.cause}
        if stop.cause:
            body["message"] = stop.cause
        elif isinstance(stop.what, AtPc):
            body |= self._listing.place(stop.what.pc, self._client)
            body["instructionReference"] = hex(stop.what.pc)
        return body

    def reason_of(self, moved: Moved) -> dict[str, Any]:
        """What a stop's hits tell: which were met, and the reason where their kind has its own."""
        if not moved.breakpoints:
            return {}
        met = {"hitBreakpointIds": list(moved.breakpoints)}
        for kind in ("function", "instruction"):
            if moved.breakpoints[0] in self._set.get(kind, {}).values():
                return {**met, "reason": f"{kind} breakpoint"}
        return met


def _added(session: Session, wanted: Wanted) -> Breakpoint:
    if wanted.refused:
        raise DebuggerError(wanted.refused)
    breakpoints = session.breakpoints
    ignored = _ignored(wanted.hit_condition)
    stop = breakpoints.add(wanted.command, wanted.text)
    try:
        if wanted.condition.strip():
            breakpoints.set_condition(stop.number, wanted.condition)
    except DebuggerError:
        breakpoints.delete(stop.number)
        raise
    stop.ignore = ignored
    return stop


def _ignored(hit_condition: str) -> int:
    """How often to pass a breakpoint before it stops. Raises DebuggerError."""
    if not hit_condition.strip():
        return 0
    match = _HIT_CONDITION.fullmatch(hit_condition)
    if not match:
        raise DebuggerError("a hit condition is 5 or >= 5, from the fifth hit on, or > 5.")
    return max(int(match[2]) - (match[1] != ">"), 0)


def printing(message: str, scope: Scope) -> str:
    """What dprintf takes after its LOC for a log message with {expressions} in it."""
    form, arguments, end = "", [""], 0
    for match in _ARGUMENT.finditer(message):
        words = _words(match[1].strip(), scope)
        lanes = ", ".join("%d" for _ in words)
        form += message[end : match.start()].replace("%", "%%")
        form += lanes if len(words) == 1 else f"{{{lanes}}}"
        arguments += words
        end = match.end()
    form += message[end:].replace("%", "%%")
    quoted = form.replace("\\", "\\\\").replace('"', '\\"')
    return f', "{quoted}"' + ", ".join(arguments)


def _words(text: str, scope: Scope) -> list[str]:
    """The words that an expression names, if they are several; else the expression itself."""
    try:
        place = Expression.parse(text).place(scope)
    except DebuggerError:  # which is told where it is set
        return [text]
    if place is None or not 1 < place.width <= WIDEST:
        return [text]
    words = (place._replace(start=at, stop=at + 1) for at in range(place.start, place.stop))
    return [word.text(scope.names) for word in words]


def _not_set(message: str) -> Body:
    return {"verified": False, "message": message}
