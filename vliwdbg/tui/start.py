"""Opening the debugger in a terminal, and leaving it.

Textual is imported when the debugger opens, never before. Where standard input brought the
program, keys come from the controlling terminal. The user's own keys stand in `keys.toml` in the
platform's folder for settings, one `id = "keys"` a line:

    step = "s,f10"
    reverse-step = "S"
"""

from __future__ import annotations

import gc
import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from machine.errors import ProgramError

if TYPE_CHECKING:
    from vliwdbg.programs import Choice, Loaded
    from vliwdbg.scripts import Entry

TERMINAL = "/dev/tty"
KEYS_FILE = "keys.toml"


def run_app(loaded: Loaded, choice: Choice, lines: Sequence[Entry] = ()) -> int:
    """Debug a program in the terminal; `lines` are executed first. Returns the exit code.

    Raises ProgramError where there is no terminal or the user's keys are wrong.
    """
    from vliwdbg.tui.app import DebuggerApp
    from vliwdbg.tui.history import history_path

    _take_keys_from_terminal()
    app = DebuggerApp(loaded, choice, lines, history_path(), _read_keys())
    # A program of 200,000 bundles is a million objects that stay: no collector need look at them.
    gc.collect()
    gc.freeze()
    code = app.run()
    if app.trouble is not None:
        raise app.trouble
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


def _read_keys() -> Mapping[str, str]:
    from platformdirs import user_config_path

    from vliwdbg.tui.keymap import KEYS

    path = user_config_path("vliwdbg") / KEYS_FILE
    try:
        keys = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as wrong:
        raise ProgramError.at(str(path), f"cannot be read: {wrong}") from None
    known = {key.id for key in KEYS}
    for name, value in keys.items():
        if name not in known:
            raise ProgramError.at(str(path), f"no key is called {name}")
        if not isinstance(value, str):
            raise ProgramError.at(str(path), f'{name} is a text of keys, like "s,f10"')
    return keys
