"""The keys as a list: `?` opens it, typing filters it, Enter does what the chosen one does.

    keys in scratch: wat▏
      W        watch the words under the cursor     watch WORDS

First the keys of the pane in focus, then all others by group, then what the characters of the
listing stand for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from vliwdbg.tui.keymap import Group, Key
from vliwdbg.tui.screens.covering import Covering
from vliwdbg.views.ribbon import legend

PLACEHOLDERS = {"pc": "PC", "cycle": "CYCLE", "place": "WORDS"}
HINT = "type to filter, Enter runs, Esc closes; a number before a key is a count: 10s, 137G"


class _Line(NamedTuple):
    """A line of the list: a title, a key, or what a character stands for."""

    text: Content
    searched: str = ""
    key: str | None = None


class KeysScreen(ModalScreen[Any], Covering):
    """All keys, those of a pane first. Gives the id of the one to be run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark", "dismiss", show=False),
        Binding("down", "move('cursor_down')", show=False),
        Binding("up", "move('cursor_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
    ]

    def __init__(self, pane: str, own: Iterable[str], groups: Iterable[Group]) -> None:
        super().__init__()
        self._pane = pane
        self._lines = list(_lines(pane, set(own), list(groups)))

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Input(placeholder=f"Keys in {self._pane}: {HINT}", compact=True)
            yield OptionList(compact=True)

    def on_mount(self) -> None:
        self._filter("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the lines that contain what was typed."""
        event.stop()
        self._filter(event.value.strip())

    def on_input_submitted(self) -> None:
        self.action_run()

    def on_option_list_option_selected(self) -> None:
        self.action_run()

    def action_move(self, way: str) -> None:
        """Up or down in the list, while what is typed goes into the filter."""
        getattr(self.query_one(OptionList), f"action_{way}")()

    def action_run(self) -> None:
        """Close, and do what the chosen key does."""
        at = self.query_one(OptionList).highlighted
        self.dismiss(None if at is None else self._shown[at].key)

    def _filter(self, typed: str) -> None:
        wanted = typed.lower()
        self._shown = [
            line
            for line in self._lines
            if not wanted or typed in line.searched or wanted in line.searched.lower()
        ]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            Option(line.text, disabled=line.key is None and not line.searched)
            for line in self._shown
        )
        first = (at for at, line in enumerate(self._shown) if line.searched)
        options.highlighted = next(first, None)


def _lines(pane: str, own: set[str], groups: list[Group]) -> Iterator[_Line]:
    keys = [key for group in groups for key in group.keys]
    shown = 2 + max(len(key.all_shown) for key in keys)
    helped = 1 + max(len(key.help) for key in keys)
    here = [key for key in keys if key.id in own]
    if here:
        yield _title(f"In {pane}")
        yield from (_key(key, shown, helped) for key in here)
    for group in groups:
        rest = [key for key in group.keys if key.id not in own]
        if rest:
            yield _title(group.title)
            yield from (_key(key, shown, helped) for key in rest)
    yield _title("Slots in the listing")
    for engine, glyphs in legend().items():
        yield _glyphs(engine, glyphs)


def _title(title: str) -> _Line:
    return _Line(Content.styled(f" {title}", "bold $name"))


def _key(key: Key, shown: int, helped: int) -> _Line:
    line = key.line.format(**PLACEHOLDERS)
    text = Content.assemble(
        (f" {key.all_shown:<{shown}}", "bold $mark"), f"{key.help:<{helped}}", (line, "$dim")
    )
    return _Line(text, f"{key.all_shown} {key.help} {line}", key.id)


def _glyphs(engine: str, glyphs: Mapping[str, str]) -> _Line:
    told = "  ".join(f"{glyph} {opcode}" for glyph, opcode in glyphs.items())
    text = Content.assemble((f" {engine:<7}", f"bold ${engine}"), told)
    return _Line(text, f"{engine} {told}")
