"""The application: one session, its screen, its colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import App, SystemCommand
from textual.screen import Screen

from vliwdbg.tui.palette import CommandRows
from vliwdbg.tui.screens.main import MainScreen
from vliwdbg.tui.theme import ENGINE_COLOURS, THEME
from vliwdbg.tui.user import User

if TYPE_CHECKING:
    from vliwdbg.programs import Choice, Loaded
    from vliwdbg.scripts import Entry


SYSTEM_COMMANDS = frozenset({"Theme", "Screenshot"})


class DebuggerApp(App[int]):
    """The debugger in a terminal.

    `lines` are executed first; `user` brings settings and what was kept. `main` is the screen,
    `trouble` a bug of ours that ended it.
    """

    TITLE = "vliwdbg"
    CSS_PATH = "app.tcss"
    COMMANDS = App.COMMANDS | {CommandRows}
    ESCAPE_TO_MINIMIZE = False

    def __init__(
        self,
        loaded: Loaded,
        choice: Choice,
        lines: Sequence[Entry] = (),
        user: User | None = None,
    ) -> None:
        super().__init__()
        self.user = user or User()
        self.main = MainScreen(loaded, choice, self.user, lines)

    @property
    def trouble(self) -> Exception | None:
        return self._exception

    def on_mount(self) -> None:
        self.register_theme(THEME)
        self.theme = self.user.settings["theme"]
        self.set_keymap(self.user.keymap)
        self.push_screen(self.main)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What app.tcss takes from no theme."""
        return ENGINE_COLOURS

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Textual's own entries of the palette, but for those that our keys do otherwise."""
        ours = super().get_system_commands(screen)
        return (command for command in ours if command.title in SYSTEM_COMMANDS)

    def action_help_quit(self) -> None:
        """Ctrl+C where no screen takes it."""
        self.main.action_interrupt()

    def _fatal_error(self) -> None:
        # Textual would print pages of local variables; whoever opened us says it in two lines.
        self._close_messages_no_wait()
