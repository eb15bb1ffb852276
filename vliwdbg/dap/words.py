"""Requests about words: scopes, variables, expressions, memory, faults."""

from __future__ import annotations

import base64
import binascii
from typing import Any, NamedTuple

from machine.isa import SCRATCH_SIZE
from vliwdbg.dap.adapter import Adapter
from vliwdbg.dap.arguments import RequestError
from vliwdbg.dap.code import BUNDLE
from vliwdbg.dap.conversation import Body
from vliwdbg.dap.memory import address_of, bytes_at, read_bytes, write_bytes
from vliwdbg.dap.table import Row
from vliwdbg.dap.variables import (
    Container,
    Engine,
    Names,
    Regions,
    Registers,
    Shown,
    Words,
    computed_variable,
    find,
    page,
    words_text,
    words_variable,
)
from vliwdbg.scripts import entries
from vliwdbg.session.places import Expression, Place
from vliwdbg.views.data import Assigned
from vliwdbg.views.general import Refused
from vliwdbg.views.listing import used_slots
from vliwdbg.views.moves import Moved, fault_view
from vliwdbg.views.radix import DECIMAL, HEX

MOST_BYTES = 2**20
"""That are read at once."""


class ValueFormat(NamedTuple):
    """How a client wants values."""

    hex: bool = False


_USUAL = ValueFormat()


def _shown(adapter: Adapter, format: ValueFormat = _USUAL) -> Shown:
    return Shown(adapter.session, HEX if format.hex else DECIMAL)


# scopes and variables


def scopes(adapter: Adapter, *, frame_id: int) -> Body:
    session = adapter.session
    pc, program = session.core.pc, session.program
    used = used_slots(program.bundle(pc)) if frame_id == BUNDLE and pc < len(program) else {}
    engines = {f"{name} ({count})": Engine(name) for name, count in used.items()}
    named: dict[str, Container] = {"named scratch": Names()} if len(session.names) else {}
    whole = Words(Place(False, 0, SCRATCH_SIZE))
    found: list[tuple[str, dict[str, Container]]] = [
        ("locals", {**engines}),
        ("registers", {"core": Registers()}),
        ("locals", named),
        ("", {"scratch": whole, "memory": Regions()}),
    ]
    return {
        "scopes": [
            _scope(adapter, name, container, hint)
            for hint, containers in found
            for name, container in containers.items()
        ]
    }


def _scope(adapter: Adapter, name: str, container: Container, hint: str) -> Body:
    told = adapter.references.inside(container, _shown(adapter))
    more = {"presentationHint": hint} if hint else {}
    return {"name": name, "expensive": not hint, **told, **more}


def variables(
    adapter: Adapter,
    *,
    variables_reference: int,
    filter: str = "",
    start: int = 0,
    count: int = 0,
    format: ValueFormat = _USUAL,
) -> Body:
    container, shown = adapter.references.find(variables_reference), _shown(adapter, format)
    if filter and (filter == "indexed") != container.indexed:
        return {"variables": []}
    found = page(container, shown, start, count)
    return {"variables": [adapter.references.body(one, shown) for one in found]}


def set_variable(
    adapter: Adapter,
    *,
    variables_reference: int,
    name: str,
    value: str,
    format: ValueFormat = _USUAL,
) -> None:
    variable = find(adapter.references.find(variables_reference), _shown(adapter), name)
    if not variable.expression:
        raise RequestError(f"{name} cannot be set; scratch, memory and $pc can")
    set_expression(adapter, expression=variable.expression, value=value, format=format)


def set_expression(
    adapter: Adapter, *, expression: str, value: str, format: ValueFormat = _USUAL
) -> None:
    (reply,) = adapter.execute(f"set {expression} = {value}")
    if not isinstance(reply.view, Assigned):
        raise RequestError("\n".join(reply.lines))
    told = _evaluated(adapter, expression, _shown(adapter, format))
    adapter.conversation.accept({"value": told.pop("result"), **told})
    adapter.report([reply])


# expressions and commands


def evaluate(
    adapter: Adapter, *, expression: str, context: str = "", format: ValueFormat = _USUAL
) -> Body | None:
    if context == "repl":
        _execute(adapter, expression)
        return None
    return _evaluated(adapter, expression, _shown(adapter, format), whole=context == "clipboard")


_KEPT = ("variablesReference", "indexedVariables", "type", "memoryReference")
"""Of a variable, in the value of an expression."""


