"""The palette: every command of the table and every key of the keymap, to be searched.

A command that needs no argument is executed; any other opens the command line with its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.markup import escape
from textual import on
from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Input

from vliwdbg.commands import GROUPS
from vliwdbg.tui.screens.covering import Covering

if TYPE_CHECKING:
    from vliwdbg.tui.app import DebuggerApp


class Palette(CommandPalette, Covering):
    """Textual's, which would also search for what is typed when it has just been closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(f"page{way}", f"page('{way}')", show=False) for way in ("up", "down")
    ]

    @on(Input.Changed)
    def search_while_open(self, changed: Input.Changed) -> None:
        """Leave the search to Textual, as long as there is something to search."""
        if not self.is_active:
            changed.prevent_default()

    async def action_page(self, way: str) -> None:
        """A page on or back, once there is one."""
        with suppress(LookupError):  # before the list has been laid out
            await self.query_one(CommandList).run_action(f"page_{way}")


class Entry(NamedTuple):
    """A line of the palette, its texts free of markup."""

    text: str
    help: str
    do: Callable[[], object]


class CommandRows(Provider):
    """Gives the palette its entries."""

    def _entries(self) -> Iterator[Entry]:
        app: DebuggerApp = self.app  # type: ignore[assignment]
        screen = app.main
        for command in (command for group in GROUPS for command in group.commands):
            alone = command.usage == command.name
            do = screen.execute if alone else screen.action_command
            line = command.name if alone else f"{command.name} "
            yield Entry(escape(command.usage), escape(command.help), partial(do, line))
        for key in screen.keys_by_id.values():
            if key.action:
                do_key = partial(screen.action_key, key.id)
                yield Entry(escape(key.help), escape(f"key {key.all_shown}"), do_key)

    async def discover(self) -> Hits:
        for entry in self._entries():
            yield DiscoveryHit(entry.text, entry.do, help=entry.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for entry in self._entries():
            score = max(matcher.match(entry.text), matcher.match(entry.help) * 0.8)
            if score > 0:
                yield Hit(score, matcher.highlight(entry.text), entry.do, help=entry.help)
