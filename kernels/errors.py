"""What a user asked of a build that cannot be had."""

from __future__ import annotations

from collections.abc import Iterable


class BuildError(ValueError):
    """A kernel, scheduler, pass or setting nobody knows, or a kernel that does not fit."""

    @classmethod
    def unknown(cls, kind: str, name: str, known: Iterable[str]) -> BuildError:
        """The error of a name that is not in a table; it lists those that are."""
        return cls(f"no {kind} is called {name!r}; there are {', '.join(known) or 'none'}")
