"""`python -m vliwdbg.tui [PROGRAM]`: the debugger in a terminal, without any options."""

from __future__ import annotations

import sys

from vliwdbg.programs import Choice, load
from vliwdbg.tui.start import run_app

if __name__ == "__main__":
    chosen = Choice(sys.argv[1] if len(sys.argv) > 1 else None)
    sys.exit(run_app(load(chosen), chosen))
