"""Requests that begin and end what is debugged, or what runs."""

from __future__ import annotations

from machine.stops import Reason
from vliwdbg.dap.adapter import Adapter
from vliwdbg.dap.arguments import RequestError
from vliwdbg.dap.configuration import Launch
from vliwdbg.dap.table import Meanwhile, Row
from vliwdbg.scripts import entries
from vliwdbg.views.general import Refused
from vliwdbg.views.moves import Moved

RIGHT, WRONG, FAULTED = 0, 1, 3
"""Exit codes of a program, as `vliwdbg run` has them."""


def launch(adapter: Adapter, wanted: Launch) -> None:
    adapter.launch(wanted)
    for reply in adapter.execute_all(entries(wanted.lines())):
        said = "\n".join(reply.lines)
        if isinstance(reply.view, Refused):
            adapter.close()
            raise RequestError(f"{reply.command}: {said}")
        adapter.conversation.say(said and f"{said}\n")
    adapter.conversation.accept()
    adapter.conversation.tell("initialized")


def configuration_done(adapter: Adapter) -> None:
    launched = adapter.launched
    adapter.conversation.accept()
    if launched.no_debug:
        _run_through(adapter)
    elif adapter.session.core.position > 0:
        adapter.tell_stopped("entry")
    else:
        _begin(adapter, launched)


def _begin(adapter: Adapter, launched: Launch) -> None:
    adapter.move("start" if launched.stop_on_entry else "run", "entry")


def _run_through(adapter: Adapter) -> None:
    """Run to the end past all stops, and tell what came of it."""
    adapter.execute("set pauses off")
    moved = next((r.view for r in adapter.execute("goto end") if isinstance(r.view, Moved)), None)
    if moved is None or moved.stop is Reason.INTERRUPT:
        adapter.tell_stopped("pause", moved)
        return
    adapter.say_stop(moved)
    (checked,) = adapter.execute("check")
    adapter.conversation.say("".join(f"{line}\n" for line in checked.lines))
    right = checked.ok or isinstance(checked.view, Refused)
    adapter.exit(FAULTED if moved.fault else RIGHT if right else WRONG)


def restart(adapter: Adapter, *, arguments: Launch | None = None) -> None:
    launched = adapter.launched if arguments is None else arguments
    adapter.load_again(launched)
    adapter.breakpoints.start_over(adapter.session)
    adapter.conversation.accept()
    if launched.no_debug:
        _run_through(adapter)
    else:
        _begin(adapter, launched)


def terminate(adapter: Adapter) -> None:
    adapter.conversation.accept()
    adapter.exit(None)


def disconnect(adapter: Adapter) -> None:
    adapter.over = True


def cancel(adapter: Adapter, *, request_id: int = -1, progress_id: str = "") -> None:
    if request_id == adapter.running or progress_id == adapter.progress.id:
        adapter.interrupt()


ROWS = (
    Row("launch", launch),
    Row("configurationDone", configuration_done),
    Row("restart", restart, Meanwhile.ENDS),
    Row("terminate", terminate, Meanwhile.ENDS),
    Row("disconnect", disconnect, Meanwhile.ENDS),
    Row("cancel", cancel, Meanwhile.ANSWERED),
)
