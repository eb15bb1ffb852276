"""Opening the debugger in a terminal, and leaving it.

Textual is imported when the debugger opens, never before. Where standard input brought the
program, keys come from the controlling terminal.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from machine.errors import ProgramError

if TYPE_CHECKING:
    from vliwdbg.programs import Choice, Loaded
    from vliwdbg.scripts import Entry

TERMINAL = "/dev/tty"


def run_app(loaded: Loaded, choice: Choice, lines: Sequence[Entry] = ()) -> int:
    """Debug a program in the terminal; `lines` are executed first. Returns the exit code.

    Raises ProgramError where there is no terminal.
    """
    _take_keys_from_terminal()
    return show_app(loaded, choice, lines)


def show_app(loaded: Loaded, choice: Choice, lines: Sequence[Entry] = ()) -> int:
    """The same with keys from standard input, whatever that is: a browser's come there."""
    from vliwdbg.tui.app import DebuggerApp
    from vliwdbg.tui.user import User

    app = DebuggerApp(loaded, choice, lines, User.at_home())
    # A program of 200,000 bundles is a million objects that stay: no collector need look at them.
    gc.freeze()
    interrupted = signal.getsignal(signal.SIGINT)
    try:
        code = app.run()
    finally:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # as the terminal's driver leaves it
            signal.signal(signal.SIGINT, interrupted)
    if app.trouble is not None:
        raise app.trouble
    if code is None and app.return_code:
        raise RuntimeError("the screen was ended by an exception that Textual does not tell")
    return code or 0


def _take_keys_from_terminal() -> None:
    """Where standard input is no terminal, let it be the controlling one."""
    if sys.stdin is not None and sys.stdin.isatty():
        return
    try:
        terminal = os.open(TERMINAL, os.O_RDWR)
    except OSError:
        raise ProgramError.at("terminal", "there is none to take keys from") from None
    os.dup2(terminal, 0)
    os.close(terminal)
