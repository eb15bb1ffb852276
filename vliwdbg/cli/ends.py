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

from typer import Abort, TyperException

from machine.errors import Complaint, ProgramError

USAGE, OUR_BUG, INTERRUPTED = 2, 70, 130
TRACEBACK_VARIABLE = "VLIWDBG_TRACEBACK"


def exit_code_of(job: Callable[[], int | None], command: str, *, as_json: bool) -> int:
    """Do a job and turn whatever comes of it into an exit code."""
    try:
        code = job() or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        return _let_go_of_stdout()
    except (KeyboardInterrupt, Abort):
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        complaints = _complaints(error)
        if complaints is None:
            return _our_bug(error)
        tell_refusal(complaints, command, as_json=as_json)
        return USAGE


def _let_go_of_stdout() -> int:
    # Whoever read our answer has had enough. Python flushes once more at exit: into nothing.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _complaints(error: Exception) -> Sequence[Complaint] | None:
    """What the user can mend; None where the error is ours."""
    from kernels.errors import BuildError

    if isinstance(error, ProgramError):
        return error.complaints
    if isinstance(error, TyperException):
        return [Complaint("command line", error.format_message())]
    if isinstance(error, BuildError):
        return [Complaint("build", str(error))]
    if isinstance(error, OSError):
        return [Complaint(str(error.filename or ""), (error.strerror or str(error)).lower())]
    return None


def tell_refusal(complaints: Sequence[Complaint], command: str, *, as_json: bool) -> None:
    """Say why nothing was done."""
    for line in ProgramError(complaints).lines():
        print(f"vliwdbg: {line}", file=sys.stderr)
    if as_json:
        errors = [complaint._asdict() for complaint in complaints]
        print(json.dumps({"schema": f"vliwdbg.{command}/1", "ok": False, "errors": errors}))


def _our_bug(error: Exception) -> int:
    if os.environ.get(TRACEBACK_VARIABLE):
        traceback.print_exception(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(frame.filename)}:{frame.lineno} in {frame.name}"
    print(
        f"vliwdbg: this is our bug: {type(error).__name__}: {error} ({where}).\n"
        f"Please report it with the command and the program; {TRACEBACK_VARIABLE}=1 says more.",
        file=sys.stderr,
    )
    return OUR_BUG
