"""An open session: commands are methods, answers are views."""

from __future__ import annotations

from collections.abc import Callable, MutableSequence

from machine.errors import ProgramError
from machine.interrupts import asked_interrupts
from machine.program import Program
from vliwdbg.api.methods import CommandMethods
from vliwdbg.commands.table import Reply
from vliwdbg.programs import Choice, Loaded
from vliwdbg.scripts import Block, Entry, entries
from vliwdbg.service import Debugger, Event
from vliwdbg.service.events import Said
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import View
from vliwdbg.views.breakpoints import BreakpointChanged
from vliwdbg.views.general import Refused


class OpenSession(CommandMethods):
    """A program being debugged.

    Each command is a method, with `_` for `-` (and at the end of what Python has taken: `break_`,
    `continue_`); its words are those of the command line, numbers as they are: `session.step(3)`,
    `session.who("v_val[3]", "@120")`. What comes back is the view that `exec --json` prints.
    A command that cannot be done raises DebuggerError, a program that is none ProgramError, and the
    session is as it was.
    """

    def __init__(self, loaded: Loaded, choice: Choice) -> None:
        self._replies: list[Reply] = []
        self._is_pressed: Callable[[], bool] = lambda: False
        self._debugger = Debugger(
            loaded, choice, self._hear, interrupted=lambda: self._is_pressed()
        )

    def __repr__(self) -> str:
        name = self.program.name or "a program"
        return f"<vliwdbg session: {name}, cycle {self.cycle}, pc {self.pc}>"

    @property
    def program(self) -> Program:
        """What is debugged."""
        return self._debugger.session.program

    @property
    def cycle(self) -> int:
        """Cycles so far."""
        return self._debugger.session.core.cycle

    @property
    def pc(self) -> int:
        """Index of the next bundle."""
        return self._debugger.session.core.pc

    @property
    def scratch(self) -> MutableSequence[int]:
        """The words of scratch as they are; `set` overwrites them."""
        return self._debugger.session.core.scratch

    @property
    def memory(self) -> MutableSequence[int]:
        """The words of memory as they are; `set` overwrites them."""
        return self._debugger.session.core.memory

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the program before trusting what is seen."""
        return tuple(self._debugger.session.notes())

    def execute(self, text: str) -> tuple[View, ...]:
        """The answers to lines of commands, and to what breakpoints do, up to one that fails, which
        raises."""
        return tuple(view for entry in entries(text.splitlines()) for view in self._answers(entry))

    def commands(self, number: int, *lines: str) -> BreakpointChanged:
        """What to do at a breakpoint: lines of commands. Their answers are told by `execute`."""
        (view, *_) = reversed(self._answers(Block(f"commands {number}", lines)))
        assert isinstance(view, BreakpointChanged)
        return view

    def _ask(self, line: str) -> View:
        return self._answers(line)[0]

    def _answers(self, entry: Entry) -> list[View]:
        self._replies = []
        with asked_interrupts() as self._is_pressed:
            self._debugger.execute(entry)
        for reply in self._replies:
            if isinstance(reply.view, Refused):
                raise _refusal(reply.view)
        return [reply.view for reply in self._replies]

    def _hear(self, event: Event) -> None:
        if isinstance(event, Said):
            self._replies.append(event.reply)


def _refusal(view: Refused) -> Exception:
    """What was raised where it was refused."""
    if view.complaints:
        return ProgramError(view.complaints)
    return DebuggerError(view.message, view.text, view.column)
