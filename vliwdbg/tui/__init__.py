"""The debugger in a terminal. The only room that knows Textual, which is imported when it opens.

run_app(loaded, choice, lines)     open a program; returns the exit code
"""

from __future__ import annotations

from vliwdbg.tui.start import run_app

__all__ = ["run_app"]
