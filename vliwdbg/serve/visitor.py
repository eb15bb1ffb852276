"""What a visitor's process does: it opens the debugger where the server has asked for one.

python -m vliwdbg.serve.visitor '{"choice": {"program": "kernel.json"}, "lines": []}'
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from kernels.errors import BuildError
from machine.errors import ProgramError
from vliwdbg.printable import printable
from vliwdbg.programs import Choice, load
from vliwdbg.serve.packets import PRELUDE, packet
from vliwdbg.tui.start import show_app


def words_for(choice: Choice, lines: Sequence[str]) -> list[str]:
    """The command that opens a program in a process of its own, `lines` executed first."""
    asked = {"choice": vars(choice), "lines": list(lines)}
    return [sys.executable, "-P", "-m", __name__, json.dumps(asked)]


def main(asked: str) -> int:
    """Open the debugger for whoever reads our packets; the exit code.

    A program that can be read no more is told where the debugger would be.
    """
    told = json.loads(asked)
    choice = Choice(**told["choice"])
    try:
        loaded = load(choice)
    except (ProgramError, BuildError) as error:
        text = printable(str(error), keep="\n").replace("\n", "\r\n")
        os.write(1, PRELUDE + packet(b"D", text.encode("utf-8", "replace")))
        return 2
    return show_app(loaded, choice, told["lines"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
