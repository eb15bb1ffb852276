"""Requests that set breakpoints, and that ask where some could be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from vliwdbg.dap.adapter import Adapter
from vliwdbg.dap.arguments import RequestError
from vliwdbg.dap.breakpoints import Kind, Wanted, printing
from vliwdbg.dap.conversation import Body
from vliwdbg.dap.memory import WORD_BYTES, address_of, bytes_at
from vliwdbg.dap.table import Meanwhile, Row
from vliwdbg.dap.variables import Shown, find
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Place, find_place

MOST_LOCATIONS = 1000


class Source(NamedTuple):
    """A document of the client's: the listing, or a file of which nothing is known here."""

    name: str = ""
    path: str = ""
    source_reference: int = 0


class SourceBreakpoint(NamedTuple):
    """One in the listing."""

    line: int
    condition: str = ""
    hit_condition: str = ""
    log_message: str = ""


class FunctionBreakpoint(NamedTuple):
    """One by name."""

    name: str
    condition: str = ""
    hit_condition: str = ""


class InstructionBreakpoint(NamedTuple):
    """One at an address of a bundle."""

    instruction_reference: str
    offset: int = 0
    condition: str = ""
    hit_condition: str = ""


class DataBreakpoint(NamedTuple):
    """One on words; `data_id` is how a user writes them."""

    data_id: str
    access_type: str = "write"
    condition: str = ""
    hit_condition: str = ""


def _set(adapter: Adapter, kind: Kind, wanted: Iterable[Wanted]) -> Body:
    return {"breakpoints": adapter.breakpoints.replace(adapter.session, kind, list(wanted))}


def set_breakpoints(
    adapter: Adapter, *, source: Source, breakpoints: tuple[SourceBreakpoint, ...] = ()
) -> Body:
    if not adapter.listing.is_meant(source.source_reference, source.name, source.path):
        refused = "breakpoints are set in the listing of the program, not in its file"
        unset = {"verified": False, "message": refused}
        return {"breakpoints": [unset for _ in breakpoints]}
    return _set(adapter, "source", (_in_listing(adapter, one) for one in breakpoints))


def _in_listing(adapter: Adapter, one: SourceBreakpoint) -> Wanted:
    pc = adapter.client.line_from(one.line) - 1
    if pc < 0:
        return Wanted(refused="the first line is 1")
    if one.log_message:
        text = f"pc {pc}{printing(one.log_message, adapter.session.scope)}"
        return Wanted("dprintf", text, one.condition, one.hit_condition)
    return Wanted("break", f"pc {pc}", one.condition, one.hit_condition)


def set_function_breakpoints(
    adapter: Adapter, *, breakpoints: tuple[FunctionBreakpoint, ...]
) -> Body:
    wanted = (
        Wanted("break", _location(adapter, one.name), one.condition, one.hit_condition)
        for one in breakpoints
    )
    return _set(adapter, "function", wanted)


def _location(adapter: Adapter, name: str) -> str:
    """The LOC of a tag by its name; any other text is one itself."""
    program, names = adapter.session.program, adapter.session.names
    tag = next((tag for tag in program.tags if tag.name == name), None)
    if tag is None:
        return name
    if names.find(name):  # where a LOC would be the words of that name
        return f"pc {tag.pc}"
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"


def set_instruction_breakpoints(
    adapter: Adapter, *, breakpoints: tuple[InstructionBreakpoint, ...]
) -> Body:
    return _set(adapter, "instruction", map(_at_instruction, breakpoints))


def _at_instruction(one: InstructionBreakpoint) -> Wanted:
    try:
        pc = address_of(one.instruction_reference, one.offset)
    except RequestError as wrong:
        return Wanted(refused=str(wrong))
    if pc < 0:
        return Wanted(refused="the first bundle is at 0x0")
    return Wanted("break", f"pc {pc}", one.condition, one.hit_condition)


_BY_ACCESS = {"write": "watch", "read": "rwatch", "readWrite": "awatch"}


def data_breakpoint_info(
    adapter: Adapter,
    *,
    name: str,
    variables_reference: int = 0,
    bytes: int = WORD_BYTES,
    as_address: bool = False,
) -> Body:
    session = adapter.session
    try:
        if variables_reference:
            container = adapter.references.find(variables_reference)
            place = find(container, Shown(session), name).place
        elif as_address:
            place = _place_at(adapter, name, bytes)
        else:
            place = find_place(name, session.scope)
    except (DebuggerError, RequestError) as wrong:
        return {"dataId": None, "description": str(wrong)}
    if place is None:
        return {"dataId": None, "description": f"{name} is computed; words can be watched"}
    text = place.text(session.names)
    return {
        "dataId": text,
        "description": f"{text}; write stops after a bundle that changed a word",
        "accessTypes": list(_BY_ACCESS),
        "canPersist": True,
    }


def _place_at(adapter: Adapter, address: str, count: int) -> Place:
    there = bytes_at(adapter.session, address_of(address), count)
    if there.first == there.stop:
        raise RequestError(f"there are no words at {address}")
    return there.place


def set_data_breakpoints(adapter: Adapter, *, breakpoints: tuple[DataBreakpoint, ...]) -> Body:
    return _set(adapter, "data", map(_on_data, breakpoints))


def _on_data(one: DataBreakpoint) -> Wanted:
    if one.access_type not in _BY_ACCESS:
        return Wanted(refused=f"the access is one of {', '.join(_BY_ACCESS)}")
    command = _BY_ACCESS[one.access_type]
    return Wanted(command, one.data_id, one.condition, one.hit_condition)


def set_exception_breakpoints(adapter: Adapter, *, filters: tuple[str, ...]) -> Body:
    adapter.session.pauses = "pauses" in filters
    adapter.session.debug = "debug" in filters
    return {}


def breakpoint_locations(adapter: Adapter, *, line: int, end_line: int | None = None) -> Body:
    client = adapter.client
    first = max(client.line_from(line), 1)
    last = client.line_from(line if end_line is None else end_line)
    last = min(last, len(adapter.session.program), first + MOST_LOCATIONS)
    return {"breakpoints": [{"line": client.line(at)} for at in range(first, last + 1)]}


_INTERRUPTS = Meanwhile.INTERRUPTS
ROWS = (
    Row("setBreakpoints", set_breakpoints, _INTERRUPTS),
    Row("setFunctionBreakpoints", set_function_breakpoints, _INTERRUPTS),
    Row("setInstructionBreakpoints", set_instruction_breakpoints, _INTERRUPTS),
    Row("setDataBreakpoints", set_data_breakpoints, _INTERRUPTS),
    Row("setExceptionBreakpoints", set_exception_breakpoints, _INTERRUPTS),
    Row("dataBreakpointInfo", data_breakpoint_info),
    Row("breakpointLocations", breakpoint_locations, Meanwhile.ANSWERED),
)
