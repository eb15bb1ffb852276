"""The command line: opened by `:`, left by Escape, with history and completion.

break LOC [if EXPR]   before a bundle: …         the hint, above the line
:break engine v█                                  Tab completes, ↑ and ↓ recall
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from vliwdbg.tui.history import History
from vliwdbg.tui.widgets.paint import Bar, Row

SEARCH = "/"
COMMAND = ":"

Completer = Callable[[str], Sequence[str]]
"""Whole lines that the beginning of a line may become."""
Explainer = Callable[[str], tuple[str, str]]
"""The usage and the help of the command that a line begins with."""


class HintLine(Bar):
    """Candidates of a completion, or the usage of the command being typed."""

    def __init__(self) -> None:
        super().__init__(id="hint")
        self.pieces: Row = []

    def left_pieces(self) -> Row:
        return self.pieces

    def say(self, pieces: Row) -> None:
        self.pieces = pieces
        self.refresh()


class CommandInput(Input):
    """The text being typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "screen.complete", show=False),
        Binding("up", "screen.recall(-1)", show=False),
        Binding("down", "screen.recall(1)", show=False),
        Binding("escape", "screen.leave", show=False),
        Binding("ctrl+c", "screen.leave", show=False),
    ]


class CommandLine(Horizontal):
    """Prompt and input. `mode` is COMMAND or SEARCH."""

    class Entered(Message):
        """A line was entered."""

        def __init__(self, mode: str, line: str) -> None:
            super().__init__()
            self.mode = mode
            self.line = line

    class Left(Message):
        """It was left without entering anything."""

    def __init__(self, history: History, complete: Completer, explain: Explainer) -> None:
        super().__init__(id="command-line")
        self.history = history
        self.mode = COMMAND
        self._complete = complete
        self._explain = explain
        self._recalled = ""
        """What was typed before the history was asked."""

    def compose(self) -> ComposeResult:
        yield Label(COMMAND, id="prompt")
        yield CommandInput(id="input", compact=True, select_on_focus=False)

    @property
    def input(self) -> Input:
        return self.query_one(CommandInput)

    def open(self, mode: str, text: str = "") -> None:
        """Take keys, starting with a text."""
        self.mode = mode
        self._recalled = ""
        self.history.rewind()
        self.query_one("#prompt", Label).update(mode)
        self.input.value = text
        self.input.cursor_position = len(text)
        # At once: the next key may be waiting already.
        self.screen.set_focus(self.input)
        self._hint()

    def complete(self) -> None:
        """What all candidates begin with; where they part, all of them are shown."""
        if self.mode == SEARCH:
            return
        typed = self.input.value
        candidates = self._complete(typed)
        if not candidates:
            return
        self._type(common_beginning(candidates) + (" " if len(candidates) == 1 else ""))
        if len(candidates) > 1:
            words = [candidate.rpartition(" ")[2] or candidate for candidate in candidates]
            self._say([(f" {'  '.join(words)}", "dim")])

    def recall(self, step: int) -> None:
        """An older or a newer line that begins with what was typed."""
        if self.input.value != self._recalled:
            typed = self.input.value
            self.history.rewind()
        else:
            typed = self._prefix
        self._prefix = typed
        line = self.history.recall(step, typed)
        if line is None:
            line = self._recalled if step < 0 and self._recalled else typed
        self._recalled = line
        self._type(line)

    _prefix = ""

    def _type(self, text: str) -> None:
        self.input.value = text
        self.input.cursor_position = len(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._hint()

    def _hint(self) -> None:
        if self.mode == SEARCH:
            self._say([(" a text in this pane, a pc, an address or a name; n and N go on", "dim")])
            return
        usage, text = self._explain(self.input.value)
        self._say([(f" {usage}", "key"), (f"   {text}", "dim")])

    def _say(self, pieces: Row) -> None:
        self.screen.query_one(HintLine).say(pieces)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        line = event.value.strip()
        if self.mode == COMMAND:
            self.history.add(line)
        self.post_message(self.Entered(self.mode, line))


def common_beginning(lines: Sequence[str]) -> str:
    """What all of them begin with."""
    first, last = min(lines), max(lines)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(character for character, _ in same)
