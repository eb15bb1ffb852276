"""Requests that move: forward and back by bundles and to stops, and to another bundle."""

from __future__ import annotations

from collections.abc import Callable

from vliwdbg.dap.adapter import THREAD, Adapter
from vliwdbg.dap.arguments import RequestError
from vliwdbg.dap.conversation import Body
from vliwdbg.dap.table import Meanwhile, Row
from vliwdbg.views.general import Refused


def _moves(line: str) -> Callable[..., None]:
    """The handler of a request that is a command."""

    def handler(adapter: Adapter, *, thread_id: int = THREAD) -> None:
        _verify(thread_id)
        adapter.move(line, "step")

    return handler


def _verify(thread: int) -> None:
    if thread != THREAD:
        raise RequestError(f"there is one thread, {THREAD}; not {thread}")


def continue_(adapter: Adapter, *, thread_id: int = THREAD) -> None:
    _verify(thread_id)
    adapter.move("continue", "step", {"allThreadsContinued": True})


def goto_targets(adapter: Adapter, *, line: int) -> Body:
    pc = adapter.client.line_from(line) - 1
    if not 0 <= pc < len(adapter.session.program):
        return {"targets": []}
    label = f"pc {pc}, from here on; what lies between is not executed"
    return {
        "targets": [
            {"id": pc, "label": label, "line": line, "instructionPointerReference": hex(pc)}
        ]
    }


def goto(adapter: Adapter, *, target_id: int, thread_id: int = THREAD) -> None:
    _verify(thread_id)
    if not 0 <= target_id < len(adapter.session.program):
        raise RequestError(f"no target is known as {target_id}")
    adapter.references.forget()
    for reply in adapter.execute(f"set $pc = {target_id}"):
        if isinstance(reply.view, Refused):
            raise RequestError("\n".join(reply.lines))
    adapter.conversation.accept()
    adapter.tell_stopped("goto")


def pause(adapter: Adapter, *, thread_id: int = THREAD) -> None:
    _verify(thread_id)
    if adapter.running is not None:
        adapter.interrupt()
        return
    adapter.verify_launched()
    adapter.conversation.accept()
    adapter.tell_stopped("pause")


def threads(_adapter: Adapter) -> Body:
    return {"threads": [{"id": THREAD, "name": "core"}]}


ROWS = (
    Row("continue", continue_),
    Row("reverseContinue", _moves("reverse-continue")),
    Row("next", _moves("step")),
    Row("stepIn", _moves("step")),
    Row("stepOut", _moves("finish")),
    Row("stepBack", _moves("reverse-step")),
    Row("gotoTargets", goto_targets),
    Row("goto", goto),
    Row("pause", pause, Meanwhile.ANSWERED),
    Row("threads", threads, Meanwhile.ANSWERED),
)