def _evaluated(adapter: Adapter, text: str, shown: Shown, *, whole: bool = False) -> dict[str, Any]:
    scope = shown.session.scope
    expression = Expression.parse(text)
    place = expression.place(scope)
    if place is None:
        value = expression.value(scope)
        variable = computed_variable(text, (value,) if isinstance(value, int) else value, shown)
    else:
        variable = words_variable(text, place, shown)
    told = adapter.references.body(variable, shown)
    kept = {name: told[name] for name in told if name in _KEPT}
    result = words_text(place, shown, place.width) if whole and place else variable.value
    return {"result": result, **kept}


def _execute(adapter: Adapter, text: str) -> None:
    """Command lines, as they are typed."""
    replies = adapter.execute_all(entries(text.splitlines()))
    said = "\n".join(line for reply in replies for line in reply.lines)
    if replies and isinstance(replies[-1].view, Refused):
        adapter.conversation.refuse(RequestError(said, "cancelled" if adapter.interrupted else ""))
    else:
        adapter.conversation.accept({"result": said, "variablesReference": 0})
    if replies and replies[-1].quit is not None:
        adapter.exit(replies[-1].quit)
        return
    if any(isinstance(reply.view, Moved) for reply in replies):
        adapter.tell_continued()
    adapter.report(replies)


def completions(adapter: Adapter, *, text: str, column: int, line: int = 1) -> Body:
    """Whole lines that it may become, from the word on that is being typed."""
    lines = text.split("\n")
    line = adapter.client.line_from(line) - 1
    typed = lines[line] if 0 <= line < len(lines) else text
    at = adapter.client.column_from(column)
    typed = _before(typed, at)
    name, space, _ = typed.partition(" ")
    start = len(name) + 1 if space else 0
    return {
        "targets": [
            {
                "label": found[start:],
                "start": adapter.client.column(_units(typed[:start])),
                "length": _units(typed[start:]),
            }
            for found in adapter.debugger.complete(typed)
        ]
    }


def _before(text: str, units: int) -> str:
    """The text up to a place counted as UTF-16 is."""
    encoded = text.encode("utf-16-le")
    return encoded[: 2 * max(units, 0)].decode("utf-16-le", "ignore")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


# memory


def read_memory(adapter: Adapter, *, memory_reference: str, count: int, offset: int = 0) -> Body:
    address = address_of(memory_reference, offset)
    there = bytes_at(adapter.session, address, min(count, MOST_BYTES))
    data = read_bytes(adapter.session, there)
    told = {"address": hex(address) if address >= 0 else str(address)}
    if not data:
        return {**told, "unreadableBytes": max(count, 0)}
    lacking = 0 if len(data) == min(count, MOST_BYTES) else count - len(data)
    more = {"unreadableBytes": lacking} if lacking else {}
    return {**told, "data": base64.b64encode(data).decode("ascii"), **more}


def write_memory(
    adapter: Adapter,
    *,
    memory_reference: str,
    data: str,
    offset: int = 0,
    allow_partial: bool = False,
) -> None:
    try:
        wanted = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise RequestError("data is not base64") from None
    address = address_of(memory_reference, offset)
    there = bytes_at(adapter.session, address, len(wanted))
    written = there.stop - there.first
    if written < len(wanted) and not (allow_partial and written):
        raise RequestError(f"{len(wanted)} bytes from {hex(address)} on do not all lie in words")
    if written:
        write_bytes(adapter.session, there, wanted[:written])
    adapter.conversation.accept({"offset": 0, "bytesWritten": written})
    adapter.edited()
    if adapter.client.supports_memory_event and written:
        body = {"memoryReference": hex(there.address), "offset": 0, "count": written}
        adapter.conversation.tell("memory", body)


# faults


def exception_info(adapter: Adapter) -> Body:
    session = adapter.session
    if session.stop_event.fault is None:
        raise RequestError("the program has no fault here")
    fault = fault_view(session.stop_event.fault, session.program)
    return {
        "exceptionId": fault.fault,
        "description": fault.sentence,
        "breakMode": "always",
        "details": {
            "message": fault.sentence,
            "typeName": fault.fault,
            "evaluateName": f"$pc == {fault.pc}",
        },
    }


ROWS = (
    Row("scopes", scopes),
    Row("variables", variables),
    Row("setVariable", set_variable),
    Row("setExpression", set_expression),
    Row("evaluate", evaluate),
    Row("completions", completions),
    Row("readMemory", read_memory),
    Row("writeMemory", write_memory),
    Row("exceptionInfo", exception_info),
)
