"""The command line: opened by `:`, left by Escape, with history and completion.

break LOC [if EXPR]   before a bundle: …         the hint, above the line
:break engine v█                                  Tab completes, ↑ and ↓ recall
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label

from vliwdbg.tui.history import History
from vliwdbg.tui.widgets.paint import Bar, Row

SEARCH = "/"
COMMAND = ":"

SEARCHES = (
    " in code: vload, valu:+, v_val[3], mem 2310, values[7], round 3, stage hash, a pc; "
    "elsewhere a text, a name, an address; n and N go on"
)

Completer = Callable[[str], Sequence[str]]
"""Whole lines that the beginning of a line may become."""
Explainer = Callable[[str], tuple[str, str]]
"""The usage and the help of the command that a line begins with."""
Taker = Callable[[str, str | None], None]
"""Takes a mode and the line that was entered in it, None where it was left; and closes it."""


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

    def on_key(self, event: events.Key) -> None:
        """Keys that are no text, each before the next one is looked at: they come in bursts."""
        line = self.parent
        assert isinstance(line, CommandLine)
        if not line.is_open:
            # It came right behind an Enter and is no part of the line: the screen gets it.
            self.app.post_message(events.Key(event.key, event.character))
        elif event.key in _ACTIONS:
            _ACTIONS[event.key](line)
        else:
            return
        event.stop().prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Several lines are as many commands; a line is text."""
        line = self.parent
        assert isinstance(line, CommandLine)
        lines = [text.strip() for text in event.text.splitlines() if text.strip()]
        if line.mode == COMMAND and len(lines) > 1:
            event.stop()
            event.prevent_default()
            line.paste(lines)


class CommandLine(Horizontal):
    """Prompt and input. `mode` is COMMAND or SEARCH."""

    def __init__(
        self,
        history: History,
        complete: Completer,
        explain: Explainer,
        take: Taker,
        paste: Callable[[Sequence[str]], object],
        interrupt: Callable[[], object],
    ) -> None:
        super().__init__(id="command-line")
        self.history = history
        self.mode = COMMAND
        self.is_open = False
        self._complete = complete
        self._explain = explain
        self._take = take
        self._interrupt = interrupt
        self.paste = paste
        """Takes several lines at once; and closes it."""
        self._recalled = ""
        """What was typed before the history was asked."""
        self._candidates: tuple[str | None, str] = (None, "")
        """A line just completed as far as it goes, and what may follow."""
        self._round: Sequence[str] = ()
        """The whole lines that it may become, which Tab goes through."""

    def compose(self) -> ComposeResult:
        yield Label(COMMAND, id="prompt")
        yield CommandInput(id="input", compact=True, select_on_focus=False)

    @property
    def input(self) -> Input:
        return self.query_one(CommandInput)

    def open(self, mode: str, text: str = "") -> None:
        """Take keys, starting with a text."""
        self.mode, self.is_open = mode, True
        self._recalled = ""
        self._candidates = (None, "")
        self._round = ()
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
        if typed in (self._candidates[0], *self._round):
            self._next_of_round(typed)
            return
        candidates = self._complete(typed)
        if not candidates:
            return
        self._round = candidates if len(candidates) > 1 else ()
        self._type(common_beginning(candidates) + (" " if len(candidates) == 1 else ""))
        if len(candidates) > 1:
            self._candidates = self.input.value, "  ".join(parting(candidates))
            self._hint()

    def _next_of_round(self, typed: str) -> None:
        """The next of the candidates, with its line of help."""
        at = self._round.index(typed) + 1 if typed in self._round else 0
        self._type(self._round[at % len(self._round)])
        self._candidates = (None, "")
        self._hint()

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
        completed, words = self._candidates
        if completed == self.input.value:
            self._say([(f" {words}", "dim")])
            return
        if self.mode == SEARCH:
            self._say([(SEARCHES, "dim")])
            return
        usage, text = self._explain(self.input.value)
        self._say([(f" {usage}", "key"), (f"   {text}", "dim")])

    def _say(self, pieces: Row) -> None:
        self.screen.query_one(HintLine).say(pieces)

    def enter(self) -> None:
        """Give the line to whoever takes lines."""
        line = self.input.value.strip()
        if self.mode == COMMAND:
            self.history.add(line)
        self._take(self.mode, line)

    def leave(self) -> None:
        """Enter nothing."""
        self._take(self.mode, None)

    def break_off(self) -> None:
        """Enter nothing, and stop what runs."""
        self.leave()
        self._interrupt()


_ACTIONS: Mapping[str, Callable[[CommandLine], None]] = {
    "enter": CommandLine.enter,
    # What Enter is to a terminal that has not been told yet that we are there.
    "ctrl+j": CommandLine.enter,
    "escape": CommandLine.leave,
    "ctrl+c": CommandLine.break_off,
    "tab": CommandLine.complete,
    "up": lambda line: line.recall(-1),
    "down": lambda line: line.recall(1),
}


def common_beginning(lines: Sequence[str]) -> str:
    """What all of them begin with."""
    first, last = min(lines), max(lines)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(character for character, _ in same)


def parting(lines: Sequence[str]) -> list[str]:
    """What is left of each from the word on in which they part; `valu:+` is two words."""
    same = common_beginning(lines)
    start = max(same.rfind(" "), same.rfind(":")) + 1
    return [line[start:].strip() for line in lines]
