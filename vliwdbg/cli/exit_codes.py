"""Every way out of the program, and the exit code it has.

    0 fine · 1 a "no" · 2 usage or unreadable · 3 fault · 4 limit · 70 our bug · 130 interrupted

Errors go to stderr; with `--json` those of exit 2 go to stdout too, as one object.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress

from typer import Abort, Exit, TyperException

from machine.errors import Complaint, ProgramError
from vliwdbg.cli.streams import print_err, print_out

USAGE, OUR_BUG, INTERRUPTED = 2, 70, 130
TRACEBACK_VARIABLE = "VLIWDBG_TRACEBACK"


def exit_code_of(
    job: Callable[[], int | None], command: str, *, as_json: bool = False, silent: bool = False
) -> int:
    """Do a job and turn whatever comes of it into an exit code.

    `silent` leaves out what is neither a refusal nor our bug.
    """
    try:
        code = job() or 0
        sys.stdout.flush()
        return code
    except Exit as exit:
        return exit.exit_code
    except BrokenPipeError:
        return 0
    except (KeyboardInterrupt, Abort):
        if not silent:
            print_err("vliwdbg: interrupted")
        return INTERRUPTED
    except Exception as error:
        complaints = _complaints(error)
        if complaints is None:
            return _our_bug(error)
        print_refusal(complaints, command, as_json=as_json)
        return USAGE


def _complaints(error: Exception) -> Sequence[Complaint] | None:
    """What the user can mend; None where the error is ours."""
    from kernels.errors import BuildError
    from machine.core import VARIABLE, CoreError
    from vliwdbg.session.errors import DebuggerError

    if isinstance(error, ProgramError):
        return error.complaints
    if isinstance(error, TyperException):
        return [Complaint("command line", error.format_message())]
    if isinstance(error, BuildError):
        return [Complaint("build", str(error))]
    if isinstance(error, CoreError):
        return [Complaint(VARIABLE, str(error))]
    if isinstance(error, DebuggerError):
        return [Complaint("command line", str(error))]
    if isinstance(error, OSError):
        place = str(error.filename or "standard output")
        return [Complaint(place, (error.strerror or str(error)).lower())]
    return None


def print_refusal(complaints: Sequence[Complaint], command: str, *, as_json: bool) -> None:
    """Say why nothing was done."""
    for line in ProgramError(complaints).lines():
        print_err(f"vliwdbg: {line}")
    if as_json:
        errors = [complaint._asdict() for complaint in complaints]
        refusal = {"schema": f"vliwdbg.{command}/1", "ok": False, "errors": errors}
        with suppress(ProgramError):  # standard output takes nothing, which may be what we tell
            print_out(json.dumps(refusal))


def _our_bug(error: Exception) -> int:
    if os.environ.get(TRACEBACK_VARIABLE):
        print_err("".join(traceback.format_exception(error)))
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(frame.filename)}:{frame.lineno} in {frame.name}"
    print_err(
        f"vliwdbg: this is our bug: {type(error).__name__}: {error} ({where}).\n"
        f"Please report it with the command and the program; {TRACEBACK_VARIABLE}=1 says more."
    )
    return OUR_BUG
