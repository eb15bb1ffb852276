"""The keys as a page, from the keymap: `?` opens it, any of `?`, q and Escape closes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from vliwdbg.tui.keymap import Group


class KeysScreen(ModalScreen[None]):
    """All keys of a pane, by group."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", show=False),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, pane: str, groups: Iterable[Group]) -> None:
        super().__init__()
        self._pane = pane
        self._groups = list(groups)

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self._page())

    def action_scroll(self, lines: int) -> None:
        """Up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def _page(self) -> Text:
        page = Text()
        page.append(f"Keys in {self._pane}", "bold")
        page.append("   a number typed before a key is a count: 10s, 137G\n", "dim")
        keys = [key for group in self._groups for key in group.keys]
        shown = 2 + max(len(key.all_shown) for key in keys)
        help_ = 1 + max(len(key.help) for key in keys)
        for group in self._groups:
            page.append(f"\n{group.title}\n", "bold")
            for key in group.keys:
                page.append(f" {key.all_shown:<{shown}}", "bold cyan")
                page.append(f"{key.help:<{help_}}")
                page.append(f"{key.line.format(pc='PC', cycle='CYCLE', place='WORDS')}\n", "dim")
        return page
