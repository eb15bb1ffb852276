"""The debugger: a session over the machine, its commands, and the faces that drive it.

    import vliwdbg

    session = vliwdbg.open(builder)        a KernelBuilder, a Program, bundles, or a file
    session.continue_()                    commands are methods, answers are views
    vliwdbg.debug(builder)                 the debugger in the terminal

What is public is in `__all__`, and loaded when it is asked for.
"""

TYPE_CHECKING = False  # as typing has it, which no run needs to import first of all
if TYPE_CHECKING:
    from vliwdbg.api import DebuggerError, OpenSession, ProgramError, View, debug, open

__version__ = "0.2.0"
__all__ = ["DebuggerError", "OpenSession", "ProgramError", "View", "debug", "open"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module 'vliwdbg' has no attribute {name!r}")
        from vliwdbg import api

        return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
