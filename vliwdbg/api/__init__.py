"""For scripts, notebooks and test files: `import vliwdbg`.

opening     what can be opened: files, programs, bundles, builders
session     an open session; its commands are methods
methods     those, made of the table of commands; methods.pyi, for types, is written by `stub`
terminal    the debugger in the terminal, from within a script or a test
"""

from machine.errors import ProgramError
from vliwdbg.api.opening import open
from vliwdbg.api.session import OpenSession
from vliwdbg.api.terminal import debug
from vliwdbg.export.fragments import html_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import View

View.drawn_by = html_of

__all__ = ["DebuggerError", "OpenSession", "ProgramError", "View", "debug", "open"]
