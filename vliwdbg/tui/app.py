"""The application: one session, its screen, its colours."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.driver import Driver
from textual.events import Resize
from textual.screen import Screen

from vliwdbg.tui.palette import CommandRows, Palette
from vliwdbg.tui.screens.main import MainScreen
from vliwdbg.tui.theme import THEME, inks
from vliwdbg.tui.user import User

if TYPE_CHECKING:
    from vliwdbg.programs import Choice, Loaded
    from vliwdbg.scripts import Entry


NARROWEST_PALETTE = 20
"""Columns."""
SYSTEM_COMMANDS = frozenset({"Theme", "Screenshot"})


class DebuggerApp(App[int]):
    """The debugger in a terminal.

    `lines` are executed first; `user` brings settings and what was kept. `main` is the screen,
    `trouble` a bug of ours that ended it.

    Textual has no event for an exception that nobody caught. While it handles one it rings the
    bell, or panics where the exception can draw itself, and at the end it prints pages of local
    variables to `error_console`. All three are public, so there we learn of it and keep it quiet;
    whoever opened us says it in two lines.
    """

    TITLE = "vliwdbg"
    CSS_PATH = "app.tcss"
    COMMANDS = App.COMMANDS | {CommandRows}
    ESCAPE_TO_MINIMIZE = False
    BINDINGS = [Binding("ctrl+z", "suspend_process", show=False, id="suspend")]  # noqa: RUF012

    def __init__(
        self,
        loaded: Loaded,
        choice: Choice,
        lines: Sequence[Entry] = (),
        user: User | None = None,
    ) -> None:
        super().__init__()
        self.error_console = Console(quiet=True)
        self.trouble: BaseException | None = None
        self.user = user or User()
        self.main = MainScreen(loaded, choice, self.user, lines)

    def on_mount(self) -> None:
        self.register_theme(THEME)
        self.theme = self.user.settings["theme"]
        self.set_keymap(self.user.keymap)
        self.push_screen(self.main)

    def get_driver_class(self) -> type[Driver]:
        """Ours in place of Textual's: one for terminals, and one for browsers."""
        chosen = super().get_driver_class()
        if chosen.__name__ == "LinuxDriver":
            from vliwdbg.tui.driver import TerminalDriver

            return TerminalDriver
        if chosen.__name__ == "WebDriver":
            from vliwdbg.tui.web_driver import BrowserDriver

            return BrowserDriver
        return chosen

    @property
    def is_leaving(self) -> bool:
        """Whether it was asked to end."""
        return self.return_value is not None

    def action_command_palette(self) -> None:
        """Open the palette, where it has room; Textual's cannot be drawn in a few columns."""
        has_room = self.size.width >= NARROWEST_PALETTE
        if has_room and not self.is_leaving and not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="palette"))

    def on_resize(self, event: Resize) -> None:
        """Close a palette that has no room any more."""
        if event.size.width < NARROWEST_PALETTE and isinstance(self.screen, Palette):
            self.pop_screen()

    def pop_screen(self) -> AwaitComplete:
        """Close what covers the main screen, which stays: two clicks may both ask for it."""
        if self.screen is self.main:
            return AwaitComplete()
        self.workers.cancel_node(self.screen)  # a palette that is still gathering what to show
        return super().pop_screen()

    def get_css_variables(self) -> dict[str, str]:
        """Those of the theme, and the inks made from them."""
        variables = super().get_css_variables()
        return variables | inks(variables)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Textual's own entries of the palette, but for those that our keys do otherwise."""
        ours = super().get_system_commands(screen)
        return (command for command in ours if command.title in SYSTEM_COMMANDS)

    async def action_quit(self) -> None:
        """Leave, as the debugger's own key does."""
        self.main.action_leave()

    def action_help_quit(self) -> None:
        """Ctrl+C where no screen takes it."""
        self.main.action_interrupt()

    def bell(self) -> None:
        """Ring, but not for an exception."""
        if not self._learn_of_trouble():
            super().bell()

    def panic(self, *renderables: RenderableType) -> None:
        """End for an exception that can draw itself."""
        self._learn_of_trouble()
        super().panic(*renderables)

    def _learn_of_trouble(self) -> bool:
        """Keep the first exception that ends the screen, if one is being handled; whether it is."""
        error = sys.exc_info()[1]
        # While all is taken apart, what still works may ask for what is gone.
        if not self.is_leaving:
            self.trouble = self.trouble or error
        return error is not None
