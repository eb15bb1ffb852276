"""Every way out of the program, and the exit code it has.

Errors go to stderr; with `--json` those of exit 2 go to stdout too, as one object.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress

from machine.errors import Complaint, ProgramError, TimeLimitError
from vliwdbg.cli.parameters import UsageError
from vliwdbg.cli.streams import print_err, print_out

USAGE, LIMIT, OUR_BUG, INTERRUPTED = 2, 4, 70, 130
MEANINGS = {
    0: "fine; stopping at a breakpoint is fine",
    1: 'a "no": the result is wrong',
    USAGE: "usage, or a program that cannot be read",
    3: "the program faulted",
    LIMIT: "a limit was reached (`--max-cycles`, `--timeout`)",
    OUR_BUG: "our bug",
    INTERRUPTED: "interrupted",
}
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
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        if not silent:
            print_err("vliwdbg: interrupted")
        return INTERRUPTED
    except Exception as error:
        complaints = _complaints(error)
        if complaints is None:
            return _our_bug(error)
        print_refusal(complaints, command, as_json=as_json)
        return LIMIT if isinstance(error, TimeLimitError) else USAGE


def _complaints(error: Exception) -> Sequence[Complaint] | None:
    """What the user can mend; None where the error is ours."""
    if limit := _limit_of_the_machine(error):  # first, for what follows needs a bit of it
        return [Complaint("this machine", limit)]
    from kernels.errors import BuildError
    from machine.native import VARIABLE, CoreError
    from vliwdbg.session.errors import DebuggerError

    if isinstance(error, ProgramError):
        return error.complaints
    if isinstance(error, UsageError):
        return [Complaint("command line", str(error))]
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


_OF_THE_MACHINE = (errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN)
_SAID_BY_PYTHON = ("can't start new thread", "failed to map segment", "annot allocate memory")


def _limit_of_the_machine(error: Exception) -> str | None:
    """What the machine has too little of, where that is why."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for this"
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        return f"{os.strerror(error.errno).lower()}, which is a limit of this process or system"
    if type(error).__name__ == "BrokenProcessPool":
        return "a worker was ended from outside, perhaps for want of memory; take fewer --jobs"
    if any(text in str(error) for text in _SAID_BY_PYTHON):
        return f"a limit of this process or system was met: {error}"
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
