"""Where the platform wants a user's files."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_config_path, user_state_path

APPLICATION = "vliwdbg"


def settings_file() -> Path | None:
    """The user's settings; None where there is no home folder."""
    return _inside(user_config_path(APPLICATION), "settings.toml")


def history_file() -> Path | None:
    """The command lines of earlier; None where there is no home folder."""
    return _inside(user_state_path(APPLICATION), "history")


def workspaces_folder() -> Path | None:
    """What was set in programs; None where there is no home folder."""
    return _inside(user_state_path(APPLICATION), "workspaces")


def _inside(folder: Path, name: str) -> Path | None:
    # Without a home folder `~` stays as it is, and would become a folder of that name.
    return folder / name if folder.is_absolute() else None
