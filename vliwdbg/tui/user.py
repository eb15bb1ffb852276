"""Whoever sits at the debugger: settings, command lines of earlier, what was set in a program."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from machine.errors import ProgramError
from machine.program import Program
from vliwdbg.commands.console import Console
from vliwdbg.settings.files import FileError
from vliwdbg.settings.folders import history_file, settings_file, workspaces_folder
from vliwdbg.settings.schema import Settings, read_settings, set_value
from vliwdbg.settings.workspace import Workspace, Workspaces
from vliwdbg.tui.arrangement import SHARES
from vliwdbg.tui.history import History
from vliwdbg.tui.settings import PREFIX_OF_KEYS, PREFIX_OF_PANES, SETTINGS, clashes
from vliwdbg.tui.workspace import identity_of, set_again, workspace_of

NO_HOME = "there is no home folder: nothing is kept for the next time"


class User:
    """What a user keeps; without files the defaults, and nothing is kept."""

    def __init__(
        self,
        settings: Settings | None = None,
        history: Path | None = None,
        workspaces: Path | None = None,
    ) -> None:
        self.settings = settings or Settings(SETTINGS)
        self._notes = [*map(str, self.settings.complaints), *clashes(self.settings)]
        self._said: set[str] = set()
        self.history = History(history, self._tell)
        self._workspaces = Workspaces(workspaces) if workspaces else None
        self._kept = Workspace()
        self._program: Program | None = None

    @classmethod
    def at_home(cls) -> User:
        """The user whose folders these are."""
        user = cls(read_settings(settings_file(), SETTINGS), history_file(), workspaces_folder())
        if settings_file() is None:
            user._notes.append(NO_HOME)
        return user

    @property
    def keymap(self) -> dict[str, str]:
        """Keys other than ours, by id."""
        return self.settings.given_under(PREFIX_OF_KEYS)

    def shares(self) -> dict[str, int]:
        """How large panes are, in percents."""
        return {name: int(self.settings[f"{PREFIX_OF_PANES}{name}"]) for name in SHARES}

    def keep_shares(self, shares: Mapping[str, int]) -> None:
        """Keep how large panes are."""
        now = {name: str(percent) for name, percent in shares.items()}
        path = self.settings.path
        changed = {name for name in now if now[name] != self.settings[f"{PREFIX_OF_PANES}{name}"]}
        for name in changed if path else ():
            assert path is not None
            with suppress(ProgramError):  # a file that is to be mended by hand was told already
                set_value(path, SETTINGS[f"{PREFIX_OF_PANES}{name}"], now[name])

    def notes(self) -> list[str]:
        """What the user should know and was not told yet."""
        new = [note for note in dict.fromkeys(self._notes) if note not in self._said]
        self._said.update(new)
        self._notes.clear()
        return new

    def _tell(self, trouble: FileError) -> None:
        self._notes.append(f"{trouble}; nothing is kept there")

    def recall(self, console: Console) -> None:
        """Set again what was kept for the program at hand."""
        self._program = console.session.program
        if self._workspaces is None:
            return
        try:
            kept = self._workspaces.load(identity_of(console))
        except FileError as trouble:
            self._lose_workspaces(trouble)
            return
        self._notes += set_again(kept, console)
        self._kept = workspace_of(console)

    def keep(self, console: Console) -> None:
        """Keep what has changed since; where a program was opened, recall what is its."""
        now = workspace_of(console)
        if console.before_rebuild is not None:
            now = replace(now, marks=self._kept.marks)  # the user's program has them still
        elif console.session.program is not self._program:
            self.recall(console)
            return
        if self._workspaces is None or now == self._kept:
            return
        try:
            self._workspaces.save(identity_of(console), self._kept, now)
        except FileError as trouble:
            self._lose_workspaces(trouble)
        self._kept = now

    def _lose_workspaces(self, trouble: FileError) -> None:
        self._tell(trouble)
        self._workspaces = None
