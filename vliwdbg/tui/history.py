"""The command lines of earlier, kept in a file between two sessions of the debugger."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_state_path

MOST_LINES = 1_000
IN_FILE = "history"


def history_path() -> Path:
    """Where the platform wants such a file."""
    return user_state_path("vliwdbg") / IN_FILE


class History:
    """Lines, the newest last. Without a path nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.lines = _read(path)[-MOST_LINES:] if path else []
        self._at = len(self.lines)

    def add(self, line: str) -> None:
        """Remember a line, unless it is the last one again."""
        if line and line != (self.lines[-1] if self.lines else ""):
            self.lines.append(line)
            self._keep()
        self.rewind()

    def rewind(self) -> None:
        """The next `recall` starts from the newest."""
        self._at = len(self.lines)

    def recall(self, step: int, prefix: str) -> str | None:
        """The next line, older (-1) or newer (1), that starts so; None where there is no more."""
        at = self._at + step
        while 0 <= at < len(self.lines):
            if self.lines[at].startswith(prefix):
                self._at = at
                return self.lines[at]
            at += step
        if step > 0:
            self.rewind()
        return None

    def _keep(self) -> None:
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text("\n".join(self.lines[-MOST_LINES:]) + "\n", encoding="utf-8")
        except OSError:
            # A history that cannot be kept is no reason to disturb anybody.
            self.path = None


def _read(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
